"""Files in the safetensors format: a JSON header with the offset of each tensor, then the tensors."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any, no_type_check

from kann.errors import UnreadableCheckpoint
from kann.inputs.files.contents import Contents
from kann.inputs.files.model_files import ModelFile
from kann.inputs.tensors import element_types
from kann.inputs.tensors.shapes import require_shape

# Less than the format allows; room for some 80,000 tensors.
_LONGEST_HEADER = 1 << 23
_TYPES = {
    "BOOL": "bool",
    **{
        f"{letter}{bits}": f"{name}{bits}" for letter, name in (("I", "int"), ("U", "uint")) for bits in (8, 16, 32, 64)
    },
    **{f"F{bits}": f"float{bits}" for bits in (16, 32, 64)},
    "BF16": "bfloat16",
    "C64": "complex64",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
    "F8_E4M3FNUZ": "float8_e4m3fnuz",
    "F8_E5M2FNUZ": "float8_e5m2fnuz",
    "F8_E8M0": "float8_e8m0fnu",
}


@no_type_check
@dataclass(frozen=True)
class _Entry:
    name: str
    element_type: str
    shape: tuple[int, ...]
    begin: int
    end: int


def looks_like_safetensors(head: bytes) -> bool:
    """Whether the first nine bytes are a length below 4 GiB and an opening brace."""
    return len(head) == 9 and head[4:8] == bytes(4) and head[8:9] == b"{"


def read_safetensors(file: ModelFile) -> Contents:
    """All tensors of the file, in their order in the file."""
    length = int.from_bytes(file.bytes(0, 8), "little")
    if length > min(_LONGEST_HEADER, file.size - 8):
        raise UnreadableCheckpoint(
            f"its header declares {length} bytes, but the file has {file.size} and "
            f"{_LONGEST_HEADER} is the most: it was cut short or damaged, copy it again"
        )
    header = _parsed(file.bytes(8, length))
    metadata = header.pop("__metadata__", {})
    entries = sorted(
        (_entry(name, value) for name, value in header.items()), key=lambda entry: (entry.begin, entry.end)
    )
    if not entries:
        raise UnreadableCheckpoint("it holds no tensors: save the weights with safetensors")
    _check_tiling(entries, file.size - 8 - length)
    tensors = {}
    for entry in entries:
        data = file.array(8 + length + entry.begin, entry.end - entry.begin)
        tensors[entry.name] = element_types.as_array(data, entry.element_type).reshape(entry.shape)
    return Contents(
        tensors, {entry.name: entry.element_type for entry in entries}, "safetensors", _plain_metadata(metadata)
    )


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        return json.loads(text.decode("utf-8"), object_pairs_hook=_without_duplicates)
    except (ValueError, RecursionError):
        raise UnreadableCheckpoint("its header is not valid JSON: the file was damaged, copy it again") from None


@no_type_check
def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        raise ValueError("duplicate key")
    return table


def _plain_metadata(metadata: Any) -> dict[str, str]:
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise UnreadableCheckpoint("the metadata in its header is not a table of texts: save it again with safetensors")
    return metadata


@no_type_check
def _entry(name: str, value: Any) -> _Entry:
    match value:
        case {"dtype": str(kind), "shape": list(shape), "data_offsets": [int(begin), int(end)]}:
            if not all(type(number) is int and number >= 0 for number in (*shape, begin, end)):
                raise UnreadableCheckpoint(
                    f"the tensor {name[:80]!r} has a shape or place below 0: copy the file again"
                )
            entry = _Entry(name, _TYPES.get(kind, kind), tuple(shape), begin, end)
            element_types.require_known(entry.element_type)
            require_shape(entry.shape)
            _check_length(entry)
            return entry
    raise UnreadableCheckpoint(f"the header does not describe the tensor {name[:80]!r} as the format asks")


@no_type_check
def _check_length(entry: _Entry) -> None:
    needed = math.prod(entry.shape) * element_types.SIZES[entry.element_type]
    if needed != entry.end - entry.begin:
        raise UnreadableCheckpoint(
            f"the tensor {entry.name[:80]!r} needs {needed} bytes "
            f"but has {entry.end - entry.begin}: copy the file again"
        )


def _check_tiling(entries: list[_Entry], size: int) -> None:
    """The format requires contiguous tensors, from the first byte after the header to the last."""
    end = 0
    for entry in entries:
        if entry.begin != end:
            raise UnreadableCheckpoint(
                f"the tensor {entry.name[:80]!r} begins at byte {entry.begin} where {end} was due: "
                "tensors overlap or leave a hole, save the file again with safetensors"
            )
        end = entry.end
    if end != size:
        raise UnreadableCheckpoint(f"its tensors take {end} bytes, but {size} follow the header: copy the file again")
