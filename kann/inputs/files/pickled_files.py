"""Files that begin with a pickle: torch's format of before 2020, or the output of pickle.dump."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from kann.inputs.files.contents import Contents, contents_of_pickle
from kann.inputs.files.legacy_files import MAGIC, LegacyStorages, read_legacy_pickles
from kann.inputs.files.model_files import ModelFile
from kann.inputs.pickles.inert_values import Inert
from kann.inputs.pickles.reading import read_pickle
from kann.inputs.tensors.numpy_arrays import as_bytes
from kann.inputs.tensors.rebuilding import StorageId, identify_persistent
from kann.inputs.tensors.shapes import malformed

# A protocol number, or how protocols 0 and 1 begin a list, a tuple, a dictionary or an instance.
_BEGINNINGS = (b"\x80", b"(", b"]", b"}", b")", b"c")
_MOST_IN_STORAGE = 1000


def looks_like_pickle(head: bytes) -> bool:
    return head.startswith(_BEGINNINGS)


def read_pickled_file(file: ModelFile) -> Contents:
    stream = file.section()
    pickle = read_pickle(stream)
    if type(pickle.value) is int and pickle.value == MAGIC:
        return contents_of_pickle(*read_legacy_pickles(file, stream), file.size, "torch legacy")
    return contents_of_pickle(pickle, NestedStorages(), file.size, "pickle")


class NestedStorages:
    """Storages as pickle.dump writes them: each a small file of the legacy format, as bytes in the pickle."""

    byteorder = "little"

    def __init__(self) -> None:
        self._inside: dict[int, tuple[StorageId, LegacyStorages]] = {}

    def identify(self, node: Any) -> StorageId:
        match node:
            case Inert(arguments=(payload,)) if node.path == "torch.storage._load_from_bytes":
                if isinstance(payload, Inert) and payload.arguments:
                    payload = payload.arguments[0]
                # The pickle's value keeps the payload alive, and with it the number.
                if id(payload) not in self._inside:
                    self._inside[id(payload)] = _storage_in(as_bytes(payload))
                inner, _ = self._inside[id(payload)]
                return StorageId(id(payload), inner.element_type, inner.count, inner.start, inner.stop)
        raise malformed("a storage that pickle.dump does not write")

    def raw(self, storage: StorageId) -> np.ndarray:
        inner, storages = self._inside[storage.key]
        return storages.raw(inner)


def _storage_in(payload: bytes) -> tuple[StorageId, LegacyStorages]:
    file = ModelFile(io.BytesIO(payload), "storage")
    stream = file.section()
    if read_pickle(stream, _MOST_IN_STORAGE).value != MAGIC:
        raise malformed("a storage of another format than that of before 2020")
    pickle, storages = read_legacy_pickles(file, stream, _MOST_IN_STORAGE)
    return identify_persistent(pickle.value), storages
