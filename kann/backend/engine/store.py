"""The disk level of the cache: one .npz file for each key, kept over restarts, safe for several replicas."""

from __future__ import annotations

import os
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from kann.errors import UnreadableDataset
from kann.inputs.data.named_datasets import home

T = TypeVar("T")
_DAMAGE = (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile, zlib.error, UnreadableDataset)


class Store:
    """Files named by key in one folder; above `limit` bytes the least recently used are deleted.

    A file is written under a temporary name and renamed, so that a reader sees all of it or nothing;
    .npz carries a checksum of every array, and an answer whose file fails it is computed again. Without access to the
    folder answers are computed each time; `trouble` says why.
    """

    def __init__(self, folder: str | Path, limit: int = 2 * 2**30):
        self.folder, self.limit = Path(folder), limit
        self.trouble: str | None = None

    def remember(
        self, key: str, compute: Callable[[], T], read: Callable[[Path], T], write: Callable[[T, Path], None]
    ) -> T:
        """The stored value of the key; else the value that `compute` returns, which is then stored."""
        found = self.find(key, read)
        if found is None:
            found = compute()
            self.write(key, found, write)
        return found

    def find(self, key: str, read: Callable[[Path], T]) -> T | None:
        """The stored value of the key; None if there is no file, or a damaged one."""
        path = self._path(key)
        try:
            found = read(path)
        except _DAMAGE:
            return None
        with suppress(OSError):  # in a read-only folder
            os.utime(path)
        return found

    def write(self, key: str, value: T, write: Callable[[T, Path], None]) -> None:
        """Stores a value completely or not at all, and deletes old files; `trouble` says why where that fails."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._write(key, value, write)
            self._prune()
            self.trouble = None
        except OSError as error:
            self.trouble = (
                f"Nothing new can be kept in {self.folder} ({error.strerror or error}), so that it is computed anew "
                "each time: make room there, or set KANN_CACHE_DIR to a folder that can be written."
            )

    def _write(self, key: str, value: T, write: Callable[[T, Path], None]) -> None:
        handle, name = tempfile.mkstemp(dir=self.folder, suffix=".part")
        os.close(handle)
        try:
            write(value, Path(name))
            os.replace(name, self._path(key))
        finally:
            with suppress(OSError):
                os.unlink(name)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.npz"

    def _prune(self) -> None:
        """Least recently used files first; another replica may have removed one in between."""
        entries = []
        for path in self.folder.glob("*.npz"):
            with suppress(OSError):
                status = path.stat()
                entries.append((status.st_mtime, status.st_size, path))
        excess = sum(size for _, size, _ in entries) - self.limit
        for _, size, path in sorted(entries)[:-1]:
            if excess <= 0:
                break
            with suppress(OSError):
                path.unlink(missing_ok=True)
            excess -= size


def default_folder() -> Path:
    """KANN_CACHE_DIR, or the user's cache folder."""
    return Path(os.environ.get("KANN_CACHE_DIR") or home() / ".cache" / "kann")
