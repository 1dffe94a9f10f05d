"""One array in a `.npy` file. Its header is parsed here, so that no code runs and no false size is trusted."""

from __future__ import annotations

import math
import re
import sys

import numpy as np

from kann.errors import UnreadableDataset
from kann.inputs.data.options import ReadOptions
from kann.inputs.data.readers.arrays import dataset_of_arrays
from kann.inputs.data.sources import Source
from kann.records import Dataset

MAGIC = b"\x93NUMPY"
_DESCR = re.compile(r"""['"]descr['"]\s*:\s*['"]([<>|=]?)([a-zA-Z])(\d*)['"]""")
_ORDER = re.compile(r"""['"]fortran_order['"]\s*:\s*(True|False)""")
_SHAPE = re.compile(r"""['"]shape['"]\s*:\s*\(([\d\s,L]*)\)""")
_SIZE_OF_HEADER = {1: 2, 2: 4, 3: 4}


def read(source: Source, options: ReadOptions) -> Dataset:
    """Signals [n steps] or [n steps channels], without labels; `kind` makes them states or symbols."""
    return dataset_of_arrays({"signals": array_of(source.content, "the array")}, source, options)


def array_of(content: bytes, name: str) -> np.ndarray:
    """The array in the bytes of a `.npy` file, a view of them where its byte order allows.

    Raises:
        UnreadableDataset: a damaged header, objects or records, or another number of bytes than promised.
    """
    size = _SIZE_OF_HEADER.get(content[6], 0) if len(content) > 12 and content.startswith(MAGIC) else 0
    start = 8 + size + int.from_bytes(content[8 : 8 + size], "little")
    header = content[8 + size : min(start, 2**16)].decode("latin-1")
    descr, order, shape = (pattern.search(header) for pattern in (_DESCR, _ORDER, _SHAPE))
    if not (size and descr and order and shape):
        raise UnreadableDataset(f"{name} is not a plain array of numbers or texts: save it again with numpy.save.")
    dtype = _dtype(*descr.groups(), name)
    axes = tuple(int(axis.rstrip("L")) for axis in shape[1].replace(" ", "").split(",") if axis)
    if len(axes) > 8 or math.prod(axes) * dtype.itemsize != len(content) - start:
        raise UnreadableDataset(
            f"{name} promises the shape {axes} of {dtype.name} but holds {len(content) - start:,} bytes: "
            "the file was cut or damaged, copy it again."
        )
    array = np.frombuffer(content, dtype, count=math.prod(axes), offset=start)
    array = array.reshape(axes, order="F" if order[1] == "True" else "C").astype(dtype.newbyteorder("="), copy=False)
    return _texts(array, name) if dtype.kind in "US" else array


def _texts(array: np.ndarray, name: str) -> np.ndarray:
    if array.dtype.kind == "S":
        return np.char.decode(array, "utf-8", "replace")
    if array.size and np.ascontiguousarray(array).reshape(-1).view(np.uint32).max() > sys.maxunicode:
        raise UnreadableDataset(f"{name} holds texts that are not Unicode: the file was damaged, copy it again.")
    return array


def _dtype(byte_order: str, letter: str, size: str, name: str) -> np.dtype:
    if letter == "O":
        raise UnreadableDataset(
            f"{name} holds Python objects, which are never opened: "
            "save numbers, padded to one length, and an array called lengths."
        )
    if f"{letter}{size}" not in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1") and not (
        letter in "US" and 0 < int(size or 0) < 2**16
    ):
        raise UnreadableDataset(f"{name} holds {letter}{size}: save it as float32, as whole numbers or as texts.")
    return np.dtype(f"{byte_order}{letter}{size}")
