"""A data file as it was given: its bytes, unpacked where gzipped, its name and its digest."""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from kann.errors import UnreadableDataset

LARGEST = 4 * 2**30
"""Bytes that a data file may hold, unpacked; it is read into memory as a whole."""
LONGEST_LINE = 2**24
"""Bytes of a line; a million steps fit, a file without line breaks does not."""

_ALWAYS_UNPACKED = 2**28
_CHUNK = 2**20


@dataclass(frozen=True)
class Source:
    """`content` is unpacked; `sha256` is of the file as given; `path` is None for open files."""

    content: bytes = field(repr=False)
    sha256: str
    filename: str = "data"
    path: Path | None = None

    @property
    def extension(self) -> str:
        """Lower case, with its dot, without `.gz`; only a hint, the content decides."""
        return Path(_without_gz(self.filename)).suffix.lower()

    @property
    def name(self) -> str:
        """The file's name without `.gz` and without its extension."""
        return Path(_without_gz(self.filename)).stem

    @cached_property
    def text(self) -> str:
        """The content as text: UTF-8, or UTF-16 where it starts with a byte order mark.

        Raises:
            UnreadableDataset: other bytes, with the line and the byte of the first wrong one.
        """
        utf16 = self.content.startswith((b"\xff\xfe", b"\xfe\xff"))
        try:
            return self.content.decode("utf-16" if utf16 else "utf-8-sig")
        except UnicodeDecodeError as error:
            raise UnreadableDataset(_wrong_byte(self.content, error.start, utf16)) from None

    @cached_property
    def lines(self) -> list[str]:
        """Lines without their ends (\\n, \\r\\n, or \\r alone); blank ones are kept, so that numbers agree.

        Raises:
            UnreadableDataset: a line is too long; found before decoding, which takes three times the memory.
        """
        end = b"\n" if b"\n" in self.content else b"\r"
        begin = _overlong(self.content, end)
        if begin is not None:
            size = (self.content.find(end, begin) + 1 or len(self.content) + 1) - begin - 1
            raise UnreadableDataset(
                f"line {self.content.count(end, 0, begin) + 1} has {size:,} bytes, more than a sequence may "
                f"({LONGEST_LINE:,}): write one sequence a line."
            )
        lines = self.text.split(end.decode())
        return [line.removesuffix("\r") for line in lines]


def open_source(given: Any) -> Source:
    """A path, or a file opened in binary mode, which is read from its beginning."""
    if hasattr(given, "read"):
        name = getattr(given, "name", "data")
        return _source(_bytes_of(given), Path(name).name if isinstance(name, str) else "data", None)
    path = Path(given)
    try:
        if path.stat().st_size > LARGEST:
            raise UnreadableDataset(_too_large(path.name))
        return _source(path.read_bytes(), path.name, path)
    except FileNotFoundError:
        raise UnreadableDataset(f"There is no file {path}: check the path.") from None
    except (OSError, ValueError) as error:
        if isinstance(error, UnreadableDataset):
            raise
        raise UnreadableDataset(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from None


def _bytes_of(file: Any) -> bytes:
    if hasattr(file, "seekable") and file.seekable():
        file.seek(0)
    content = file.read(LARGEST + 1)
    if not isinstance(content, bytes):
        raise UnreadableDataset("The file was opened as text: open it in binary mode, open(path, 'rb').")
    return content


def _source(raw: bytes, filename: str, path: Path | None) -> Source:
    content = unpack(raw) if raw.startswith(b"\x1f\x8b") else raw
    if len(content) > LARGEST:
        raise UnreadableDataset(_too_large(filename))
    if not content or content.isspace():
        raise UnreadableDataset(f"{filename} is empty: choose a file that holds sequences.")
    return Source(content, hashlib.sha256(raw).hexdigest(), filename, path)


def digest_of_files(paths: Iterable[Path]) -> str:
    """Of names and contents, for data sets of several files."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def unpacked_limit(packed: int) -> int:
    """Bytes that a compressed file of this size may unpack to; real data are compressed less than a hundredfold."""
    return min(LARGEST, max(_ALWAYS_UNPACKED, 100 * packed))


def _read_beyond(limit: int, file: gzip.GzipFile) -> bytes:
    """All of the file, or the first bytes, more than `limit` of them; read at once, they would take memory for all."""
    content = io.BytesIO()
    while content.tell() <= limit and (chunk := file.read(_CHUNK)):
        content.write(chunk)
    return content.getvalue()


def unpack(raw: bytes) -> bytes:
    """The content of gzipped bytes, within `unpacked_limit`."""
    limit = unpacked_limit(len(raw))
    try:
        content = _read_beyond(limit, gzip.GzipFile(fileobj=io.BytesIO(raw)))
    except (OSError, EOFError, zlib.error):
        raise UnreadableDataset("The gzip file is damaged or was cut short: copy or download it again.") from None
    if len(content) > limit:
        raise UnreadableDataset(
            f"The gzip file unpacks to more than {limit / 2**20:,.0f} MB, suspiciously much: unpack it first."
        )
    return content


def _overlong(content: bytes, end: bytes) -> int | None:
    """Where the first line of more than LONGEST_LINE bytes begins; None where there is none. Takes few
    steps however many lines there are: each leads to the last line end within LONGEST_LINE bytes."""
    begin = 0
    while len(content) - begin > LONGEST_LINE:
        last = content.rfind(end, begin, begin + LONGEST_LINE + 1)
        if last < 0:
            return begin
        begin = last + 1
    return None


def _too_large(filename: str) -> str:
    return f"{filename} holds more than {LARGEST / 2**30:.0f} GB: split it into parts."


def _without_gz(filename: str) -> str:
    return filename[:-3] if filename.lower().endswith(".gz") else filename


def _wrong_byte(content: bytes, position: int, utf16: bool) -> str:
    if utf16 or b"\0" in content:
        return "the file is neither text nor a known binary format: see the list of formats that open."
    line = content.count(b"\n", 0, position) + 1
    column = position - content.rfind(b"\n", 0, position)
    return (
        f"line {line} is not UTF-8 text (byte 0x{content[position]:02x} at byte {column} of the line): "
        "save the file as UTF-8."
    )
