"""A model file as bytes at given offsets: never read beyond its end, read as a whole only on request."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, no_type_check

import numpy as np

from kann.errors import UnreadableCheckpoint

_CHUNK = 1 << 20
_SMALL = 1 << 26


class Section:
    """A stream that never reads more of its file than is left, whatever size the file declares."""

    def __init__(self, stream: Any, end: int) -> None:
        self._stream = stream
        self._position = 0
        self._end = end

    def read(self, count: int) -> bytes:
        data = self._stream.read(min(count, self._end - self._position))
        self._position += len(data)
        return data

    def readline(self) -> bytes:
        line = self._stream.readline()
        self._position += len(line)
        return line

    def tell(self) -> int:
        return self._position


@no_type_check
class ModelFile:
    """A seekable binary stream of `size` bytes, and its `name` in messages."""

    def __init__(self, stream: Any, name: str) -> None:
        self.name = name
        self.size = stream.seek(0, os.SEEK_END)
        self._stream = stream

    def bytes(self, offset: int, count: int) -> bytes:
        """Exactly `count` bytes from `offset` on."""
        self._demand(offset, count)
        self._stream.seek(offset)
        data = self._stream.read(count)
        self._demand(offset, count, there=len(data))
        return data

    def array(self, offset: int, count: int) -> np.ndarray:
        """Exactly `count` bytes as uint8 in newly allocated, aligned, writable memory."""
        self._demand(offset, count)
        data = np.empty(count, dtype=np.uint8)
        self._stream.seek(offset)
        self._demand(offset, count, there=_fill(self._stream, memoryview(data)))
        return data

    def section(self) -> Section | io.BytesIO:
        """A stream from the beginning on, valid until something else reads the file."""
        if self.size <= _SMALL:
            return io.BytesIO(self.bytes(0, self.size))
        self._stream.seek(0)
        return Section(self._stream, self.size)

    def sha256(self) -> str:
        digest = hashlib.sha256()
        self._stream.seek(0)
        while chunk := self._stream.read(_CHUNK):
            digest.update(chunk)
        return digest.hexdigest()

    def _demand(self, offset: int, count: int, there: int | None = None) -> None:
        there = max(0, self.size - max(offset, 0)) if there is None else there
        if offset < 0 or count < 0 or there < count:
            raise UnreadableCheckpoint(
                f"it declares {count} bytes from byte {offset} on, but has {self.size} in all: "
                "it was cut short or damaged, copy it again"
            )


@no_type_check
def _fill(stream: Any, room: memoryview) -> int:
    filled = 0
    while filled < len(room) and (count := stream.readinto(room[filled:])):
        filled += count
    return filled


@contextmanager
def opened(source: Any) -> Iterator[ModelFile]:
    """The file at a path, or the binary file that the caller opened (and keeps open)."""
    if not isinstance(source, (str, os.PathLike)):
        yield _given(source)
        return
    path = Path(source)
    if not path.is_file():
        raise UnreadableCheckpoint("there is no such file: check the path" if not path.exists() else "it is no file")
    with path.open("rb") as stream:
        yield ModelFile(stream, path.name)


def display_name(source: Any) -> str:
    """The name of the source in messages: the last part of its path where it has one."""
    name = source if isinstance(source, (str, os.PathLike)) else getattr(source, "name", None)
    return Path(name).name or str(name) if isinstance(name, (str, os.PathLike)) else "The file"


def _given(stream: Any) -> ModelFile:
    if not hasattr(stream, "read") or isinstance(stream, io.TextIOBase):
        raise UnreadableCheckpoint(
            f"a path or a file opened with mode 'rb' is needed, not a {type(stream).__name__} object"
        )
    if getattr(stream, "closed", False):
        raise UnreadableCheckpoint("it was closed before it was read: open it again")
    seekable = hasattr(stream, "readinto") and hasattr(stream, "seekable") and stream.seekable()
    return ModelFile(stream if seekable else io.BytesIO(stream.read()), display_name(stream))
