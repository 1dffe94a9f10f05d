"""Runs a recurrent network over a batch of sequences and returns its state at every step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from kann.inputs.recurrent.known_cells import LayerMap

# Steps whose inputs are multiplied with the weights in one matrix product.
STEPS_AT_ONCE = 16


def state_units(maps: Sequence[LayerMap], state: str) -> int:
    """Width of the states: of everything carried ("full") or of the last layer's h ("hidden")."""
    return sum(layer.units * layer.carries for layer in maps) if state == "full" else maps[-1].units


def unroll(
    maps: Sequence[LayerMap],
    inputs: Float[Tensor, "batch steps channels"],
    lengths: Int[np.ndarray, " batch"],
    state: str,
    first: Float[Tensor, "batch carried"] | None = None,
) -> Float[Tensor, "batch steps units"]:
    """The states after reading each of the inputs, from a state of zeros or from `first`, a full one.

    "full" puts everything carried side by side: h of the first layer, its c where it has one, h of the
    second layer and so on; "hidden" is h of the last layer. The longest sequence stands first, the
    shortest last: each stops at its true length, and zeros follow.
    """
    running = np.count_nonzero(lengths > np.arange(inputs.shape[1])[:, None], axis=1).tolist()
    first = torch.zeros(len(inputs), state_units(maps, "full")) if first is None else first
    begin = _carried_by_layer(maps, first)
    return (
        _everything_carried(maps, inputs, begin, running) if state == "full" else _last_h(maps, inputs, begin, running)
    )


def _carried_by_layer(maps: Sequence[LayerMap], states: Tensor) -> list[list[Tensor]]:
    """Copies of what each layer carries of full states [batch units]."""
    parts = iter(states.split([layer.units for layer in maps for _ in range(layer.carries)], dim=1))
    return [[next(parts).clone(memory_format=torch.contiguous_format) for _ in range(layer.carries)] for layer in maps]


def _everything_carried(
    maps: Sequence[LayerMap], inputs: Tensor, begin: list[list[Tensor]], running: list[int]
) -> Tensor:
    values = _zeros(*inputs.shape[:2], state_units(maps, "full"))
    parts = values.split([layer.units for layer in maps for _ in range(layer.carries)], dim=2)
    for layer, carried in zip(maps, begin, strict=True):
        outputs, parts = parts[: layer.carries], parts[layer.carries :]
        _unroll_layer(layer, inputs, outputs, carried, running)
        inputs = outputs[0]
    return values


def _last_h(maps: Sequence[LayerMap], inputs: Tensor, begin: list[list[Tensor]], running: list[int]) -> Tensor:
    for layer, carried in zip(maps, begin, strict=True):
        h = _zeros(*inputs.shape[:2], layer.units)
        _unroll_layer(layer, inputs, [h], carried, running)
        inputs = h
    return h


def _unroll_layer(
    layer: LayerMap, inputs: Tensor, outputs: Sequence[Tensor], carried: list[Tensor], running: list[int]
) -> None:
    """Fills `outputs` [batch steps units], the first of what the layer carries; `running` rows at each step.

    `carried` is what stands before the first step, and is overwritten.
    """
    batch, steps, channels = inputs.shape
    buffer = torch.empty(STEPS_AT_ONCE * batch, layer.offset.shape[0])
    for start in range(0, steps, STEPS_AT_ONCE):
        read = inputs[: running[start], start : start + STEPS_AT_ONCE].transpose(0, 1)
        driven = buffer[: read.shape[0] * read.shape[1]]
        torch.addmm(layer.offset, read.reshape(-1, channels), layer.drive, out=driven)
        for step, gates in enumerate(driven.view(*read.shape[:2], -1), start):
            rows = running[step]
            if rows < len(carried[0]):
                carried = [tensor[:rows] for tensor in carried]
            layer.step(gates[:rows], carried)
            for output, tensor in zip(outputs, carried, strict=False):
                output[:rows, step] = tensor


def _zeros(*shape: int) -> Tensor:
    # numpy asks for huge pages, torch does not: a fresh batch of 64 MB is filled in a quarter of the time
    return torch.from_numpy(np.zeros(shape, np.float32))
