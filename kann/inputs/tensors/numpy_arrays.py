"""Arrays and scalars that numpy pickled, read from the notes of the calls."""

from __future__ import annotations

import math
import re
from typing import Any, no_type_check

import numpy as np

from kann.inputs.pickles.inert_values import Inert
from kann.inputs.tensors.shapes import malformed, require_shape, whole_numbers

_RECONSTRUCTED = re.compile(r"numpy\._?core\.multiarray\._reconstruct")
_FROM_BUFFER = re.compile(r"numpy\._?core\.numeric\._frombuffer")
_SCALAR = re.compile(r"numpy\._?core\.multiarray\.scalar")
_NUMBER_CODE = re.compile(r"b1|[iu][1248]|f[248]|c8|c16")


@no_type_check
def is_numpy_array(node: Inert) -> bool:
    """Whether the note describes an array of numbers (not of texts, records or objects)."""
    known = _RECONSTRUCTED.fullmatch(node.path) or _FROM_BUFFER.fullmatch(node.path)
    return bool(known) and _array_type(node) is not None


def numpy_array(node: Inert) -> np.ndarray:
    """The array of numbers that numpy pickled (see `is_numpy_array`), if possible a view on the bytes in the pickle."""
    kind = _array_type(node)
    if _FROM_BUFFER.fullmatch(node.path):
        data, _, shape, order = node.arguments
    else:
        _, shape, _, fortran, data = node.state
        order = "F" if fortran is True else "C"
    shape = whole_numbers(shape)
    require_shape(shape)
    data = as_bytes(data, math.prod(shape) * kind.itemsize)
    array = np.frombuffer(data, kind).reshape(shape, order="F" if order == "F" else "C")
    return array.view(np.uint8) != 0 if kind == np.bool_ else array.astype(kind.newbyteorder("="), copy=False)


@no_type_check
def numpy_scalar(node: Any) -> bool | int | float | complex | None:
    """The number that numpy pickled as one of its scalars; None for anything else."""
    if not isinstance(node, Inert) or not _SCALAR.fullmatch(node.path) or len(node.arguments) != 2:
        return None
    kind = _number_type(node.arguments[0])
    return None if kind is None else np.frombuffer(as_bytes(node.arguments[1], kind.itemsize), kind)[0].item()


@no_type_check
def _array_type(node: Inert) -> np.dtype | None:
    match node:
        case Inert(arguments=(_, kind, _, _)) if _FROM_BUFFER.fullmatch(node.path):
            return _number_type(kind)
        case Inert(state=(_, _, kind, _, _)):
            return _number_type(kind)
    return None


@no_type_check
def _number_type(node: Any) -> np.dtype | None:
    """The numpy type that a pickled numpy.dtype describes, if it is one of numbers."""
    match node:
        case Inert(arguments=(str(code), *_)) if node.path == "numpy.dtype" and _NUMBER_CODE.fullmatch(code):
            big = isinstance(node.state, tuple) and node.state[1:2] == (">",)
            return np.dtype(code).newbyteorder(">" if big else "<")
    return None


@no_type_check
def as_bytes(value: Any, count: int | None = None) -> bytes:
    """Bytes, `count` of them where it is known, also where older protocols wrote them as text of one character each."""
    if isinstance(value, Inert) and value.path == "_codecs.encode" and value.arguments:
        value = value.arguments[0]
    if not isinstance(value, (bytes, bytearray, str)):
        raise malformed("no bytes behind its shape")
    if count is not None and len(value) != count:
        raise malformed(f"{len(value)} bytes where its type and shape need {count}")
    return value.encode("latin-1", "replace") if isinstance(value, str) else bytes(value)
