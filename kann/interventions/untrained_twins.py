"""Untrained twins: null models of a trained network with the same shapes, from common initialisations."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Generator, Tensor, nn

from kann.errors import OutOfRange
from kann.inputs.networks import Network
from kann.inputs.recurrent.cells.antisymmetric import AntisymmetricRNN
from kann.inputs.recurrent.cells.orthogonal import OrthogonalRNN

DEFAULT, FORGET, ORTHOGONAL, SHUFFLED = KINDS = ("default", "forget bias 1", "orthogonal", "shuffled")
# The rows of the gate that keeps the state, counted in blocks of `hidden_size`: an LSTM's forget gate, a GRU's update.
_KEEPING_GATE = {nn.LSTM: 1, nn.GRU: 1}


def kinds_of(network: Network) -> tuple[str, ...]:
    """The kinds of untrained twins that this network can have: for torch's layers all that apply to their cell, for
    other cells their own initialisation and the shuffled weights."""
    if not isinstance(network.module, nn.RNNBase):
        return DEFAULT, SHUFFLED
    gated = type(network.module) in _KEEPING_GATE and network.module.bias
    return KINDS if gated else tuple(kind for kind in KINDS if kind != FORGET)


def untrained_twin(network: Network, seed: int, kind: str = DEFAULT) -> Network:
    """The same network with untrained weights, including embedding, read-out and decoder.

    "default": torch's initialisation, or the cell's own. "forget bias 1": the same with a bias of 1 on the gate that
    keeps the state (an LSTM's forget gate, a GRU's update gate). "orthogonal": the same with an orthogonal matrix for
    each gate's recurrence. "shuffled": the trained weights in a random order within each gate's matrix and bias: the
    same values without their structure. The generator is the twin's own: the same seed gives the same twin, and
    torch's global generator is not changed.

    Raises:
        OutOfRange: a kind that this network does not have.

    Source: Jozefowicz, Zaremba and Sutskever (2015) for the bias; Saxe, McClelland and Ganguli (2014) for the
    orthogonal recurrence.
    """
    if kind not in kinds_of(network):
        raise OutOfRange(f"This network has no untrained twin of kind {kind!r}: choose {', '.join(kinds_of(network))}.")
    generator = torch.Generator().manual_seed(seed)
    names = ("embedding", "module", "readout", "decoder")
    parts = {name: copy.deepcopy(getattr(network, name)) for name in names}
    for part in filter(None, parts.values()):
        if kind == SHUFFLED:
            _shuffle(part, generator)
        else:
            _initialise(part, generator)
    for layer in _recurrent(*filter(None, parts.values())):
        if kind == FORGET:
            _keep(layer)
        elif kind == ORTHOGONAL:
            _turn(layer, generator)
    return replace(network, **parts)


@torch.no_grad()
def _initialise(module: nn.Module, generator: Generator) -> None:
    """torch's `reset_parameters`, which take no generator, rewritten with one."""
    for part in module.modules():
        if isinstance(part, nn.RNNBase):
            bound = 1 / math.sqrt(part.hidden_size)
            for weight in part.parameters():
                nn.init.uniform_(weight, -bound, bound, generator=generator)
        elif isinstance(part, nn.Linear):
            nn.init.kaiming_uniform_(part.weight, a=math.sqrt(5), generator=generator)
            if part.bias is not None:
                bound = 1 / math.sqrt(part.in_features)
                nn.init.uniform_(part.bias, -bound, bound, generator=generator)
        elif isinstance(part, nn.Embedding):
            nn.init.normal_(part.weight, generator=generator)
        elif isinstance(part, (OrthogonalRNN, AntisymmetricRNN)):
            part.reset_parameters(generator)


@torch.no_grad()
def _shuffle(module: nn.Module, generator: Generator) -> None:
    """Moves every entry to a random position within its gate's block."""
    for part in module.modules():
        for weight in part.parameters(recurse=False):
            for block in _blocks(part, weight):
                block.copy_(block.flatten()[torch.randperm(block.numel(), generator=generator)].view_as(block))


def _blocks(part: nn.Module, weight: Tensor) -> tuple[Tensor, ...]:
    """The gates' rows of a recurrent layer's matrix or bias; of anything else all of it."""
    return weight.split(part.hidden_size) if isinstance(part, nn.RNNBase) else (weight,)


def _recurrent(*parts: nn.Module) -> Iterator[nn.RNNBase]:
    for part in parts:
        yield from (layer for layer in part.modules() if isinstance(layer, nn.RNNBase))


@torch.no_grad()
def _keep(layer: nn.RNNBase) -> None:
    """Bias 1 on the gate that keeps the state, in every layer and direction."""
    if type(layer) not in _KEEPING_GATE:
        return
    start = _KEEPING_GATE[type(layer)] * layer.hidden_size
    for name, bias in layer.named_parameters():
        if name.startswith("bias_hh"):
            bias[start : start + layer.hidden_size] = 1.0


@torch.no_grad()
def _turn(layer: nn.RNNBase, generator: Generator) -> None:
    for name, weight in layer.named_parameters():
        if name.startswith("weight_hh"):
            for block in weight.split(layer.hidden_size):
                nn.init.orthogonal_(block, generator=generator)
