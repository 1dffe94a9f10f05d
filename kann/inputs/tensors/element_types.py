"""The types of tensor elements by torch's names, and their bytes as numpy arrays."""

from __future__ import annotations

import sys
from typing import no_type_check

import numpy as np
import torch

from kann.errors import UnreadableCheckpoint

_PLAIN = {
    "bool": np.bool_,
    **{name: np.dtype(name) for name in ("uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64")},
    **{name: np.dtype(name) for name in ("float16", "float32", "float64", "complex64", "complex128")},
}
# What numpy lacks is widened exactly.
_WIDENED = {
    "bfloat16": torch.float32,
    "complex32": torch.complex64,
    **{name: torch.float32 for name in dir(torch) if name.startswith("float8_")},
}
SIZES = {name: np.dtype(kind).itemsize for name, kind in _PLAIN.items()} | {
    name: getattr(torch, name).itemsize for name in _WIDENED
}


@no_type_check
def as_array(data: np.ndarray, element_type: str, byteorder: str = "little") -> np.ndarray:
    """The elements that these bytes (uint8, a whole number of elements) hold, along one axis."""
    require_known(element_type)
    if byteorder != sys.byteorder:
        component = SIZES[element_type] // (2 if element_type.startswith("complex") else 1)
        data = np.ascontiguousarray(data.reshape(-1, component)[:, ::-1]).reshape(-1)
    if element_type == "bool":
        return data != 0
    if element_type in _PLAIN:
        return data.view(_PLAIN[element_type])
    # torch gives tensors without elements strides that it then refuses to view.
    if not len(data):
        return torch.empty(0, dtype=_WIDENED[element_type]).numpy()
    return torch.from_numpy(data).view(getattr(torch, element_type)).to(_WIDENED[element_type]).numpy()


@no_type_check
def require_known(element_type: str) -> None:
    if element_type not in SIZES:
        raise UnreadableCheckpoint(
            f"a tensor of type {element_type[:80]} cannot be read: convert it with .float() and save again"
        )
