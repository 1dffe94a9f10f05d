"""Pickles read inertly: the values in the file, with a placeholder for every call that it asks for.

A pickle is a program for a small stack machine. This machine runs it with one difference: what the
program imports becomes a `Global` (a name), what it calls or instantiates becomes an `Inert` (a note
of the call). Nothing is imported and nothing is called, whatever the file says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, no_type_check

from kann.errors import UnreadableCheckpoint
from kann.inputs.pickles.inert_values import Global, Inert, PersistentId, UnusualKey
from kann.inputs.pickles.instructions import damaged, instructions

MOST_INSTRUCTIONS = 1_000_000
MOST_GLOBALS = 10_000
LONGEST_GLOBAL = 1000


@dataclass(frozen=True)
class Pickle:
    """The value of a pickle, the globals and the persistent ids in it, in order, and how long it was."""

    value: Any
    names: tuple[str, ...]
    references: tuple[PersistentId, ...]
    instructions: int


def read_pickle(stream: Any, limit: int = MOST_INSTRUCTIONS) -> Pickle:
    """Read one pickle, from where the stream stands to behind its STOP instruction.

    Raises:
        UnreadableCheckpoint: it breaks the rules of the format, or takes more than `limit` instructions.
    """
    machine = _Machine()
    try:
        for count, (name, argument) in enumerate(instructions(stream), 1):
            if count > limit:
                raise UnreadableCheckpoint(
                    f"its pickle has more than {limit} instructions: save the state dict alone, or as .safetensors"
                )
            if name == "STOP":
                return Pickle(machine.stack.pop(), tuple(machine.names()), tuple(machine.references), count)
            _HANDLERS[name](machine, argument)
    except (IndexError, KeyError):
        raise damaged(stream.tell(), "takes a value that is not there") from None
    raise damaged(stream.tell(), "ends without a STOP instruction")


@no_type_check
def _as_key(key: Any) -> Any:
    if type(key) is int:
        return key if -(2**61) < key < 2**61 - 1 else UnusualKey(key)
    return key if type(key) in (str, bytes, bool, float, type(None)) else UnusualKey(key)


@no_type_check
def _renamed(path: str) -> str:
    """Protocols below 3 write the names that Python 2 had for these modules."""
    for old, new in (("__builtin__.", "builtins."), ("copy_reg.", "copyreg.")):
        if path.startswith(old):
            return new + path[len(old) :]
    return path


@no_type_check
def _as_arguments(value: Any) -> tuple:
    return value if isinstance(value, tuple) else (value,)


@no_type_check
class _Machine:
    def __init__(self) -> None:
        self.stack: list = []
        self.marked: list[list] = []
        self.memo: dict[int, Any] = {}
        self.globals: dict[str, Global] = {}
        self.references: list[PersistentId] = []

    def names(self) -> dict[str, None]:
        return dict.fromkeys(known.path for known in self.globals.values())

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def pop(self) -> Any:
        return self.stack.pop()

    def mark(self, _: Any) -> None:
        self.marked.append(self.stack)
        self.stack = []

    def since_mark(self) -> list:
        values, self.stack = self.stack, self.marked.pop()
        return values

    def drop(self, _: Any) -> None:
        if self.stack:
            self.stack.pop()
        else:
            self.since_mark()

    def text(self, value: str) -> None:
        # Half a surrogate pair cannot be printed or encoded later.
        self.push(value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8"))

    def get(self, index: Any) -> None:
        self.push(self.memo[int(index)])

    def put(self, index: Any) -> None:
        self.memo[int(index)] = self.stack[-1]

    def tuple_of(self, count: int) -> None:
        values = tuple(self.stack[-count:])
        if len(values) < count:
            raise IndexError
        self.stack[-count:] = [values]

    def append(self, values: list) -> None:
        target = self.stack[-1]
        if isinstance(target, Inert):
            target.members = target.members if target.members is not None else []
            target.members.extend(values)
        elif isinstance(target, list):
            target.extend(values)
        else:
            raise UnreadableCheckpoint(
                f"its pickle appends to a {type(target).__name__}: it was damaged, copy it again"
            )

    def assign(self, pairs: list) -> None:
        target = self.stack[-1]
        if isinstance(target, Inert):
            target.entries = target.entries if target.entries is not None else {}
            target = target.entries
        if not isinstance(target, dict) or len(pairs) % 2:
            raise UnreadableCheckpoint(
                f"its pickle assigns {len(pairs) / 2:g} items of a {type(target).__name__}: "
                "it was damaged, copy it again"
            )
        target.update((_as_key(key), value) for key, value in zip(pairs[::2], pairs[1::2], strict=True))

    def assign_one(self, _: Any) -> None:
        value, key = self.pop(), self.pop()
        self.assign([key, value])

    def dictionary(self, _: Any) -> None:
        pairs = self.since_mark()
        self.push({})
        self.assign(pairs)

    def name(self, path: str) -> None:
        self.require_short(len(path))
        if path not in self.globals:
            if len(self.globals) >= MOST_GLOBALS:
                raise UnreadableCheckpoint(
                    f"its pickle names more than {MOST_GLOBALS} globals: save the state dict alone"
                )
            self.globals[path] = Global(_renamed(path))
        self.push(self.globals[path])

    def require_short(self, length: int) -> None:
        if length > LONGEST_GLOBAL:
            raise UnreadableCheckpoint(
                f"its pickle names a global of {length} characters, more than {LONGEST_GLOBAL}: "
                "save the state dict alone"
            )

    def name_from_stack(self, _: Any) -> None:
        name, module = self.pop(), self.pop()
        if not isinstance(name, str) or not isinstance(module, str):
            raise UnreadableCheckpoint("its pickle builds the name of a global from something that is not a text")
        self.require_short(len(module) + len(name))
        self.name(f"{module}.{name}")

    def call(self, _: Any) -> None:
        arguments = _as_arguments(self.pop())
        self.push(Inert(self.pop(), arguments))

    def call_without_keywords(self, _: Any) -> None:
        self.pop()
        self.call(None)

    def instance(self, path: str) -> None:
        arguments = tuple(self.since_mark())
        self.name(path)
        self.push(Inert(self.pop(), arguments))

    def instance_from_stack(self, _: Any) -> None:
        values = self.since_mark()
        self.push(Inert(values[0], tuple(values[1:])))

    def refer(self, identifier: Any) -> None:
        self.references.append(PersistentId(identifier))
        self.push(self.references[-1])

    def build(self, _: Any) -> None:
        state = self.pop()
        # A state for anything but an instance would change attributes of a class: a note is enough.
        if isinstance(self.stack[-1], Inert):
            self.stack[-1].state = state

    def check_protocol(self, number: int) -> None:
        if number > 5:
            raise UnreadableCheckpoint(
                f"its pickle is of protocol {number}, the newest known is 5: save it again with 5"
            )

    def refuse_buffer(self, _: Any) -> None:
        raise UnreadableCheckpoint("its pickle keeps its arrays in buffers outside the file: save it as .safetensors")


def _ignore(machine: _Machine, argument: Any) -> None:
    pass


_NUMBERS = ("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT")
_BYTES = ("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8")
_STRINGS = ("STRING", "BINSTRING", "SHORT_BINSTRING")
_UNICODES = ("UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8")
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_HANDLERS: dict[str, Callable[[_Machine, Any], Any]] = {
    **dict.fromkeys(_NUMBERS + _BYTES, _Machine.push),
    **dict.fromkeys(_STRINGS + _UNICODES, _Machine.text),
    **{name: lambda machine, _, value=value: machine.push(value) for name, value in _CONSTANTS.items()},
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _Machine.get),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), _Machine.put),
    **dict.fromkeys(("REDUCE", "NEWOBJ"), _Machine.call),
    **dict.fromkeys(("EXT1", "EXT2", "EXT4"), lambda machine, code: machine.name(f"copyreg.extension_{code}")),
    **dict.fromkeys(("FRAME", "READONLY_BUFFER"), _ignore),
    # Sets are lists here, for their members need not be hashable.
    **dict.fromkeys(("EMPTY_LIST", "EMPTY_SET"), lambda machine, _: machine.push([])),
    **dict.fromkeys(("LIST", "FROZENSET"), lambda machine, _: machine.push(machine.since_mark())),
    **dict.fromkeys(("APPENDS", "ADDITEMS"), lambda machine, _: machine.append(machine.since_mark())),
    "APPEND": lambda machine, _: machine.append([machine.pop()]),
    "EMPTY_DICT": lambda machine, _: machine.push({}),
    "DICT": _Machine.dictionary,
    "SETITEM": _Machine.assign_one,
    "SETITEMS": lambda machine, _: machine.assign(machine.since_mark()),
    "TUPLE": lambda machine, _: machine.push(tuple(machine.since_mark())),
    "TUPLE1": lambda machine, _: machine.push((machine.pop(),)),
    "TUPLE2": lambda machine, _: machine.tuple_of(2),
    "TUPLE3": lambda machine, _: machine.tuple_of(3),
    "MARK": _Machine.mark,
    "POP": _Machine.drop,
    "POP_MARK": lambda machine, _: machine.since_mark(),
    "DUP": lambda machine, _: machine.push(machine.stack[-1]),
    "MEMOIZE": lambda machine, _: machine.put(len(machine.memo)),
    "GLOBAL": _Machine.name,
    "STACK_GLOBAL": _Machine.name_from_stack,
    "NEWOBJ_EX": _Machine.call_without_keywords,
    "INST": _Machine.instance,
    "OBJ": _Machine.instance_from_stack,
    "BUILD": _Machine.build,
    "PERSID": _Machine.refer,
    "BINPERSID": lambda machine, _: machine.refer(machine.pop()),
    "PROTO": _Machine.check_protocol,
    "NEXT_BUFFER": _Machine.refuse_buffer,
}
