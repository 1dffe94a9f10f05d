"""What a reader of one file format returns, before layers are recognised in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Shaped

from kann.errors import UnreadableCheckpoint
from kann.inputs.pickles.named_globals import not_understood
from kann.inputs.pickles.reading import Pickle
from kann.inputs.pickles.state_trees import read_tree
from kann.inputs.tensors.rebuilding import Storages, TensorReader


@dataclass(frozen=True)
class Contents:
    """Tensors by name, the names of their types in the file, the format's name, plain values, globals."""

    tensors: Mapping[str, Shaped[np.ndarray, " *_shape"]]
    dtypes: Mapping[str, str]
    format: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    uncalled: tuple[str, ...] = ()


def contents_of_pickle(pickle: Pickle, storages: Storages, allowance: int, container: str) -> Contents:
    """The tensors in the value of a pickle, their bytes fetched from `storages`.

    `allowance`: the bytes that arrays inside the pickle may take, the size of the file.
    """
    uncalled = not_understood(pickle.names)
    tree = read_tree(pickle.value, pickle.instructions)
    if not tree.tensors:
        raise UnreadableCheckpoint(f"it holds no tensors{_named(uncalled)}: save a state dict with torch.save")
    reader = TensorReader(storages, allowance)
    read = {name: reader.read(node) for name, node in tree.tensors.items()}
    return Contents(
        {name: array for name, (array, _) in read.items()},
        {name: element_type for name, (_, element_type) in read.items()},
        f"{container}, {tree.kind}",
        tree.metadata,
        uncalled,
    )


def _named(names: tuple[str, ...]) -> str:
    """The calls that were not made, for the message about a file that holds only calls."""
    shown = ", ".join(name[:80] for name in names[:5])
    return f", only calls that were not made ({shown}{', ...' if len(names) > 5 else ''})" if names else ""
