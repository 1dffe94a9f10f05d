"""Files of the data folder: where a path leads, what belongs together, when it changed, and its digest."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

from kann.errors import OutOfRange
from kann.inputs.readers.wfdb import EXTENSIONS, belongs_to_record


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
    except (OSError, ValueError):  # too long a name, or a sign that no name has
        raise OutOfRange(f"{relative[:60]!r} is no path that a file could have: check the spelling.") from None
    if not path.is_relative_to(root):
        raise OutOfRange(f"{relative!r} lies outside the data folder: give a path below it.")
    if not here:
        raise OutOfRange(f"{relative!r} is not in the data folder {root.name}: check the spelling.")
    return path


def several(path: Path) -> bool:
    """Whether the data are in several files: a folder, or a record of PhysioNet."""
    return path.is_dir() or belongs_to_record(path)


def changed(path: Path) -> int:
    """When the data last changed, in nanoseconds. Within a folder new and missing files count, those in its
    subfolders too; a text that was rewritten in place does not: there may be tens of thousands."""
    near = [entry for entry in path.iterdir() if entry.is_dir()] if path.is_dir() else []
    if belongs_to_record(path):
        near = [path.with_suffix(ending) for ending in EXTENSIONS]
    return max(entry.stat().st_mtime_ns for entry in (path, *near) if entry.exists())


def sha256(file: Path | io.BytesIO) -> str:
    """Digest of a file's bytes.

    Raises:
        OutOfRange: the system does not read it, or it is a folder.
    """
    try:
        content = file.getbuffer() if isinstance(file, io.BytesIO) else file.read_bytes()
    except OSError as error:
        raise OutOfRange(f"{file.name} cannot be read ({error.strerror or error}): give a file that can.") from None
    return hashlib.sha256(content).hexdigest()
