"""Modes through a decoder and a read-out: all of them are the network, none is the mean state."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import kann
from kann.errors import UnknownNetwork
from kann.interventions.reconstruction import rebuild, way_out
from kann.records import Dataset
from tests.networks import save_autoencoder, save_lstm
from tests.texts import save_classifier

LENGTHS = [12, 30, 7, 30, 21] * 12


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return kann.build_network(kann.open_checkpoint(save_autoencoder(tmp_path_factory.mktemp("net") / "model.pt")))


def waves(lengths=LENGTHS, seed=0):
    random = np.random.default_rng(seed)
    return Dataset("signal", [random.standard_normal((length, 1)).astype(np.float32) for length in lengths], "x")


def states_and_operator(network, state="full", **settings):
    batches = list(kann.hidden_states(network, waves(), state=state))
    return batches[0], kann.summarise(batches, **settings).solve()


@pytest.mark.parametrize("state", ["full", "hidden"])
def test_all_modes_at_full_rank_are_the_network_s_own_decoding(network, state):
    batch, operator = states_and_operator(network, state)

    found = rebuild(network, operator, batch, range(operator.rank), state)

    for row, sequence in enumerate(waves().sequences[:6]):
        steps = len(sequence)
        with torch.inference_mode():
            hidden = network.module(torch.from_numpy(sequence)[None])[0][:, -1]
            direct = network.decoder(hidden, steps)[0].numpy()
        np.testing.assert_allclose(found.full[row, :steps], direct, atol=1e-5)
        np.testing.assert_allclose(found.part[row, :steps], direct, atol=1e-4)
        np.testing.assert_array_equal(found.original[row, :steps], sequence)
        assert np.isnan(found.part[row, steps:]).all()


@pytest.mark.parametrize("state", ["full", "hidden"])
def test_no_modes_are_the_decoding_of_the_mean_state(network, state):
    batch, operator = states_and_operator(network, state)

    found = rebuild(network, operator, batch, [], state)

    mean = torch.from_numpy(operator.mean[None, :6].astype(np.float32))
    with torch.inference_mode():
        direct = network.decoder(mean, 30)[0].numpy()
    np.testing.assert_allclose(found.part[1], direct, atol=1e-6)
    np.testing.assert_array_equal(found.part, found.mean)


def test_a_mode_and_its_partner_are_one(network):
    batch, operator = states_and_operator(network)
    upper = int(np.flatnonzero(operator.eigenvalues.imag > 0)[0])

    one, other = (rebuild(network, operator, batch, [mode], "full").part for mode in (upper, upper + 1))

    np.testing.assert_array_equal(one, other)


def test_what_lies_behind_true_lengths_does_not_matter(network):
    batch, operator = states_and_operator(network)
    behind = np.arange(30) >= batch.lengths[:, None]
    noisy = type(batch)(**vars(batch) | {"values": np.where(behind[..., None], np.float32(3), batch.values)})

    for one, other in zip(*(vars(rebuild(network, operator, given, [0], "full")).values() for given in (batch, noisy)),
                          strict=True):  # fmt: skip
        np.testing.assert_array_equal(one, other)


def test_delayed_states_are_decoded_by_their_newest_part(network):
    batch, operator = states_and_operator(network, delays=2)
    plain, _ = states_and_operator(network)

    found = rebuild(network, operator, batch, range(operator.rank), "full")

    np.testing.assert_allclose(found.full, rebuild(network, operator, plain, [], "full").full)
    np.testing.assert_allclose(found.part, found.full, atol=1e-3)


def test_a_read_out_says_at_every_step_what_the_states_say(tmp_path):
    folder = save_classifier(tmp_path)
    network = kann.build_network(kann.open_checkpoint(folder / "model.pt"))
    dataset = kann.open_dataset(folder / "texts.csv", vocabulary=folder / "words.json")
    batch = next(iter(kann.hidden_states(network, dataset)))
    operator = kann.summarise([batch]).solve()

    found = rebuild(network, operator, batch, range(operator.rank), "full")

    true = np.arange(batch.values.shape[1]) < batch.lengths[:, None]
    assert found.original is None
    np.testing.assert_allclose(found.full[true], batch.readout(batch.values)[true], atol=1e-6)
    np.testing.assert_allclose(found.part[true], found.full[true], atol=1e-4)
    assert np.isnan(found.part[~true]).all()


def test_a_backward_encoder_is_compared_with_what_stands_in_the_data(network):
    network = replace(network, direction="backward")
    dataset = waves([5, 9, 7, 9])
    batch = next(iter(kann.hidden_states(network, dataset)))
    operator = kann.summarise([batch]).solve(3)

    found = rebuild(network, operator, batch, [0], "full")

    for row, sequence in enumerate(dataset.sequences):
        np.testing.assert_array_equal(found.original[row, : len(sequence)], sequence)


def test_a_network_without_a_way_out_says_so(tmp_path):
    network = kann.build_network(kann.open_checkpoint(save_lstm(tmp_path / "model.pt")))
    batch, operator = states_and_operator(network)

    assert way_out(network) is None
    assert way_out(None) is None
    with pytest.raises(UnknownNetwork, match="neither a decoder nor a read-out"):
        rebuild(network, operator, batch, [0], "full")
