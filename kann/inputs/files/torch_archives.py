"""Files that torch.save writes: zip archives of one pickle and one member for each storage."""

from __future__ import annotations

import io

import numpy as np

from kann.errors import UnreadableCheckpoint
from kann.inputs.files.archives import Archive
from kann.inputs.files.contents import Contents, contents_of_pickle
from kann.inputs.files.model_files import ModelFile
from kann.inputs.pickles.reading import read_pickle
from kann.inputs.tensors.element_types import SIZES
from kann.inputs.tensors.rebuilding import StorageId, identify_persistent


def read_torch_archive(file: ModelFile) -> Contents:
    archive = Archive(file)
    folder = _folder(archive)
    pickle = read_pickle(io.BytesIO(archive.bytes(f"{folder}data.pkl")))
    return contents_of_pickle(pickle, ArchivedStorages(archive, folder), file.size, "torch zip")


class ArchivedStorages:
    """Storages as members of the archive, named by their numbers."""

    def __init__(self, archive: Archive, folder: str) -> None:
        self._archive = archive
        self._folder = folder
        order = f"{folder}byteorder"
        self.byteorder = "big" if order in archive.members and archive.bytes(order) == b"big" else "little"

    identify = staticmethod(identify_persistent)

    def raw(self, storage: StorageId) -> np.ndarray:
        name = f"{self._folder}data/{storage.key}"
        data = self._archive.array(name)
        declared = storage.count * (SIZES[storage.element_type] if storage.element_type else 1)
        if len(data) < declared:
            raise UnreadableCheckpoint(
                f"the member {name[:80]!r} has {len(data)} bytes where the pickle declares {declared}: copy it again"
            )
        return data


def _folder(archive: Archive) -> str:
    """The folder that holds the pickle, with its slash; archives of other formats are refused by name."""
    names = {name.partition("/")[2] or name for name in archive.members}
    if "constants.pkl" in names or any(name.startswith("code/") for name in names):
        raise UnreadableCheckpoint("it is TorchScript, which is a program: save module.state_dict() with torch.save")
    if names & {"archive_format", "serialized_exported_program.json", "models/model.json"}:
        raise UnreadableCheckpoint("it is an exported program (.pt2): save module.state_dict() with torch.save")
    if archive.members and all(name.endswith(".npy") for name in archive.members):
        raise UnreadableCheckpoint("it is an archive of arrays (.npz): open it as data")
    for name in archive.members:
        if name.rpartition("/")[2] == "data.pkl" and name.count("/") <= 1:
            return name[: -len("data.pkl")]
    shown = ", ".join(sorted(archive.members)[:3])[:120]
    raise UnreadableCheckpoint(
        f"it is a zip archive without data.pkl (it holds {shown or 'nothing'}), so torch.save did not write it"
    )
