import numpy as np
import pytest
import torch
from torch import nn

from kann.inputs.networks import build_network
from kann.inputs.recurrent.unrolling import unroll
from tests.inputs.saved_networks import Model, saved

LENGTHS = np.array([20, 20, 14, 9])


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
@pytest.mark.parametrize("state", ["full", "hidden"])
def test_from_a_state_on_the_way_a_network_goes_on_as_if_it_had_never_stopped(kind, state):
    torch.manual_seed(0)
    maps = build_network(saved(Model(rnn=kind(3, 5, num_layers=2)))).layer_maps
    inputs = torch.randn(4, 20, 3)
    whole = unroll(maps, inputs, LENGTHS, "full")
    before = whole[:, 5].clone()

    resumed = unroll(maps, inputs[:, 6:], LENGTHS - 6, state, before)

    expected = unroll(maps, inputs, LENGTHS, state)[:, 6:]
    torch.testing.assert_close(resumed, expected, atol=1e-6, rtol=0)
    assert torch.equal(before, whole[:, 5])
