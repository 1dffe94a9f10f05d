"""Records to arrays and back, for files without pickle: the fields' own types say how to read them."""

from __future__ import annotations

import json
import types
from dataclasses import Field, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

T = TypeVar("T")


def write_record(record: Any, path: Path) -> None:
    """Writes a frozen record of arrays, plain values and records to a .npz; of one that says itself which `arrays` it
    is made of, these."""
    with open(path, "wb") as file:
        np.savez(file, **(record.arrays() if hasattr(record, "arrays") else _flat(record, "")))


def read_record(kind: type[T], path: Path) -> T:
    """The record that `write_record` wrote; a KeyError or ValueError where the file is another's."""
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    return kind.from_arrays(arrays) if hasattr(kind, "from_arrays") else _built(kind, arrays, "")


def _flat(record: Any, prefix: str) -> dict[str, np.ndarray]:
    arrays: dict[str, np.ndarray] = {}
    for field in _kept(record):
        value, name = getattr(record, field.name), prefix + field.name
        if is_dataclass(value):
            arrays |= _flat(value, name + ".")
        else:
            arrays[name] = value if isinstance(value, np.ndarray) else np.array(json.dumps(value))
    return arrays


def _built(kind: type[T], arrays: dict[str, np.ndarray], prefix: str) -> T:
    hints = get_type_hints(kind)
    return kind(**{field.name: _value(hints[field.name], arrays, prefix + field.name) for field in _kept(kind)})


def _kept(record: Any) -> list[Field]:
    """Fields that a comparison leaves out are caches: they stay behind."""
    return [field for field in fields(record) if field.compare]


def _value(hint: Any, arrays: dict[str, np.ndarray], name: str) -> Any:
    nested = next((option for option in _options(hint) if is_dataclass(option)), None)
    if nested is not None and name not in arrays:
        return _built(nested, arrays, name + ".")
    array = arrays[name]
    if array.dtype.kind != "U" or array.ndim:
        return array
    value = json.loads(str(array))
    return tuple(value) if isinstance(value, list) else value


def _options(hint: Any) -> tuple:
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
