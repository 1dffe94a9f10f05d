import os
from pathlib import Path

import numpy as np
import pytest
import torch

from kann.errors import NotEnoughData, UnreadableDataset
from kann.tasks.beats import SHIPPED, simulate_beats
from kann.tasks.demos import find_demo
from kann.tasks.ecg import (
    Autoencoder,
    choose_threshold,
    load_detector,
    make_demo,
    reconstruction_losses,
    scores,
    train,
)
from kann.tasks.ecg5000 import NORMAL, Beats, find_files, read_beats
from kann.tasks.training import Recipe

DATA = Path(os.environ.get("KANN_DATA_DIR", Path(__file__).parents[3] / "shared" / "data"))
TINY = Recipe(epochs=2, batch_size=8)


@pytest.fixture(scope="module")
def detector():
    demo = find_demo("ecg")
    return load_detector(demo.checkpoint, demo.card)


@pytest.fixture(scope="module")
def few_beats():
    return simulate_beats(dict.fromkeys(SHIPPED, 10))[0]


def test_the_shipped_network_classifies_the_shipped_beats(detector):
    with np.load(find_demo("ecg").data) as shipped:
        found = scores(detector, Beats(shipped["signals"], shipped["labels"]))

    assert found["right"] >= 0.95
    assert found == find_demo("ecg").card["scores"]["simulated"]


def test_the_shipped_network_classifies_beats_of_a_seed_it_was_not_tuned_on(detector):
    found = scores(detector, simulate_beats(seed=12345)[0])

    assert min(found["normal_under"], found["anomalies_over"]) >= 0.95


def test_the_card_claims_97_percent_of_both_on_held_out_beats():
    held_out = find_demo("ecg").card["scores"]["test"]

    assert min(held_out["normal_under"], held_out["anomalies_over"]) >= 0.97


def test_the_cards_scores_come_out_again_where_ecg5000_is_at_hand(detector):
    card = find_demo("ecg").card
    try:
        beats = read_beats(find_files([DATA]))
    except UnreadableDataset:
        pytest.skip("ECG5000 is not at hand")

    assert beats.files == card["training_data"]["sha256"]
    for name in ("validation", "test"):
        rows = np.array(card["split"][name])
        assert scores(detector, Beats(beats.signals[rows], beats.labels[rows])) == card["scores"][name]


def test_the_cards_split_is_the_one_that_its_seed_draws():
    split = find_demo("ecg").card["split"]
    rows = split["training"] + split["validation"] + split["test"]

    assert sorted(rows) == list(range(5000))


def test_the_network_is_the_one_of_the_paper():
    shapes = {name: tuple(tensor.shape) for name, tensor in Autoencoder().state_dict().items()}

    assert shapes["encoder.weight_ih_l0"] == (256, 1)
    assert shapes["decoder.weight_ih_l0"] == (512, 64)
    assert shapes["readout.weight"] == (1, 128)


def test_a_reconstruction_sees_the_last_hidden_state_only():
    torch.manual_seed(0)
    network, signals = Autoencoder(), torch.randn(2, 140, 1)
    _, (last, _) = network.encoder(signals)
    states, _ = network.decoder(last[0][:, None].repeat(1, 140, 1))

    torch.testing.assert_close(network(signals), network.readout(states))


def test_losses_are_sums_over_the_points_whatever_the_batch(few_beats):
    torch.manual_seed(0)
    network = Autoencoder()
    with torch.no_grad():
        rebuilt = network(torch.from_numpy(few_beats.signals)).numpy()

    for batch_size in (7, 512):
        np.testing.assert_allclose(
            reconstruction_losses(network, few_beats.signals, batch_size),
            np.abs(rebuilt - few_beats.signals).sum(axis=(1, 2)),
            rtol=1e-5,
        )


def test_a_threshold_between_two_separate_clouds_leaves_both_on_their_side():
    threshold = choose_threshold(np.array([1.0, 2.0, 3.0]), np.array([7.0, 8.0]))

    assert threshold == 5.0


def test_a_threshold_balances_the_two_shares_where_the_clouds_overlap():
    normal, anomalous = np.array([1.0, 2.0, 3.0, 6.0]), np.array([2.5, 5.0, 8.0, 9.0])
    threshold = choose_threshold(normal, anomalous)

    assert 3 < threshold < 5
    assert (normal < threshold).mean() == (anomalous >= threshold).mean() == 0.75


@pytest.mark.parametrize(("normal", "anomalous", "words"), [(0, 3, "0 and 3"), (3, 0, "3 and 0")])
def test_a_threshold_needs_both_kinds(normal, anomalous, words):
    with pytest.raises(NotEnoughData, match=f"normal and anomalous beats, but there are {words}"):
        choose_threshold(np.ones(normal), np.ones(anomalous))


def test_scores_without_anomalies_say_none(few_beats):
    normal = few_beats.labels == NORMAL
    only_normal = Beats(few_beats.signals[normal], few_beats.labels[normal])

    assert scores(load_any(few_beats), only_normal)["anomalies_over"] is None


def test_a_short_training_lowers_the_loss(few_beats):
    seen = []
    train(few_beats, TINY, seen.append)

    assert seen[1].training < seen[0].training


def test_two_runs_write_the_same_bytes(few_beats, tmp_path):
    cards = [make_demo(few_beats, TINY, tmp_path / turn) for turn in ("first", "again")]

    assert cards[0] == cards[1]
    for name in ("ecg.safetensors", "ecg.json", "ecg_beats.npz"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    assert find_demo("ecg", tmp_path / "first").card == cards[0]


def load_any(beats):
    return train(beats, Recipe(epochs=1))[0]
