"""A recurrent network over a batch of sequences, with all that it carries at every step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from kann.inputs.recurrent_cells import LayerMap

# The inputs of this many steps meet the weights in one product.
STEPS_AT_ONCE = 16


def state_units(maps: Sequence[LayerMap], state: str) -> int:
    """Width of the states: of everything carried ("full") or of the last layer's h ("hidden")."""
    return sum(layer.units * layer.carries for layer in maps) if state == "full" else maps[-1].units


def unroll(maps: Sequence[LayerMap], inputs: Tensor, state: str) -> Tensor:
    """The states [batch steps units] after reading each of the inputs [batch steps channels], from zero.

    "full" puts everything carried side by side: h of the first layer, its c where it has one, h of the
    second layer and so on; "hidden" is h of the last layer.
    """
    return _everything_carried(maps, inputs) if state == "full" else _last_h(maps, inputs)


def _everything_carried(maps: Sequence[LayerMap], inputs: Tensor) -> Tensor:
    values = _empty(*inputs.shape[:2], state_units(maps, "full"))
    parts = values.split([layer.units for layer in maps for _ in range(layer.carries)], dim=2)
    for layer in maps:
        outputs, parts = parts[: layer.carries], parts[layer.carries :]
        _unroll_layer(layer, inputs, outputs)
        inputs = outputs[0]
    return values


def _last_h(maps: Sequence[LayerMap], inputs: Tensor) -> Tensor:
    for layer in maps:
        h = _empty(*inputs.shape[:2], layer.units)
        _unroll_layer(layer, inputs, [h])
        inputs = h
    return h


def _unroll_layer(layer: LayerMap, inputs: Tensor, outputs: Sequence[Tensor]) -> None:
    """Fills `outputs` [batch steps units], the first of the tensors that the layer carries."""
    batch, steps, channels = inputs.shape
    carried = [torch.zeros(batch, layer.units) for _ in range(layer.carries)]
    buffer = torch.empty(STEPS_AT_ONCE, batch, layer.offset.shape[0])
    for start in range(0, steps, STEPS_AT_ONCE):
        read = inputs[:, start : start + STEPS_AT_ONCE].transpose(0, 1)
        driven = buffer[: len(read)]
        torch.addmm(layer.offset, read.reshape(-1, channels), layer.drive, out=driven.view(-1, driven.shape[2]))
        for step, gates in enumerate(driven, start):
            layer.step(gates, carried)
            for output, tensor in zip(outputs, carried, strict=False):
                output[:, step] = tensor


def _empty(*shape: int) -> Tensor:
    # numpy asks for huge pages, torch does not: half the time to touch a fresh batch
    return torch.from_numpy(np.empty(shape, np.float32))
