"""Downloads named data sets, only when the user asks for it."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from pathlib import Path

from kann.errors import UnreadableDataset
from kann.inputs.data.named_datasets import Part, cache_folder, parts_of, where
from kann.inputs.data.sources import LARGEST

_DAMAGE = (OSError, EOFError, zlib.error, tarfile.TarError, zipfile.BadZipFile, RuntimeError, NotImplementedError)
"""What the standard library raises on damaged archives."""


def fetch(name: str) -> list[Path]:
    """Downloads all parts of "ecg5000", or the one part of "ecg5000/test", that are not here, and checks them.

    Called only when the user asks for it.

    Raises:
        UnreadableDataset: downloads are off (KANN_HOSTED), `pooch` is missing, there is no connection, what came
            is not what was expected, or it cannot be kept; the sentence says which file to put where.
    """
    parts = parts_of(name)
    if all(map(where, parts)):
        return [path for path in map(where, parts) if path]
    try:
        cache_folder().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache_folder()) as downloads:
            return [where(part) or _fetched(part, Path(downloads)) for part in parts]
    except OSError as error:
        raise UnreadableDataset(
            f"it cannot be kept in {cache_folder()} ({error.strerror or error}): make room there, or set "
            "KANN_CACHE_DIR to a folder that can be written."
        ) from None


def _fetched(part: Part, downloads: Path) -> Path:
    target = cache_folder() / part.path
    if os.environ.get("KANN_HOSTED"):
        raise UnreadableDataset(
            f"downloads are off on this server: its administrator can put {target.name} at {target}."
        )
    archive = _downloaded(part, target, downloads)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        unpacked = Path(folder) / target.name
        try:
            _unpack(archive, part, unpacked)
        except _DAMAGE as error:
            if isinstance(error, OSError) and error.errno is not None:  # the system's word: no place to write to
                raise
            raise UnreadableDataset(f"the download {part.url} is damaged ({error}): fetch it again.") from None
        _check(unpacked, part)
        unpacked.rename(target)
    return target


def _downloaded(part: Part, target: Path, downloads: Path) -> Path:
    """The downloaded file; several parts of one archive download it once."""
    try:
        import pooch
    except ImportError:
        raise UnreadableDataset(
            f"fetching needs the package pooch (pip install pooch); or download {part.url} and put it at {target}."
        ) from None
    archive = part.url.endswith((".zip", ".tar.gz"))
    known = part.digest or (None if archive else f"sha256:{part.sha256}")
    try:
        downloader = pooch.HTTPDownloader(progressbar=False, timeout=30)
        return Path(pooch.retrieve(part.url, known, path=downloads, downloader=downloader))
    except (OSError, ValueError) as error:
        raise UnreadableDataset(
            f"{part.url} cannot be fetched ({str(error)[:200]}): download it elsewhere, and put it at {target}."
        ) from None


def _unpack(archive: Path, part: Part, target: Path) -> None:
    if part.url.endswith(".tar.gz"):
        _unpack_folder(archive, part.path, target)
    elif part.url.endswith(".zip"):
        with zipfile.ZipFile(archive) as members:
            name = next((name for name in members.namelist() if Path(name).name == target.name), None)
            if name is None or members.getinfo(name).file_size > LARGEST:
                raise UnreadableDataset(f"the download does not hold {target.name}: look for it at {part.url}.")
            with members.open(name) as packed, target.open("wb") as plain:
                shutil.copyfileobj(packed, plain)
    else:
        shutil.copyfile(archive, target)


def _unpack_folder(archive: Path, path: str, target: Path) -> None:
    """The texts of the two classes and nothing else, whatever the archive would have written where."""
    wanted = re.compile(re.escape(path) + r"/(pos|neg)/(\w+\.txt)")
    written = 0
    with tarfile.open(archive) as members:
        for member in members:
            found = wanted.fullmatch(member.name.removeprefix("./"))
            content = members.extractfile(member) if found and member.isfile() else None
            if found and content:
                written += member.size
                if written > LARGEST:
                    raise UnreadableDataset("the download unpacks to suspiciously much: fetch it again.")
                (target / found[1]).mkdir(parents=True, exist_ok=True)
                (target / found[1] / found[2]).write_bytes(content.read())


def _check(unpacked: Path, part: Part) -> None:
    if not unpacked.exists():
        raise UnreadableDataset(f"the download does not hold {part.path}: look for it at {part.url}.")
    if part.sha256 and hashlib.sha256(unpacked.read_bytes()).hexdigest() != part.sha256:
        raise UnreadableDataset(f"{part.path} is not the file that was expected: it was changed at {part.url}.")
