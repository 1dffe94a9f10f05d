"""Settings files: a JSON object with fields of a study's settings, for the command line."""

from __future__ import annotations

import json
import types
from collections.abc import Mapping
from dataclasses import Field, fields, replace
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from kann.errors import OutOfRange

T = TypeVar("T")
# The largest whole number in a setting without a bound of its own.
_MOST_OF_ALL = 2**31 - 1


def read_settings(kind: type[T], path: str | Path, outranking: Mapping[str, Any] | None = None) -> T:
    """The settings in a file; missing fields keep their defaults, and fields in `outranking` replace those of the file.

    A rank of null means the starting rank of pages and command line (`Study.begin`).

    Raises:
        OutOfRange: the file cannot be read or is not a JSON object, or it has an unknown field or an invalid value.
    """
    name = Path(path).name
    try:
        given = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise OutOfRange(f"The settings {name} cannot be read: {error.strerror or error}.") from None
    except (ValueError, RecursionError) as error:
        raise OutOfRange(f"The settings {name} are not JSON: {error}.") from None
    return replace(settings_from(kind, given, name), **outranking or {})


def settings_from(kind: type[T], given: Any, name: str = "settings") -> T:
    """The settings that a JSON value holds.

    Raises:
        OutOfRange: it is not an object, or has an unknown field or an invalid value.
    """
    if not isinstance(given, dict):
        raise OutOfRange(f'The settings {name} are no JSON object: write for example {{"rank": 10}}.')
    hints, known = get_type_hints(kind), {field.name: field for field in fields(kind)}
    unknown = [repr(field)[:60] for field in given if field not in hints]
    if unknown:
        there = ", ".join(known)
        raise OutOfRange(f"The settings {name} name {', '.join(unknown)}, which is no setting; there are {there}.")
    return kind(**{name: _value(known[name], hints[name], value) for name, value in given.items()})


def _value(field: Field, hint: Any, value: Any) -> Any:
    value = tuple(value) if isinstance(value, list) else value
    if not _fits(hint, value):
        raise OutOfRange(f"The setting {field.name} is {_words(hint)}, not {json.dumps(value)[:60]}.")
    for number in value if isinstance(value, tuple) else [value]:
        if type(number) is int:
            _check_bounds(field, number)
    return value


def _check_bounds(field: Field, number: int) -> None:
    least, most = field.metadata.get("least"), field.metadata.get("most") or _MOST_OF_ALL
    if least is not None and number < least:
        raise OutOfRange(f"The setting {field.name} is at least {least}, not {number}.")
    if abs(number) > most:
        raise OutOfRange(f"The setting {field.name} is at most {most}, not {number}.")


def _fits(hint: Any, value: Any) -> bool:
    """Whether a JSON value is of the type; true and false do not count as numbers."""
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
