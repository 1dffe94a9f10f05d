"""Records to arrays and back, for files without pickle: the fields' own types say how to read them."""

from __future__ import annotations

import json
import types
from collections.abc import Iterable
from dataclasses import Field, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

T = TypeVar("T")
# Entry of the file that holds all values other than arrays, as JSON: a file of hundreds of entries is slow to read.
_PLAIN = "plain values"


def write_record(record: Any, path: Path) -> None:
    """Writes a frozen record of arrays, plain values, records and tuples of records to a .npz file; a record with a
    method `arrays` is written as the arrays that it returns."""
    with open(path, "wb") as file:
        np.savez(file, **(record.arrays() if hasattr(record, "arrays") else _arrays(_flat(record, ""))))


def read_record(kind: type[T], path: Path) -> T:
    """The record that `write_record` wrote; a KeyError or ValueError if the file holds another record."""
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    if hasattr(kind, "from_arrays"):
        return kind.from_arrays(arrays)
    return _built(kind, json.loads(arrays.pop(_PLAIN).tobytes()) | arrays, "")


def _arrays(values: dict[str, Any]) -> dict[str, np.ndarray]:
    arrays = {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
    plain = {name: value for name, value in values.items() if name not in arrays}
    return arrays | {_PLAIN: np.frombuffer(json.dumps(plain).encode(), dtype=np.uint8)}


def _flat(record: Any, prefix: str) -> dict[str, Any]:
    """Arrays and plain values by the fields that lead to them; of several records also their number."""
    values: dict[str, Any] = {}
    for field in _kept(record):
        value, name = getattr(record, field.name), prefix + field.name
        if is_dataclass(value):
            values |= _flat(value, name + ".")
        elif isinstance(value, tuple) and value and all(map(is_dataclass, value)):
            values[name] = len(value)
            for place, part in enumerate(value):
                values |= _flat(part, f"{name}.{place}.")
        else:
            values[name] = value
    return values


def _built(kind: type[T], values: dict[str, Any], prefix: str) -> T:
    hints = get_type_hints(kind)
    return kind(**{field.name: _value(hints[field.name], values, prefix + field.name) for field in _kept(kind)})


def _kept(record: Any) -> list[Field]:
    """Fields that are written; those excluded from comparison are caches."""
    return [field for field in fields(record) if field.compare]


def _value(hint: Any, values: dict[str, Any], name: str) -> Any:
    nested = _record_in(_options(hint))
    if nested is not None and name not in values:
        return _built(nested, values, name + ".")
    value = values[name]
    several = _record_in(part for option in _options(hint) if get_origin(option) is tuple for part in get_args(option))
    if several is not None and isinstance(value, int):
        return tuple(_built(several, values, f"{name}.{place}.") for place in range(value))
    return tuple(value) if isinstance(value, list) else value


def _record_in(options: Iterable[Any]) -> type | None:
    return next((option for option in options if is_dataclass(option)), None)


def _options(hint: Any) -> tuple:
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
