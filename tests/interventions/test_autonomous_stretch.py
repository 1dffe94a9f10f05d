import numpy as np
import pytest
import torch
from torch import nn

import kann
from kann.inputs.networks import build_network
from kann.interventions.autonomous_stretch import constant_stretches, outputs_from, replay, stretch_states
from kann.records import Dataset
from tests.inputs.saved_networks import Model, saved


def symbols(*sequences):
    return Dataset("symbols", [np.array(ids, dtype=np.int64) for ids in sequences], sha256="0" * 64)


def mixed(count=24, seed=0):
    """Random symbols, a delay of 6 to 29 equal ones, then random symbols again."""
    random = np.random.default_rng(seed)
    return symbols(
        *[
            np.concatenate([random.integers(3, size=4 + row % 3), np.full(6 + row, 3), random.integers(3, size=5)])
            for row in range(count)
        ]
    )


def network_of(kind=nn.LSTM, readout=True, layers=2):
    torch.manual_seed(0)
    parts = {"rnn": kind(4, 6, num_layers=layers)} | ({"fc": nn.Linear(6, 3)} if readout else {})
    return build_network(saved(Model(**parts)))


@pytest.mark.parametrize(
    ("sequence", "expected"),
    [
        ([1, 0, 0, 0, 0, 0, 2], [(1, 6)]),
        ([0, 0, 0, 0, 0, 2], [(0, 5)]),
        ([1, 0, 0, 0, 0, 2], []),  # four steps only
        ([1, 0, 0, 0, 0, 0], []),  # nothing behind it
        ([1, *[0] * 5, 2, *[0] * 9], [(1, 6)]),
        ([1, *[0] * 5, 2, *[3] * 6, 1], [(7, 13)]),
        ([1, *[0] * 5, 2, *[3] * 5, 1], [(1, 6)]),
        ([7], []),
    ],
)
def test_the_longest_run_with_something_behind_it_is_the_stretch(sequence, expected):
    found = constant_stretches([np.array(sequence)])

    assert list(zip(found.starts, found.stops, strict=True)) == expected


def test_signals_stand_still_only_where_all_their_channels_do():
    signal = np.zeros((9, 2))
    signal[8] = 1
    moving = signal + np.array([[0.0, 1.0]]) * np.arange(9)[:, None]

    found = constant_stretches([moving, signal])

    assert (found.rows.tolist(), found.starts.tolist(), found.stops.tolist()) == ([1], [0], [8])


def test_nothing_is_found_in_nothing():
    assert len(constant_stretches([])) == 0


def test_the_states_of_the_stretches_are_those_and_no_others():
    network, dataset = network_of(), mixed()
    stretches = constant_stretches(dataset.sequences)
    (whole,) = kann.hidden_states(network, dataset)

    batches = list(stretch_states(network, dataset, stretches, batch_size=7))

    parts = [values[:length] for batch in batches for values, length in zip(batch.values, batch.lengths, strict=True)]
    for row, (part, start, stop) in enumerate(zip(parts, stretches.starts, stretches.stops, strict=True)):
        np.testing.assert_allclose(part, whole.values[row, start:stop], atol=1e-6)


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_from_the_true_state_the_network_says_what_it_says_anyway(kind):
    network, dataset = network_of(kind), mixed()
    stops = constant_stretches(dataset.sequences).stops
    (batch,) = kann.hidden_states(network, dataset)
    rest = [sequence[stop:] for sequence, stop in zip(dataset.sequences, stops, strict=True)]

    outputs = outputs_from(network, rest, batch.values[np.arange(len(stops)), stops - 1])

    for row, said in enumerate(outputs):
        np.testing.assert_allclose(said, batch.readout(batch.values[row, stops[row] : batch.lengths[row]]), atol=1e-5)


def test_a_network_that_is_linear_while_it_waits_is_replaced_without_a_trace():
    torch.manual_seed(0)
    model = Model(rnn=nn.RNN(4, 6, nonlinearity="relu"), fc=nn.Linear(6, 3))
    with torch.no_grad():  # positive weights and biases: the ReLU never bites
        for weight in model.rnn.parameters():
            weight.abs_()
        model.rnn.weight_hh_l0 *= 0.95 / torch.linalg.eigvals(model.rnn.weight_hh_l0).abs().max()
    network, dataset = build_network(saved(model), nonlinearity="relu"), mixed()
    stretches = constant_stretches(dataset.sequences)
    operator = kann.summarise(stretch_states(network, dataset, stretches)).solve()

    found = replay(network, dataset, stretches, operator)

    assert found.e_rel.max() < 1e-6
    assert found.skipped_e_rel.max() > 1e-3
    assert all(np.array_equal(one, other) for one, other in zip(found.network, found.operator, strict=True))
    assert found.outputs == 3
    assert found.steps.tolist() == list(range(6, 30))


def test_without_a_read_out_the_states_alone_are_compared():
    network, dataset = network_of(readout=False), mixed()
    stretches = constant_stretches(dataset.sequences)
    operator = kann.summarise(stretch_states(network, dataset, stretches)).solve()
    reported = []

    found = replay(network, dataset, stretches, operator, reported.append)

    assert (found.network, found.operator, found.skipped, found.outputs) == (None, None, None, 0)
    assert np.isfinite(found.e_rel).all()
    assert reported[-1] == len(dataset)
