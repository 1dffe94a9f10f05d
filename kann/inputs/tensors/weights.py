"""A checkpoint's arrays as torch tensors that can run: float32, whatever the file kept."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from kann.errors import UnknownNetwork
from kann.records import Checkpoint, RecurrentLayer


def float32(checkpoint: Checkpoint, name: str) -> Tensor:
    """A copy of the tensor of this name.

    Raises:
        UnknownNetwork: it holds values that are not finite.
    """
    with np.errstate(over="ignore"):
        array = np.array(checkpoint.tensors[name], dtype=np.float32)
    if not np.isfinite(array).all():
        broken = array.size - np.count_nonzero(np.isfinite(array))
        raise UnknownNetwork(
            f"{broken} of the {array.size} values of {name} are NaN or infinite: "
            "the training diverged before this file was saved; open an earlier checkpoint of the run."
        )
    return torch.from_numpy(array)


def tensor_name(prefix: str, leaf: str) -> str:
    """The name of a tensor below a prefix, which is empty at the top."""
    return f"{prefix}.{leaf}" if prefix else leaf


def spoken_name(layer: RecurrentLayer) -> str:
    """The layer's name for a sentence."""
    return layer.name or f"the {layer.cell}"
