"""Torch modules as the checkpoints they would be saved to, without a file."""

import torch
from torch import nn

from kann.records import Checkpoint, RecurrentLayer

CELL_CLASSES = {nn.RNNCell: "RNN", nn.GRUCell: "GRU", nn.LSTMCell: "LSTM"}


class Model(nn.Module):
    """Named parts, in their order; it is only ever saved."""

    def __init__(self, **parts: nn.Module) -> None:
        super().__init__()
        for name, part in parts.items():
            self.add_module(name, part)


def saved(module: nn.Module, dtype: torch.dtype = torch.float32) -> Checkpoint:
    tensors = {name: tensor.to(dtype).numpy() for name, tensor in module.state_dict().items()}
    layers = [_layer(name, part) for name, part in module.named_modules()]
    return Checkpoint(
        tensors=tensors,
        dtypes={name: str(array.dtype) for name, array in tensors.items()},
        sha256="0" * 64,
        format="test",
        recurrent_layers=tuple(layer for layer in layers if layer is not None),
    )


def _layer(name: str, part: nn.Module) -> RecurrentLayer | None:
    if isinstance(part, nn.RNNBase):
        sizes = (part.input_size, part.hidden_size, part.num_layers, part.bidirectional, part.bias)
        return RecurrentLayer(name, part.mode.split("_")[0], *sizes)
    if type(part) in CELL_CLASSES:
        return RecurrentLayer(name, CELL_CLASSES[type(part)], part.input_size, part.hidden_size, bias=part.bias)
    return None
