"""Zip archives of stored members, as torch writes them: members are read in place, nothing is extracted."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import no_type_check

import numpy as np

from kann.errors import UnreadableCheckpoint
from kann.inputs.files.model_files import ModelFile

MOST_MEMBERS = 100_000
_END = struct.Struct("<4s4H2IH")
_END64_PLACE = struct.Struct("<4sIQI")
_END64 = struct.Struct("<4sQ2H2I4Q")
_ENTRY = struct.Struct("<4s6H3I5H2I")
_LOCAL = struct.Struct("<4s5H3I2H")
_UNKNOWN = 0xFFFFFFFF


@no_type_check
@dataclass(frozen=True)
class Member:
    """One file in the archive; `offset` is that of its local header."""

    name: str
    method: int
    encrypted: bool
    checksum: int
    packed: int
    size: int
    offset: int


class Archive:
    """The members of a zip archive by name."""

    def __init__(self, file: ModelFile) -> None:
        self.file = file
        self.members: dict[str, Member] = {}
        for member in _members(file, *_directory(file)):
            if member.name in self.members:
                raise UnreadableCheckpoint(f"its archive has two members called {member.name[:80]!r}: save it again")
            self.members[member.name] = member
        _check_sizes(file, self.members)

    def array(self, name: str) -> np.ndarray:
        """The bytes of a member as uint8, its checksum verified."""
        member = self._stored(name)
        data = self.file.array(self._start(member), member.size)
        # torch writes zeros in place of checksums when it is told to compute none.
        if member.checksum and zlib.crc32(data) != member.checksum:
            raise UnreadableCheckpoint(f"the checksum of {name[:80]!r} is wrong: the file was damaged, copy it again")
        return data

    def bytes(self, name: str) -> bytes:
        return self.array(name).tobytes()

    def _stored(self, name: str) -> Member:
        if name not in self.members:
            raise UnreadableCheckpoint(f"its archive lacks the member {name[:80]!r}: it was cut short, copy it again")
        member = self.members[name]
        if member.method or member.encrypted:
            how = "encrypted" if member.encrypted else f"compressed (method {member.method})"
            raise UnreadableCheckpoint(
                f"the member {name[:80]!r} is {how}: write the file with torch.save, which stores"
            )
        return member

    def _start(self, member: Member) -> int:
        """Where the member's bytes begin: behind its local header, whose length only the header knows."""
        signature, *_, name_length, extra_length = _LOCAL.unpack(self.file.bytes(member.offset, _LOCAL.size))
        if signature != b"PK\3\4":
            raise UnreadableCheckpoint(f"byte {member.offset} of its archive begins no member: copy it again")
        return member.offset + _LOCAL.size + name_length + extra_length


def _directory(file: ModelFile) -> tuple[int, int, int]:
    """Members, bytes and place of the central directory."""
    tail_start = max(0, file.size - _END.size - 0xFFFF)
    tail = file.bytes(tail_start, file.size - tail_start)
    place = tail.rfind(b"PK\5\6")
    if place < 0 or len(tail) - place < _END.size:
        raise UnreadableCheckpoint("its archive has no directory at its end: it was cut short, copy it again")
    _, _, _, _, count, size, offset, _ = _END.unpack_from(tail, place)
    start = tail_start + place
    if start >= _END64_PLACE.size:
        signature, _, place64, _ = _END64_PLACE.unpack(file.bytes(start - _END64_PLACE.size, _END64_PLACE.size))
        if signature == b"PK\6\7":
            signature64, *_, count, size, offset = _END64.unpack(file.bytes(place64, _END64.size))
            if signature64 != b"PK\6\6":
                raise UnreadableCheckpoint(f"byte {place64} of its archive begins no directory: copy it again")
    return count, size, offset


def _members(file: ModelFile, count: int, size: int, offset: int) -> Iterator[Member]:
    if count > MOST_MEMBERS or size > MOST_MEMBERS * 1024:
        raise UnreadableCheckpoint(
            f"its archive declares {count} members described in {size} bytes, more than {MOST_MEMBERS} of 1024: "
            "copy it again"
        )
    directory = file.bytes(offset, size)
    position = 0
    for _ in range(count):
        member, position = _entry(directory, position)
        yield member


@no_type_check
def _entry(directory: bytes, position: int) -> tuple[Member, int]:
    """The member that an entry of the directory describes, and where the next entry begins."""
    body = position + _ENTRY.size
    fields = _ENTRY.unpack_from(directory, position) if body <= len(directory) else [b""] * 17
    if fields[0] != b"PK\1\2":
        raise UnreadableCheckpoint(f"the directory of its archive breaks off at byte {position}: copy it again")
    _, _, _, flags, method, _, _, checksum, packed, size, name_length, extra_length, comment_length, *_, offset = fields
    name = directory[body : body + name_length].decode("utf-8", "replace")
    extra = directory[body + name_length : body + name_length + extra_length]
    size, packed, offset = _wide(extra, [size, packed, offset])
    member = Member(name, method, bool(flags & 1), checksum, packed, size, offset)
    return member, body + name_length + extra_length + comment_length


@no_type_check
def _wide(extra: bytes, values: list[int]) -> list[int]:
    """Sizes and offsets beyond 4 GiB stand in an extra field, in the order of those that did not fit."""
    position = 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, position)
        if kind == 1:
            field = extra[position + 4 : position + 4 + length]
            numbers = iter(struct.unpack(f"<{len(field) // 8}Q", field[: len(field) // 8 * 8]))
            return [next(numbers, value) if value == _UNKNOWN else value for value in values]
        position += 4 + length
    return values


def _check_sizes(file: ModelFile, members: dict[str, Member]) -> None:
    """Members of one file that together exceed it overlap: read one by one they would exhaust memory."""
    declared = sum(member.packed if member.method else member.size for member in members.values())
    if declared > file.size:
        raise UnreadableCheckpoint(
            f"its archive declares {declared} bytes of members, but the file has {file.size}: copy it again"
        )
