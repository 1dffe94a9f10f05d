"""Recurrent layers recognised among tensors: torch's by their names and the shapes that must agree with
them, cells of our own where the file's metadata name them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from kann.inputs.recurrent.stated_values import Stated, said_of_all, stated_nonlinearity
from kann.records import RecurrentLayer

# Rows of the recurrent weights for each hidden unit: the gates of each cell.
_CELL_OF_GATES = {1: "RNN", 3: "GRU", 4: "LSTM"}
_FIRST = re.compile(r"(?:(.*)\.)?weight_ih(_l0)?", re.DOTALL)
# The tensors of our own cells, and their shapes in terms of the hidden and the input size.
OWN_CELLS = {
    "orthogonal": {"weight_ih": "hi", "skew_hh": "hh", "bias": "h"},
    "antisymmetric": {"weight_ih": "hi", "skew_hh": "hh", "bias": "h", "step_size": "", "damping": ""},
}


def recurrent_layers(
    tensors: Mapping[str, np.ndarray], metadata: Mapping[Any, Any] | None = None
) -> tuple[RecurrentLayer, ...]:
    """All recurrent layers (nn.RNN, nn.GRU, nn.LSTM and their Cell classes), in the order of the tensors;
    and those of our own cell that the metadata name under "cell".

    Whether an RNN uses tanh or ReLU does not show in its weights; where the metadata state it, the layer does. An
    LSTM with projections is listed too, `projection_size` tells it from others.
    """
    metadata = metadata or {}
    cell, of_all = own_cell(metadata), said_of_all(metadata)
    found = (_FIRST.fullmatch(name) for name in tensors)
    layers = (
        _layer(tensors, match[1] or "", is_cell=match[2] is None) or _own_layer(tensors, match[1] or "", cell)
        for match in found
        if match
    )
    return tuple(_with_nonlinearity(layer, metadata, of_all) for layer in layers if layer is not None)


def _with_nonlinearity(layer: RecurrentLayer, metadata: Mapping[Any, Any], of_all: Stated | None) -> RecurrentLayer:
    said = stated_nonlinearity(metadata, layer.name, of_all) if layer.cell == "RNN" else None
    return layer if said is None else replace(layer, nonlinearity=said.value)


def own_cell(metadata: Mapping[Any, Any]) -> str | None:
    """What the metadata call the file's cell, known here or not; None where they do not say."""
    cell = metadata.get("cell")
    return cell if isinstance(cell, str) else None


def _own_layer(tensors: Mapping[str, np.ndarray], name: str, cell: str | None) -> RecurrentLayer | None:
    """The layer of our own cell whose tensors begin with `name`, or None where they do not agree with it."""
    leaves, weights = OWN_CELLS.get(cell or ""), tensors.get(_prefixed(name) + "weight_ih")
    if leaves is None or weights is None or weights.ndim != 2 or 0 in weights.shape:
        return None
    sizes = {"h": weights.shape[0], "i": weights.shape[1]}
    shapes = {leaf: tuple(sizes[axis] for axis in axes) for leaf, axes in leaves.items()}
    agreed = all(_has(tensors, _prefixed(name) + leaf, shape) for leaf, shape in shapes.items())
    return RecurrentLayer(name, cell, sizes["i"], sizes["h"]) if agreed else None


def projection_size(tensors: Mapping[str, np.ndarray], layer: RecurrentLayer) -> int | None:
    """The units that an LSTM with `proj_size` hands on; None for all other layers."""
    weights = tensors.get(_prefixed(layer.name) + "weight_hr_l0")
    return None if weights is None else int(weights.shape[0])


def _layer(tensors: Mapping[str, np.ndarray], name: str, is_cell: bool) -> RecurrentLayer | None:
    """The layer whose tensors begin with `name`, or None where they do not agree with each other."""
    prefix = _prefixed(name)
    suffixes = [("",)] if is_cell else _suffixes(tensors, prefix)
    directions = len(suffixes[0])
    recurrent = tensors.get(f"{prefix}weight_hh{suffixes[0][0]}")
    projection = tensors.get(f"{prefix}weight_hr_l0")
    if recurrent is None or recurrent.ndim != 2 or 0 in recurrent.shape:
        return None
    if projection is not None and (is_cell or projection.ndim != 2 or projection.shape[0] != recurrent.shape[1]):
        return None
    passed_on = recurrent.shape[1]
    hidden = passed_on if projection is None else projection.shape[1]
    cell = _CELL_OF_GATES.get(recurrent.shape[0] // hidden) if hidden and recurrent.shape[0] % hidden == 0 else None
    input_size = _width(tensors[f"{prefix}weight_ih{suffixes[0][0]}"])
    if cell is None or (projection is not None and cell != "LSTM"):
        return None
    bias = f"{prefix}bias_ih{suffixes[0][0]}" in tensors
    for depth, both in enumerate(suffixes):
        expected = input_size if depth == 0 else passed_on * directions
        if not all(_agrees(tensors, prefix, suffix, recurrent.shape, expected, bias) for suffix in both):
            return None
    return RecurrentLayer(name, cell, input_size, hidden, len(suffixes), directions == 2, bias)


def _prefixed(name: str) -> str:
    return f"{name}." if name else ""


def _suffixes(tensors: Mapping[str, np.ndarray], prefix: str) -> list[tuple[str, ...]]:
    """The endings of the names of each stacked layer, one for each direction."""
    both = ("", "_reverse") if f"{prefix}weight_ih_l0_reverse" in tensors else ("",)
    suffixes: list[tuple[str, ...]] = []
    while f"{prefix}weight_ih_l{len(suffixes)}" in tensors:
        suffixes.append(tuple(f"_l{len(suffixes)}{direction}" for direction in both))
    return suffixes


def _width(weights: np.ndarray) -> int:
    return int(weights.shape[1]) if weights.ndim == 2 else 0


def _agrees(
    tensors: Mapping[str, np.ndarray], prefix: str, suffix: str, recurrent: tuple[int, ...], inputs: int, bias: bool
) -> bool:
    """Whether the tensors of one direction of one layer have the shapes that go together."""
    expected = {f"weight_ih{suffix}": (recurrent[0], inputs), f"weight_hh{suffix}": recurrent}
    biases = {f"bias_ih{suffix}": recurrent[:1], f"bias_hh{suffix}": recurrent[:1]}
    if not bias and any(prefix + name in tensors for name in biases):
        return False
    return all(_has(tensors, prefix + name, shape) for name, shape in (expected | (biases if bias else {})).items())


def _has(tensors: Mapping[str, np.ndarray], name: str, shape: tuple[int, ...]) -> bool:
    array = tensors.get(name)
    return array is not None and array.shape == shape and array.dtype.kind == "f"
