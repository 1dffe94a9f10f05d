"""The instructions of a pickle, one after the other, with their arguments."""

from __future__ import annotations

import pickletools
import re
from collections.abc import Callable, Iterator
from typing import Any, no_type_check

from kann.errors import UnreadableCheckpoint


def damaged(position: int, how: str) -> UnreadableCheckpoint:
    return UnreadableCheckpoint(f"its pickle {how} before byte {position}: it was cut short or damaged, copy it again")


@no_type_check
def _path(stream: Any) -> str:
    module, name = stream.readline(), stream.readline()
    return f"{module.rstrip().decode()}.{name.rstrip().decode()}"


@no_type_check
def _unquoted(stream: Any) -> str:
    return stream.readline().rstrip(b"\r\n").decode()


@no_type_check
def _quoted(stream: Any) -> str:
    # Python 2 wrote its byte strings like this; as everywhere, one byte is one character.
    return _ESCAPE.sub(_unescaped, stream.readline().rstrip(b"\r\n")[1:-1].decode("latin1"))


_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|.)")


@no_type_check
def _unescaped(escape: re.Match) -> str:
    kind = escape[1]
    return chr(int(kind[1:], 16)) if len(kind) > 1 else {"n": "\n", "t": "\t", "r": "\r"}.get(kind, kind)


# The standard library's readers take names and quoted strings for ASCII, which class names need not be.
_OWN_READERS = {"stringnl_noescape_pair": _path, "stringnl_noescape": _unquoted, "stringnl": _quoted}
_READERS: dict[int, tuple[str, Callable | None]] = {
    ord(opcode.code): (opcode.name, opcode.arg and _OWN_READERS.get(opcode.arg.name, opcode.arg.reader))
    for opcode in pickletools.opcodes
}


def instructions(stream: Any) -> Iterator[tuple[str, Any]]:
    """Name and argument of each instruction, from where the stream stands."""
    while code := stream.read(1):
        try:
            name, reader = _READERS[code[0]]
            argument = reader(stream) if reader else None
        except (ValueError, KeyError):
            raise damaged(stream.tell(), "has an instruction that cannot be read") from None
        yield name, argument
