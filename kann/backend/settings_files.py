"""The same settings file drives command line, report and page: a JSON object of `Settings` fields."""

from __future__ import annotations

import json
import types
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from kann.analyses.koopman.spectrum.transitions import Settings
from kann.errors import OutOfRange

# What nothing behind says of itself in a sentence.
_LEAST = {"max_length": 1, "held_out": 2, "groups": 0, "seed": 0, "twins": 0, "twin_sequences": 1}
# Beyond these nobody would wait for the end; beyond the last one no array can count.
_MOST = {"delays": 1000, "samples": 100_000, "twins": 1000, "label": 2**63 - 1}
_MOST_OF_ALL = 2**31 - 1


def read_settings(path: str | Path, outranking: Mapping[str, Any] | None = None) -> Settings:
    """The settings in a file; what it leaves out keeps its default, what is `outranking` is put in its place.

    A rank of null is none: pages and command line then begin with the same one (`Service.page_settings`).

    Raises:
        OutOfRange: the file cannot be read, is no JSON object, or names or holds what no setting is.
    """
    name = Path(path).name
    try:
        given = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise OutOfRange(f"The settings {name} cannot be read: {error.strerror or error}.") from None
    except (ValueError, RecursionError) as error:
        raise OutOfRange(f"The settings {name} are not JSON: {error}.") from None
    return replace(settings_from(given, name), **outranking or {})


def settings_from(given: Any, name: str = "settings") -> Settings:
    """The settings that a JSON value holds.

    Raises:
        OutOfRange: it is no object, or names or holds what no setting is.
    """
    if not isinstance(given, dict):
        raise OutOfRange(f'The settings {name} are no JSON object: write for example {{"rank": 10}}.')
    hints = get_type_hints(Settings)
    unknown = [repr(field)[:60] for field in given if field not in hints]
    if unknown:
        known = ", ".join(field.name for field in fields(Settings))
        raise OutOfRange(f"The settings {name} name {', '.join(unknown)}, which is no setting; there are {known}.")
    return Settings(**{field: _value(field, hints[field], value) for field, value in given.items()})


def _value(field: str, hint: Any, value: Any) -> Any:
    value = tuple(value) if isinstance(value, list) else value
    if not _fits(hint, value):
        raise OutOfRange(f"The setting {field} is {_words(hint)}, not {json.dumps(value)[:60]}.")
    for number in value if isinstance(value, tuple) else [value]:
        if type(number) is int:
            _check_bounds(field, number)
    return value


def _check_bounds(field: str, number: int) -> None:
    most = _MOST.get(field, _MOST_OF_ALL)
    if number < _LEAST.get(field, number):
        raise OutOfRange(f"The setting {field} is at least {_LEAST[field]}, not {number}.")
    if abs(number) > most:
        raise OutOfRange(f"The setting {field} is at most {most}, not {number}.")


def _fits(hint: Any, value: Any) -> bool:
    """Whether a JSON value is of the type; true and false are no numbers."""
    if _is_union(hint):
        return any(_fits(option, value) for option in get_args(hint))
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if get_origin(hint) is tuple:
        options = get_args(hint)
        return isinstance(value, tuple) and len(value) == len(options) and all(map(_fits, options, value))
    return type(value) is hint


def _words(hint: Any) -> str:
    if _is_union(hint):
        return " or ".join(_words(option) for option in get_args(hint))
    if get_origin(hint) is Literal:
        return " or ".join(map(json.dumps, get_args(hint)))
    if get_origin(hint) is tuple:
        return f"[{', '.join(map(_words, get_args(hint)))}]"
    return {int: "a whole number", str: "a text", bool: "true or false", type(None): "null"}[hint]


def _is_union(hint: Any) -> bool:
    return get_origin(hint) in (Union, types.UnionType)
