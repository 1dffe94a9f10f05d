"""Pickles and archives put together by hand, for what no library would write."""

import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any

MAGIC = 0x1950A86A20F9469CFC6C


@dataclass
class Name:
    """A global."""

    module: str
    name: str


@dataclass
class Call:
    function: Any
    arguments: tuple = ()


@dataclass
class Reference:
    """A persistent id."""

    identifier: Any


@dataclass
class Raw:
    """Instructions as they stand, to leave one value on the stack."""

    code: bytes


def instructions(value):
    """Instructions of protocol 2 that leave the value on the stack."""
    match value:
        case Raw(code):
            return code
        case None | True | False:
            return {None: b"N", True: b"\x88", False: b"\x89"}[value]
        case int():
            data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
            return b"\x8b" + len(data).to_bytes(4, "little") + data
        case str():
            data = value.encode("utf-8", "surrogatepass")
            return b"X" + len(data).to_bytes(4, "little") + data
        case bytes():
            return b"B" + len(value).to_bytes(4, "little") + value
        case tuple():
            return b"(" + b"".join(map(instructions, value)) + b"t"
        case list():
            return b"](" + b"".join(map(instructions, value)) + b"e"
        case dict():
            return b"}(" + b"".join(instructions(key) + instructions(part) for key, part in value.items()) + b"u"
        case Name(module, name):
            return f"c{module}\n{name}\n".encode()
        case Call(function, arguments):
            return instructions(function) + instructions(arguments) + b"R"
        case Reference(identifier):
            return instructions(identifier) + b"Q"


def pickled(value):
    return b"\x80\x02" + instructions(value) + b"."


def storage(key="0", kind="FloatStorage", count=4, *view):
    return Reference(("storage", Name("torch", kind), key, "cpu", count, *view))


def tensor(size=(2, 2), stride=(2, 1), offset=0, of=None, function="_rebuild_tensor_v2", more=(False, {})):
    return Call(Name("torch._utils", function), (of or storage(), offset, size, stride, *more))


def archive(value, storages=None, others=(), **settings):
    """A file as torch.save writes it; `value` may be the bytes of its pickle."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", **settings) as members:
        members.writestr("archive/data.pkl", value if isinstance(value, bytes) else pickled(value))
        for key, data in ({"0": bytes(16)} if storages is None else storages).items():
            members.writestr(f"archive/data/{key}", data)
        for name, data in others:
            members.writestr(name, data)
    return file.getvalue()


def legacy(value, keys=("0",), storages=((4, bytes(16)),), magic=MAGIC, version=1001):
    """A file as torch.save wrote it before 2020."""
    pickles = (magic, version, {"little_endian": True}, value, list(keys) if isinstance(keys, tuple) else keys)
    return b"".join(map(pickled, pickles)) + b"".join(count.to_bytes(8, "little") + data for count, data in storages)


def safetensors_file(header, data=b"", length=None):
    """A file in the safetensors format; `header` may be its bytes."""

    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + data


def entry(dtype="F32", shape=(2,), begin=0, end=8):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}
