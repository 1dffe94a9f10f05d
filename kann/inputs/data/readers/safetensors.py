"""Named arrays in a `.safetensors` file, its metadata in JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from safetensors import SafetensorError, deserialize

from kann.errors import UnreadableDataset
from kann.inputs.data import cells
from kann.inputs.data.options import ReadOptions
from kann.inputs.data.readers.arrays import dataset_of_arrays
from kann.inputs.data.sources import Source
from kann.records import Dataset

_DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "<i1"}
_DTYPES |= {"U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "<u1", "BOOL": "?", "BF16": "<u2"}
_BESIDE = ("labels", "ids", "tokens", "lengths", "sampling_rate", "token_names")

_LARGEST_NUMBER = 2**31


def is_safetensors(content: bytes) -> bool:
    """Whether the first bytes are a length and then a JSON object that fits."""
    return content[8:9] == b"{" and int.from_bytes(content[:8], "little") <= len(content) - 8


def read(source: Source, options: ReadOptions) -> Dataset:
    """As a `.npz`, see `arrays.dataset_of_arrays`; `labels`, `tokens` and so on may be JSON in the metadata."""
    try:
        tensors = dict(deserialize(source.content))
    except SafetensorError as error:
        raise UnreadableDataset(f"the .safetensors file is damaged ({error}): copy or save it again.") from None
    arrays = {name: _array(name, tensor) for name, tensor in tensors.items()}
    return dataset_of_arrays(_metadata(source.content) | arrays, source, options)


def _array(name: str, tensor: Mapping[str, Any]) -> np.ndarray:
    if tensor["dtype"] not in _DTYPES:
        raise UnreadableDataset(f"array {name} holds {tensor['dtype']}: save it as float32 or as whole numbers.")
    array = np.frombuffer(tensor["data"], _DTYPES[tensor["dtype"]]).reshape(tensor["shape"])
    if tensor["dtype"] == "BF16":
        return (array.astype(np.uint32) << 16).view(np.float32)
    return array


def _metadata(content: bytes) -> dict[str, Any]:
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    metadata = header.get("__metadata__", {})
    return {name: _array_of_json(name, metadata[name]) for name in _BESIDE if name in metadata}


def _array_of_json(name: str, text: str) -> Any:
    """Numbers as an array, words as they are: an array would make each as wide as the widest."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise UnreadableDataset(f"the metadata's {name} are not JSON: correct them.") from None
    if name == "sampling_rate" and isinstance(value, int | float) and abs(value) < _LARGEST_NUMBER:
        return np.array(float(value))
    entry = {"tokens": list, "lengths": int}.get(name, str | int)
    if not isinstance(value, list) or not all(isinstance(each, entry) for each in value):
        raise UnreadableDataset(f"the metadata's {name} are not a list with one entry a sequence: correct them.")
    if name == "lengths":
        return np.array([min(abs(length), _LARGEST_NUMBER) for length in value])
    return value if name in ("tokens", "token_names") else cells.labels([str(each) for each in value])
