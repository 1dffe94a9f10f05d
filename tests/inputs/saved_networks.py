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
    """As torch.save keeps it: in the order of definition."""
    tensors = {name: tensor.to(dtype).numpy() for name, tensor in module.state_dict().items()}
    layers = [_layer(name, part) for name, part in module.named_modules()]
    return _checkpoint(tensors, [layer for layer in layers if layer is not None], "torch zip, state dict")


def saved_by_name(module: nn.Module) -> Checkpoint:
    """As safetensors keeps it: sorted by name."""
    checkpoint = saved(module)
    layers = sorted(checkpoint.recurrent_layers, key=lambda layer: layer.name)
    return _checkpoint(dict(sorted(checkpoint.tensors.items())), layers, "safetensors")


def _checkpoint(tensors: dict, layers: list[RecurrentLayer], file_format: str) -> Checkpoint:
    return Checkpoint(
        tensors=tensors,
        dtypes={name: str(array.dtype) for name, array in tensors.items()},
        sha256="0" * 64,
        format=file_format,
        recurrent_layers=tuple(layers),
    )


def _layer(name: str, part: nn.Module) -> RecurrentLayer | None:
    if isinstance(part, nn.RNNBase):
        sizes = (part.input_size, part.hidden_size, part.num_layers, part.bidirectional, part.bias)
        return RecurrentLayer(name, part.mode.split("_")[0], *sizes)
    if type(part) in CELL_CLASSES:
        return RecurrentLayer(name, CELL_CLASSES[type(part)], part.input_size, part.hidden_size, bias=part.bias)
    return None
