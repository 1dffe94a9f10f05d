"""Files of the data folder: paths below it, files of one data set, detection of changes, digests."""

from __future__ import annotations

import hashlib
import io
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from kann.errors import OutOfRange
from kann.inputs.data.readers.folders import CLASSES, TEXTS
from kann.inputs.data.readers.wfdb import EXTENSIONS, belongs_to_record

# Seconds within which two writes can give a file equal times: the coarsest clock of a file system (FAT).
TICK = 2.0
_ENDINGS = (*TEXTS, *CLASSES)


def below(root: Path | None, relative: str) -> Path:
    """The file or folder of a path below the root.

    Raises:
        OutOfRange: there is no root, or nothing is there; or the path, or a link on it, leads out of the root.
    """
    if root is None:
        raise OutOfRange("Paths open only below KANN_DATA_DIR, and it is not set: set it, or upload the file.")
    try:
        path = (root / relative).resolve()
        here = path.exists()
    except (OSError, ValueError):  # too long a name, or a character that no name has
        raise OutOfRange(f"{relative[:60]!r} is not a valid path: check the spelling.") from None
    if not path.is_relative_to(root):
        raise OutOfRange(f"{relative!r} lies outside the data folder: give a path below it.")
    if not here:
        raise OutOfRange(f"{relative!r} is not in the data folder {root.name}: check the spelling.")
    return path


class Stamps:
    """Detects changes of files without reading them.

    Every write changes the time of a file's last change of status (ctime), which programs cannot set back, unlike the
    time of the last write. Two writes within one tick of that clock give equal times, so a file that was written
    within the last tick is identified by its bytes.
    """

    def __init__(self) -> None:
        self._fresh: dict[str, tuple[tuple, str, bool]] = {}

    def of(self, path: Path) -> str:
        """The stamp of a file, or of all files of a data set; it differs after any change."""
        now = time.time()
        stamps = sorted(self._stamp(file, status, now) for file, status in _files(path))
        return hashlib.sha256(repr((str(path), stamps)).encode()).hexdigest()

    def _stamp(self, file: str, status: os.stat_result, now: float) -> tuple:
        """A file's status, with a digest of its bytes if it was first seen within a tick of its last change."""
        seen = (file, status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino, status.st_dev)
        settled = now - max(status.st_mtime, status.st_ctime) > TICK
        before = self._fresh.get(file)
        if before is None or before[0] != seen:
            if settled:
                return seen
        elif before[2]:
            return (*seen, before[1])
        content = _content(file)
        self._fresh[file] = (seen, content, settled)
        return (*seen, content)


def _files(path: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Each file that a reader of the path opens, with its status: of a folder the texts; of a record the files that its
    header names, and those with the same stem."""
    if path.is_dir():
        yield from _texts(path, deeper=True)
        return
    files = {path}
    if belongs_to_record(path):
        header = path.with_suffix(".hea")
        words = header.read_text(errors="replace").split()
        names = {word + ending for word in words for ending in ("", ".hea", ".dat") if Path(word).name == word}
        files |= {header.with_name(name) for name in names} | {path.with_suffix(ending) for ending in EXTENSIONS}
    for file in files:
        with suppress(OSError, ValueError):  # not there
            yield str(file), file.stat()


def _texts(folder: Path | str, deeper: bool) -> Iterator[tuple[str, os.stat_result]]:
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            try:
                if entry.name.endswith(_ENDINGS):
                    yield entry.path, entry.stat()
                elif deeper and entry.is_dir():
                    yield from _texts(entry.path, deeper=False)
            except OSError:  # deleted meanwhile, or a broken link
                continue


def _content(file: str) -> str:
    try:
        with open(file, "rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        return str(error.strerror)


def sha256(file: Path | io.BytesIO) -> str:
    """Digest of a file's bytes.

    Raises:
        OutOfRange: it cannot be read, or is a folder.
    """
    try:
        content = file.getbuffer() if isinstance(file, io.BytesIO) else file.read_bytes()
    except OSError as error:
        raise OutOfRange(f"{file.name} cannot be read ({error.strerror or error}): give a file that can.") from None
    return hashlib.sha256(content).hexdigest()
