"""The disk level of the cache: one .npz a key, found again after a restart, safe for several replicas."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

from kann.errors import UnreadableDataset

T = TypeVar("T")
_DAMAGE = (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile, zlib.error, UnreadableDataset)


def key_of(*parts: Any) -> str:
    """A digest of settings and digests: equal parts give equal keys, on every machine."""
    plain = json.dumps([asdict(part) if is_dataclass(part) else part for part in parts], sort_keys=True, default=str)
    return hashlib.sha256(plain.encode()).hexdigest()[:32]


class Store:
    """Files named by key in one folder, the least recently used leave when `limit` bytes are passed.

    A file is written under a temporary name and renamed, so that a reader sees all of it or nothing;
    .npz carries a checksum of every array, and a file that fails it is computed again.
    """

    def __init__(self, folder: str | Path, limit: int = 2 * 2**30):
        self.folder, self.limit = Path(folder), limit
        self.folder.mkdir(parents=True, exist_ok=True)

    def remember(
        self, key: str, compute: Callable[[], T], read: Callable[[Path], T], write: Callable[[T, Path], None]
    ) -> T:
        """What `read` finds under the key; else what `compute` gives, written for the next time."""
        found = self.find(key, read)
        if found is None:
            found = compute()
            self.write(key, found, write)
        return found

    def find(self, key: str, read: Callable[[Path], T]) -> T | None:
        """What is stored under the key, or None; a damaged file counts as none and is removed."""
        path = self._path(key)
        if not path.exists():
            return None
        try:
            found = read(path)
            os.utime(path)
        except _DAMAGE:
            path.unlink(missing_ok=True)
            return None
        return found

    def write(self, key: str, value: T, write: Callable[[T, Path], None]) -> None:
        """Stores a value, all or nothing, and makes room."""
        handle, name = tempfile.mkstemp(dir=self.folder, suffix=".part")
        os.close(handle)
        try:
            write(value, Path(name))
            os.replace(name, self._path(key))
        finally:
            Path(name).unlink(missing_ok=True)
        self._prune()

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.npz"

    def _prune(self) -> None:
        """Least recently used files first; another replica may have removed one in between."""
        entries = []
        for path in self.folder.glob("*.npz"):
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            entries.append((status.st_mtime, status.st_size, path))
        excess = sum(size for _, size, _ in entries) - self.limit
        for _, size, path in sorted(entries)[:-1]:
            if excess <= 0:
                break
            path.unlink(missing_ok=True)
            excess -= size


def default_folder() -> Path:
    """KANN_CACHE_DIR, or the user's cache folder."""
    return Path(os.environ.get("KANN_CACHE_DIR") or Path.home() / ".cache" / "kann")
