"""Several named arrays in a `.npz` file, without pickle."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from kann.errors import UnreadableDataset
from kann.inputs.data.options import ReadOptions
from kann.inputs.data.readers import npy
from kann.inputs.data.readers.arrays import dataset_of_arrays
from kann.inputs.data.sources import Source, unpacked_limit
from kann.records import Dataset

_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    struct.error,
)
"""What the standard library raises on zip files that are damaged, encrypted or compressed by an unknown method."""


def read(source: Source, options: ReadOptions) -> Dataset:
    """The arrays by their names, as `arrays.dataset_of_arrays` understands them."""
    members = _unpacked(source.content)
    if not members:
        raise UnreadableDataset("this zip file holds no arrays: unpack it, and open the file inside.")
    arrays = {name: npy.array_of(content, f"array {name}") for name, content in members.items()}
    return dataset_of_arrays(arrays, source, options)


def _unpacked(content: bytes) -> dict[str, bytes]:
    limit = unpacked_limit(len(content))
    members: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                if name.endswith(".npy") and limit >= 0:
                    members[name.removesuffix(".npy")] = archive.open(name).read(limit + 1)
                    limit -= len(members[name.removesuffix(".npy")])
    except _DAMAGE:
        raise UnreadableDataset("the .npz file is damaged or was cut short: copy or save it again.") from None
    if limit < 0:
        raise UnreadableDataset("the arrays unpack to suspiciously much: save them with numpy.savez.")
    return members
