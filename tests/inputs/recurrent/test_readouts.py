"""The read-out on whole states: the same as the network's own, and its gradient."""

import numpy as np
import pytest
import torch
from torch import nn

from kann.inputs.hidden_states import hidden_states
from kann.inputs.networks import Network
from kann.inputs.recurrent.readouts import readout_of
from kann.records import Dataset, RecurrentLayer


def network(readout, cell=nn.LSTM):
    torch.manual_seed(3)
    module = cell(2, 5, num_layers=2, batch_first=True)
    layer = RecurrentLayer("rnn", cell.__name__, 2, 5, 2, False, True)
    return Network(module.requires_grad_(False), layer, readout=readout.requires_grad_(False))


def signals():
    drawn = np.random.default_rng(0).standard_normal((4, 9, 2)).astype(np.float32)
    return Dataset(kind="vectors", sequences=list(drawn), sha256="", name="signals")


@pytest.mark.parametrize("state", ["full", "hidden"])
def test_outputs_of_streamed_states_are_the_networks_own(state):
    net = network(nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 3)))
    batch = next(hidden_states(net, signals(), state=state))

    outputs = readout_of(net, state)(batch.values)

    expected = net.readout(net.module(torch.from_numpy(np.stack(signals().sequences)))[0])
    np.testing.assert_allclose(outputs, expected.numpy(), atol=1e-6)


def test_the_gradient_of_a_linear_readout_is_its_weight_wherever_the_states_lie():
    net = network(nn.Linear(5, 3))
    readout = readout_of(net, "full")

    gradient = readout.gradient(np.random.default_rng(1).standard_normal((6, readout.width)))

    np.testing.assert_allclose(gradient[:, readout.units], net.readout.weight.numpy(), rtol=1e-6)
    assert gradient.shape == (3, 20)
    assert np.count_nonzero(gradient) == 15


def test_the_gradient_of_a_bent_readout_predicts_small_changes():
    net = network(nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 1)))
    readout = readout_of(net, "hidden")
    state = np.random.default_rng(1).standard_normal((1, 5))
    nudge = 1e-2 * np.random.default_rng(2).standard_normal((1, 5))

    change = readout(state + nudge) - readout(state - nudge)

    np.testing.assert_allclose(change, 2 * nudge @ readout.gradient(state).T, atol=1e-4)


def test_without_a_readout_there_is_none():
    net = network(nn.Linear(5, 1))

    assert readout_of(None, "full") is None
    assert readout_of(Network(net.module, net.layer), "full") is None
