import numpy as np
import pytest
import torch
from torch import nn

import kann
from kann.inputs.networks import build_network
from kann.interventions.detection import detection
from kann.records import Dataset
from tests.inputs.saved_networks import Model, saved


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(3)
    return build_network(saved(Model(enc=nn.LSTM(1, 5), dec=nn.LSTM(5, 8), out=nn.Linear(8, 1))))


def beats(lengths):
    random = np.random.default_rng(0)
    return Dataset("signal", [random.standard_normal((length, 1)).astype(np.float32) for length in lengths], "0" * 64)


def losses(network, data):
    """Each sequence by itself through encoder and decoder."""
    found = []
    for sequence in data.sequences:
        signal = torch.from_numpy(sequence)[None]
        with torch.no_grad():
            last = network.module(signal)[1][0][-1]
            found.append((network.decoder(last, len(sequence)) - signal).abs().sum().item())
    return np.array(found)


@pytest.mark.parametrize("state", ["full", "hidden"])
def test_decisions_are_those_of_the_whole_autoencoder_at_true_lengths(network, state):
    data = beats([12, 5, 9, 20, 7])
    expected = losses(network, data)
    threshold = float(np.median(expected))
    (batch,) = kann.hidden_states(network, data, state=state)
    rows = np.array([4, 0, 1, 2, 3])

    found = detection(network, threshold, state)(batch, rows, batch.values[rows, batch.lengths[rows] - 1])

    np.testing.assert_array_equal(found, expected[rows] >= threshold)


def test_another_state_decides_otherwise(network):
    data = beats([12] * 6)
    (batch,) = kann.hidden_states(network, data)
    rows = np.arange(6)
    decide = detection(network, float(losses(network, data).max()) * 1.0001, "full")

    assert not decide(batch, rows, batch.values[:, -1]).any()
    assert decide(batch, rows, batch.values[:, -1] + 100).any()


def test_nothing_is_decided_without_threshold_or_decoder(network):
    torch.manual_seed(3)
    plain = build_network(saved(Model(rnn=nn.GRU(1, 5))))

    assert detection(network, None, "full") is None
    assert detection(plain, 3.0, "full") is None
    assert detection(None, 3.0, "full") is None
