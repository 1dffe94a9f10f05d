"""The table of known recurrent cells: how each is rebuilt, and its step with all of its states.

Steps are written out because torch's fused modules do not return the cell state of an LSTM at every step; in place on
a whole batch they are also faster on a CPU. A further cell is one entry in `CELLS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from kann.inputs.recurrent.cells.antisymmetric import AntisymmetricRNN
from kann.inputs.recurrent.cells.orthogonal import OrthogonalRNN, modrelu
from kann.records import RecurrentLayer

Step = Callable[[Tensor, list[Tensor]], None]


@dataclass(frozen=True)
class LayerMap:
    """One layer of a recurrent network as the map of its carried state.

    `drive` [inputs gates] and `offset` [gates] take a step's inputs to what drives the step;
    `step(driven, carried)` then moves the carried tensors [batch units], h first, in place, and may
    overwrite `driven`.
    """

    drive: Tensor
    offset: Tensor
    units: int
    carries: int
    step: Step


@dataclass(frozen=True)
class RecurrentCell:
    """`build` makes an empty torch module, batch first; `layer_maps` reads the filled one, lowest layer first."""

    build: Callable[[RecurrentLayer, str], nn.Module]
    layer_maps: Callable[[nn.Module], list[LayerMap]]


def build_rnn(layer: RecurrentLayer, nonlinearity: str) -> nn.Module:
    return nn.RNN(*_shape(layer), nonlinearity=nonlinearity, bias=layer.bias, batch_first=True)


def build_gru(layer: RecurrentLayer, nonlinearity: str) -> nn.Module:
    return nn.GRU(*_shape(layer), bias=layer.bias, batch_first=True)


def build_lstm(layer: RecurrentLayer, nonlinearity: str) -> nn.Module:
    return nn.LSTM(*_shape(layer), bias=layer.bias, batch_first=True)


def _shape(layer: RecurrentLayer) -> tuple[int, int, int]:
    return layer.input_size, layer.hidden_size, layer.layers


def rnn_maps(module: nn.Module) -> list[LayerMap]:
    """h <- tanh or ReLU of W x + b + U h."""
    activation = torch.tanh if module.nonlinearity == "tanh" else torch.relu
    return [_rnn_map(*module.all_weights[depth], activation=activation) for depth in range(module.num_layers)]


def _rnn_map(drive: Tensor, recur: Tensor, *biases: Tensor, activation: Callable[[Tensor], Tensor]) -> LayerMap:
    def step(driven: Tensor, carried: list[Tensor]) -> None:
        (h,) = carried
        h.copy_(activation(driven.addmm_(h, recur.T)))

    return LayerMap(drive.T.contiguous(), _offset(recur, biases), recur.shape[1], 1, step)


def gru_maps(module: nn.Module) -> list[LayerMap]:
    """h <- n + z (h - n), with n = tanh(W x + b + r (U h + u)); torch's gates come in the order r, z, n."""
    return [_gru_map(*weights) for weights in module.all_weights]


def _gru_map(drive: Tensor, recur: Tensor, *biases: Tensor) -> LayerMap:
    units = recur.shape[1]
    offset, inner = biases or torch.zeros(2, 3 * units)

    def step(driven: Tensor, carried: list[Tensor]) -> None:
        (h,) = carried
        recurrent = torch.addmm(inner, h, recur.T)
        gates = driven[:, : 2 * units].add_(recurrent[:, : 2 * units]).sigmoid_()
        reset, update = gates.chunk(2, dim=1)
        new = driven[:, 2 * units :].addcmul_(reset, recurrent[:, 2 * units :]).tanh_()
        h.sub_(new).mul_(update).add_(new)

    return LayerMap(drive.T.contiguous(), offset, units, 1, step)


def lstm_maps(module: nn.Module) -> list[LayerMap]:
    """c <- f c + i g, h <- o tanh(c)."""
    return [_lstm_map(*weights) for weights in module.all_weights]


def _lstm_map(drive: Tensor, recur: Tensor, *biases: Tensor) -> LayerMap:
    units = recur.shape[1]
    # torch's order is i, f, g, o; with g last, the three sigmoids are one call
    order = torch.arange(4 * units).view(4, units)[[0, 1, 3, 2]].flatten()
    recur = recur[order]

    def step(driven: Tensor, carried: list[Tensor]) -> None:
        h, c = carried
        driven.addmm_(h, recur.T)
        driven[:, : 3 * units].sigmoid_()
        driven[:, 3 * units :].tanh_()
        enter, keep, leave, new = driven.chunk(4, dim=1)
        c.mul_(keep).addcmul_(enter, new)
        torch.mul(leave, torch.tanh(c, out=h), out=h)

    return LayerMap(drive[order].T.contiguous(), _offset(recur, biases)[order], units, 2, step)


def build_orthogonal(layer: RecurrentLayer, nonlinearity: str) -> nn.Module:
    return OrthogonalRNN(layer.input_size, layer.hidden_size)


def orthogonal_maps(module: nn.Module) -> list[LayerMap]:
    """h <- modReLU(V x + W h); W is made once, here."""
    recur, bias = module.recurrence, module.bias

    def step(driven: Tensor, carried: list[Tensor]) -> None:
        (h,) = carried
        h.copy_(modrelu(driven.addmm_(h, recur.T), bias))

    return [LayerMap(module.weight_ih.T.contiguous(), torch.zeros(len(recur)), len(recur), 1, step)]


def build_antisymmetric(layer: RecurrentLayer, nonlinearity: str) -> nn.Module:
    return AntisymmetricRNN(layer.input_size, layer.hidden_size)


def antisymmetric_maps(module: nn.Module) -> list[LayerMap]:
    """h <- h + s tanh(V x + b + U h), with U = A - A' - d I made once, here."""
    recur, step_size = module.recurrence, module.step_size

    def step(driven: Tensor, carried: list[Tensor]) -> None:
        (h,) = carried
        h.addcmul_(step_size, driven.addmm_(h, recur.T).tanh_())

    return [LayerMap(module.weight_ih.T.contiguous(), module.bias, len(recur), 1, step)]


def _offset(recur: Tensor, biases: tuple[Tensor, ...]) -> Tensor:
    return sum(biases) if biases else torch.zeros(len(recur))


CELLS = {
    "RNN": RecurrentCell(build_rnn, rnn_maps),
    "GRU": RecurrentCell(build_gru, gru_maps),
    "LSTM": RecurrentCell(build_lstm, lstm_maps),
    "orthogonal": RecurrentCell(build_orthogonal, orthogonal_maps),
    "antisymmetric": RecurrentCell(build_antisymmetric, antisymmetric_maps),
}
