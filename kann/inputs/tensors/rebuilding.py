"""Tensors and arrays that a pickle would have rebuilt, rebuilt here from the notes of the calls."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import Any, Protocol, no_type_check, runtime_checkable

import numpy as np

from kann.errors import UnreadableCheckpoint
from kann.inputs.pickles.inert_values import Global, Inert, PersistentId
from kann.inputs.pickles.named_globals import STORAGES
from kann.inputs.tensors import element_types
from kann.inputs.tensors.numpy_arrays import is_numpy_array, numpy_array
from kann.inputs.tensors.shapes import malformed, require_shape, whole_numbers

_BASE = re.compile(r"torch\._utils\._rebuild_tensor(_v2|_v3)?")
# Each holds the tensor it wraps as its first argument.
_WRAPPERS = re.compile(
    r"torch\._utils\._rebuild_(parameter(_with_state)?|device_tensor_from_\w+|xla_tensor)"
    r"|torch\.nn\.parameter\.(Parameter|Buffer)|torch\.autograd\.variable\.Variable"
)
_SUBCLASS = re.compile(r"torch\._tensor\._rebuild_from_type(_v2)?")
_REBUILT = re.compile("|".join(pattern.pattern for pattern in (_BASE, _WRAPPERS, _SUBCLASS)))
_REFUSED = {
    "torch._utils._rebuild_sparse_tensor": "is sparse: call .to_dense() on it",
    "torch._utils._rebuild_sparse_csr_tensor": "is sparse: call .to_dense() on it",
    "torch._utils._rebuild_qtensor": "is quantised: call .dequantize() on it",
    "torch._utils._rebuild_nested_tensor": "is nested: pad it",
    "torch._utils._rebuild_meta_tensor_no_storage": "lies on the meta device, without values: load its values",
    "torch._utils._rebuild_wrapper_subclass": "is of a wrapped class: make it a plain tensor",
}
_MOST_EXPANDED = 2**24


@no_type_check
@dataclass(frozen=True)
class StorageId:
    """A storage as a tensor refers to it: `count` elements, of which it sees those from `start` to `stop`.

    `element_type` is None where the tensor has to say it; then `count` is in bytes.
    """

    key: Any
    element_type: str | None
    count: int
    start: int = 0
    stop: int | None = None


@runtime_checkable
class Storages(Protocol):
    """Where the bytes of storages lie; `byteorder` is that of their elements."""

    byteorder: str

    def raw(self, storage: StorageId) -> np.ndarray: ...

    def identify(self, node: Any) -> StorageId: ...


@no_type_check
def is_tensor(node: Any) -> bool:
    """Whether a value of the pickle stands for a tensor or an array of numbers."""
    if not isinstance(node, Inert):
        return False
    path = node.path
    return bool(_REBUILT.fullmatch(path)) or path in _REFUSED or is_numpy_array(node)


@no_type_check
class TensorReader:
    """Reads tensors by their nodes; what shares a storage in the file shares memory."""

    def __init__(self, storages: Storages, allowance: int) -> None:
        self._storages = storages
        self._elements: dict[Any, tuple[str, np.ndarray]] = {}
        self._arrays: dict[int, tuple[np.ndarray, str]] = {}
        # A file can spell out more elements than it has bytes: a stride of 0, an array named many times.
        self._copied = allowance
        self._expanded = _MOST_EXPANDED

    def read(self, node: Inert) -> tuple[np.ndarray, str]:
        """The array and the name of its type in the file."""
        if id(node) not in self._arrays:
            base = _unwrapped(node)
            rebuild = self._torch_tensor if _BASE.fullmatch(base.path) else self._numpy_array
            self._arrays[id(node)] = rebuild(base)
        return self._arrays[id(node)]

    def _torch_tensor(self, node: Inert) -> tuple[np.ndarray, str]:
        if len(node.arguments) < 4:
            raise malformed(f"{len(node.arguments)} arguments where 4 are needed")
        storage = self._storages.identify(node.arguments[0])
        element_type = storage.element_type or _type_of_v3(node)
        elements = self._stored(storage, element_type)[storage.start : storage.stop]
        view = self._view(elements, *node.arguments[1:4])
        return self._with_flags(view, node), element_type

    def _stored(self, storage: StorageId, element_type: str) -> np.ndarray:
        if storage.key not in self._elements:
            element_types.require_known(element_type)
            size = element_types.SIZES[element_type]
            data = self._storages.raw(storage)
            whole = data[: len(data) // size * size]
            elements = element_types.as_array(whole, element_type, self._storages.byteorder)
            self._elements[storage.key] = element_type, elements
        known, elements = self._elements[storage.key]
        if known != element_type:
            raise malformed(f"a storage that it takes for {element_type[:80]}, another for {known}")
        return elements

    def _view(self, elements: np.ndarray, offset: Any, size: Any, stride: Any) -> np.ndarray:
        (offset,), shape, strides = whole_numbers((offset,)), whole_numbers(size), whole_numbers(stride)
        if len(shape) != len(strides):
            raise malformed(f"{len(shape)} axes but {len(strides)} strides")
        require_shape(shape)
        count = math.prod(shape)
        if count == 0:
            return np.empty(shape, elements.dtype)
        last = offset + sum((length - 1) * step for length, step in zip(shape, strides, strict=True))
        if last >= len(elements):
            raise malformed(f"its last element at {last} of a storage with {len(elements)}")
        if count > len(elements):
            self._expand(count)
        steps = [step * elements.itemsize for step in strides]
        return np.lib.stride_tricks.as_strided(elements[offset:], shape, steps)

    def _expand(self, count: int) -> None:
        self._expanded -= count
        if self._expanded < 0:
            raise UnreadableCheckpoint(
                f"a tensor repeats a smaller storage {count} elements long, beyond the {_MOST_EXPANDED} that all such "
                "tensors may have: leave it out of the file"
            )

    def _with_flags(self, array: np.ndarray, node: Inert) -> np.ndarray:
        """Lazy conjugation and negation, which torch notes beside the storage."""
        flags = next((value for value in node.arguments[6:9] if isinstance(value, dict)), {})
        conjugate = flags.get("conj") is True and array.dtype.kind == "c"
        negate = flags.get("neg") is True and array.dtype.kind in "cf"
        if conjugate or negate:
            self._copy(array.nbytes)
        array = np.conj(array) if conjugate else array
        return -array if negate else array

    def _numpy_array(self, node: Inert) -> tuple[np.ndarray, str]:
        array = numpy_array(node)
        self._copy(array.nbytes)
        return array.copy(), array.dtype.name

    def _copy(self, count: int) -> None:
        self._copied -= count
        if self._copied < 0:
            raise UnreadableCheckpoint(
                "its arrays spell out more bytes than the file has: it was damaged, copy it again"
            )


@no_type_check
def _unwrapped(node: Any) -> Inert:
    """The call below parameters, subclasses and the like that rebuilds the tensor itself."""
    for _ in range(8):
        if not isinstance(node, Inert) or not is_tensor(node):
            raise malformed("something that is not a tensor")
        if node.path in _REFUSED:
            raise UnreadableCheckpoint(f"a tensor {_REFUSED[node.path]} and save the file again")
        if _SUBCLASS.fullmatch(node.path):
            node = _of_subclass(node)
        elif _WRAPPERS.fullmatch(node.path):
            node = node.arguments[0] if node.arguments else None
        else:
            return node
    raise malformed("more than 8 wrappings")


def _of_subclass(node: Inert) -> Inert | None:
    """A subclass notes the function that rebuilds it, and that function's arguments."""
    match node.arguments:
        case (Global() as function, _, tuple() as arguments, *_):
            return Inert(function, arguments)
    return None


def _type_of_v3(node: Inert) -> str:
    match node.arguments:
        case (_, _, _, _, _, _, Global(path), *_):
            return path.removeprefix("torch.")
    raise malformed("an untyped storage and no type of its own")


@no_type_check
def identify_persistent(node: Any) -> StorageId:
    """The storage that torch's persistent id ("storage", class, key, location, count, view) names.

    `view` (of its own key, start and length in elements) comes from before 2018, None or nothing later.
    """
    match node:
        case PersistentId(("storage", Global(path), str() as key, _, int() as count)):
            view = None
        case PersistentId(("storage", Global(path), str() as key, _, int() as count, view)):
            pass
        case _:
            raise malformed("a storage that torch does not write")
    (count,) = whole_numbers((count,))
    storage = StorageId(key, _storage_type(path), count)
    return storage if view is None else _seen_through(storage, view)


@no_type_check
def _seen_through(storage: StorageId, view: Any) -> StorageId:
    start, length = whole_numbers(view[1:] if isinstance(view, tuple) and len(view) == 3 else None)
    return replace(storage, start=start, stop=start + length)


@no_type_check
def _storage_type(path: str) -> str | None:
    name = path.rpartition(".")[2]
    if name not in STORAGES:
        raise UnreadableCheckpoint(f"a storage of class {path[:80]} cannot be read: save it as .safetensors")
    return STORAGES[name]
