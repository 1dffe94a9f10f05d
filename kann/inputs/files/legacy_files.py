"""Files that torch.save wrote before 2020: five pickles, and behind them the storages one after the other."""

from __future__ import annotations

from typing import Any, no_type_check

import numpy as np

from kann.errors import UnreadableCheckpoint
from kann.inputs.files.model_files import ModelFile
from kann.inputs.pickles.inert_values import PersistentId
from kann.inputs.pickles.reading import MOST_INSTRUCTIONS, Pickle, read_pickle
from kann.inputs.tensors.element_types import SIZES
from kann.inputs.tensors.rebuilding import StorageId, identify_persistent
from kann.inputs.tensors.shapes import malformed

MAGIC = 0x1950A86A20F9469CFC6C
_VERSION = 1001


def read_legacy_pickles(file: ModelFile, stream: Any, limit: int = MOST_INSTRUCTIONS) -> tuple[Pickle, LegacyStorages]:
    """The value in the file and the storages behind it; `stream` stands behind the first pickle, the magic number."""
    version, _system = read_pickle(stream, limit).value, read_pickle(stream, limit)
    if version != _VERSION:
        raise UnreadableCheckpoint(f"its format has not the version {_VERSION}: save it again with a newer torch")
    pickle, keys = read_pickle(stream, limit), read_pickle(stream, limit).value
    return pickle, LegacyStorages(file, pickle.references, keys, stream.tell())


class LegacyStorages:
    """Storages in the order of `keys` from `position` on, each preceded by its length in elements.

    The size of an element is stated only by the references in the pickle.
    """

    byteorder = "little"
    identify = staticmethod(identify_persistent)

    def __init__(self, file: ModelFile, references: tuple[PersistentId, ...], keys: Any, position: int) -> None:
        self._file = file
        self._places: dict[Any, tuple[int, int]] = {}
        sizes = _element_sizes(references)
        if not isinstance(keys, list) or not all(isinstance(key, str) and key in sizes for key in keys):
            raise malformed("a list of storages that are not those in its pickle")
        for key in keys:
            size = int.from_bytes(file.bytes(position, 8), "little") * sizes[key]
            self._places[key] = position + 8, size
            position += 8 + size

    def raw(self, storage: StorageId) -> np.ndarray:
        if storage.key not in self._places:
            raise malformed("a storage that the file does not list")
        return self._file.array(*self._places[storage.key])


def _element_sizes(references: tuple[PersistentId, ...]) -> dict[Any, int]:
    """Bytes an element by the key of the storage; quantised ones can be passed over, though not read."""
    # The other kind of reference is a module's class with its source text.
    storages = [identify_persistent(node) for node in references if not _is_module(node)]
    quantised = {"QInt32": 4}
    return {
        storage.key: SIZES.get(storage.element_type or "uint8", quantised.get(storage.element_type, 1))
        for storage in storages
    }


@no_type_check
def _is_module(node: PersistentId) -> bool:
    match node.identifier:
        case ("module", *_):
            return True
    return False
