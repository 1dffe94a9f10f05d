"""Integrated gradients: exact where the network is linear, complete where it is not."""

import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from kann.errors import MissingPackage, OutOfRange, UnknownNetwork
from kann.inputs.networks import Network
from kann.inputs.recurrent.cells.orthogonal import OrthogonalRNN
from kann.interventions import integrated_gradients as module
from kann.interventions.integrated_gradients import integrated_gradients, mean_input
from kann.records import Dataset, RecurrentLayer
from tests.counting import WEIGHT, counter, texts

captum = pytest.importorskip("captum")


def network_of(recurrent, outputs=3, hidden=5, layers=1):
    torch.manual_seed(4)
    readout = nn.Sequential(nn.Linear(hidden, 6), nn.ReLU(), nn.Linear(6, outputs))
    layer = RecurrentLayer("rnn", type(recurrent).__name__, 2, hidden, layers)
    return Network(recurrent.eval().requires_grad_(False), layer, readout=readout.requires_grad_(False))


def without_jumps(cell):
    """modReLU with a positive bias leaps at zero, where no gradient sees it."""
    nn.init.constant_(cell.bias, -0.01)
    return cell


def vectors(count=4, seed=0):
    random = np.random.default_rng(seed)
    drawn = [random.standard_normal((random.integers(3, 15), 2)).astype(np.float32) for _ in range(count)]
    return Dataset(kind="vectors", sequences=drawn, sha256="")


def outputs(network, sequence):
    return network.readout(network.module(torch.from_numpy(np.float32(sequence))[None])[0][:, -1])[0].numpy()


def test_of_a_counter_they_are_the_weights_of_the_words_beyond_an_average_word():
    dataset = texts(6)
    mean = np.concatenate([WEIGHT[sequence] for sequence in dataset.sequences]).mean()

    found = list(integrated_gradients(counter(), dataset, np.array([1, 0, 1, 0, 1, 0])))

    for row, (sequence, steps) in enumerate(zip(dataset.sequences, found, strict=True)):
        np.testing.assert_allclose(steps, (WEIGHT[sequence] - mean) * (-1) ** row, atol=1e-4)


@pytest.mark.parametrize(
    "recurrent",
    [
        lambda: nn.GRU(2, 5, batch_first=True),
        lambda: nn.LSTM(2, 5, num_layers=2, batch_first=True),
        lambda: nn.RNN(2, 5, batch_first=True),
        lambda: without_jumps(OrthogonalRNN(2, 5)),
    ],
)
def test_they_sum_to_the_output_less_that_of_the_baseline(recurrent):
    torch.manual_seed(1)
    network, dataset = network_of(recurrent()), vectors()
    baseline = np.array([0.3, -0.2], np.float32)

    found = integrated_gradients(network, dataset, np.array([0, 1, 2, 0]), baseline, points=1000)

    for sequence, target, steps in zip(dataset.sequences, (0, 1, 2, 0), found, strict=True):
        weights = np.where(np.arange(3) == target, 1.0, -0.5)
        expected = weights @ (outputs(network, sequence) - outputs(network, np.tile(baseline, (len(sequence), 1))))
        assert steps.shape == (len(sequence),)
        assert steps.sum() == pytest.approx(expected, abs=2e-3)


def test_pieces_that_fit_into_memory_change_nothing(monkeypatch):
    network, dataset = network_of(nn.GRU(2, 5, batch_first=True)), vectors()
    whole = list(integrated_gradients(network, dataset, np.zeros(4, int)))

    monkeypatch.setattr(module, "GRAPH_BYTES", 1)
    pieces = integrated_gradients(network, dataset, np.zeros(4, int))

    for one, other in zip(whole, pieces, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_the_mean_input_counts_true_steps_once_each():
    dataset = vectors()

    np.testing.assert_allclose(
        mean_input(network_of(nn.GRU(2, 5)), dataset), np.concatenate(dataset.sequences).mean(axis=0), atol=1e-6
    )


def test_steps_of_a_backward_network_are_in_its_own_time():
    dataset = texts(3)
    forward = list(integrated_gradients(counter(), dataset, np.ones(3, int)))

    backward = integrated_gradients(replace(counter(), direction="backward"), dataset, np.ones(3, int))

    for one, other in zip(forward, backward, strict=True):
        np.testing.assert_allclose(one, other[::-1], atol=1e-5)


def test_an_empty_sequence_has_none():
    empty = Dataset(kind="text", sequences=[np.arange(0), np.arange(3)], sha256="")

    assert [len(steps) for steps in integrated_gradients(counter(), empty, np.ones(2, int))] == [0, 3]


def test_without_a_readout_there_is_no_output_to_follow():
    with pytest.raises(UnknownNetwork, match="no read-out"):
        integrated_gradients(replace(counter(), readout=None), texts(2), np.ones(2, int))


def test_every_sequence_needs_its_class():
    with pytest.raises(OutOfRange, match="1 classes stand beside 2 sequences"):
        integrated_gradients(counter(), texts(2), np.ones(1, int))
    with pytest.raises(OutOfRange, match=r"between 2 classes.*no 5"):
        integrated_gradients(counter(), texts(2), np.array([1, 5]))


def test_a_missing_package_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "captum.attr", None)

    with pytest.raises(MissingPackage, match="pip install captum"):
        integrated_gradients(counter(), texts(2), np.ones(2, int))
