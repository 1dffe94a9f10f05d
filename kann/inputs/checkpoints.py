"""Opens model files without running anything in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kann.errors import UnreadableCheckpoint
from kann.inputs.files.contents import Contents
from kann.inputs.files.model_files import ModelFile, display_name, opened
from kann.inputs.files.pickled_files import looks_like_pickle, read_pickled_file
from kann.inputs.files.safetensors_files import looks_like_safetensors, read_safetensors
from kann.inputs.files.torch_archives import read_torch_archive
from kann.inputs.recurrent.layers import recurrent_layers
from kann.records import Checkpoint

_OTHERS = {
    b"\x89HDF": "it is an HDF5 file, as Keras writes: save the hidden states as .npz and open them as data",
    b"GGUF": "it is a GGUF file: save the model as .safetensors",
    b"\x93NUMPY": "it is one array (.npy): open it as data",
    b"\x1f\x8b": "it is gzipped: unpack it first",
    b"BZh": "it is compressed (bzip2): unpack it first",
    b"\xfd7zXZ": "it is compressed (xz): unpack it first",
    b"\x28\xb5\x2f\xfd": "it is compressed (zstd): unpack it first",
    b"{": "it is JSON, not the weights: open the .safetensors or .pt file beside it",
    b"<": "it is a web page, not a model: download the file itself",
    b"version https://git-lfs": "it is a pointer of Git LFS, not the model: fetch it with `git lfs pull`",
}


def open_checkpoint(source: Any) -> Checkpoint:
    """The tensors and plain values of a model file: a path, or an open binary file.

    Reads .safetensors, and what torch.save (since 2017) or pickle.dump writes: a state dict, a nested
    dictionary, a whole module whose class need not exist here. Nothing in the file is called; what it
    names is in `.uncalled`.

    Raises:
        UnreadableCheckpoint: the file is damaged, of a format that is refused, or not within bounds.
    """
    try:
        with opened(source) as file:
            contents = _reader(file)(file)
            sha256 = file.sha256()
    except UnreadableCheckpoint as reason:
        raise _refusal(source, str(reason)) from None
    except OSError as error:
        raise _refusal(source, f"the system does not read it ({error.strerror or error})") from None
    return Checkpoint(
        tensors=contents.tensors,
        dtypes=contents.dtypes,
        sha256=sha256,
        format=contents.format,
        metadata=contents.metadata,
        uncalled=contents.uncalled,
        recurrent_layers=recurrent_layers(contents.tensors, contents.metadata),
    )


def _refusal(source: Any, reason: str) -> UnreadableCheckpoint:
    """One sentence, without the control characters that names in a file may have."""
    sentence = f"{display_name(source)} cannot be opened: {reason}."
    return UnreadableCheckpoint("".join(letter if letter.isprintable() else "?" for letter in sentence))


def _reader(file: ModelFile) -> Callable[[ModelFile], Contents]:
    """The reader for what the first bytes announce."""
    head = file.bytes(0, min(file.size, 32))
    if not head:
        raise UnreadableCheckpoint("it is empty (0 bytes): copy it again")
    if looks_like_safetensors(head[:9]):
        return read_safetensors
    if head[:4] == b"PK\3\4":
        return read_torch_archive
    if looks_like_pickle(head):
        return read_pickled_file
    if file.size > 512 and file.bytes(257, 5) == b"ustar":
        raise UnreadableCheckpoint("it is a tar archive, as torch wrote before 0.1.10: load and save it with torch 0.4")
    for beginning, refusal in _OTHERS.items():
        if head.startswith(beginning):
            raise UnreadableCheckpoint(refusal)
    raise UnreadableCheckpoint(f"its first bytes {head[:8].hex(' ')} are of no format known here")
