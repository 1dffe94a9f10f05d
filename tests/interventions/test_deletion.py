"""Sequences without their strongest steps: what is deleted, and what the network then says."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from kann.errors import OutOfRange, UnknownNetwork
from kann.inputs.networks import Network
from kann.interventions.deletion import (
    as_read,
    decided,
    deleted_steps,
    evidence_left,
    final_outputs,
    outputs_after_deletion,
)
from kann.records import Dataset, RecurrentLayer
from tests.counting import WEIGHT, counter, texts

SHARES = (0.0, 0.1, 0.3, 0.5, 0.9)


def weights_of(dataset):
    return [WEIGHT[sequence] for sequence in dataset.sequences]


def reader(seed=0):
    """A GRU with a read-out of three classes over one channel."""
    torch.manual_seed(seed)
    module, readout = nn.GRU(1, 4, batch_first=True), nn.Linear(4, 3)
    layer = RecurrentLayer("rnn", "GRU", 1, 4)
    return Network(module.eval().requires_grad_(False), layer, readout=readout.requires_grad_(False))


def signals(*sequences):
    return Dataset(kind="signal", sequences=[np.float32(sequence)[:, None] for sequence in sequences], sha256="")


def test_a_counter_says_the_sum_of_the_words_that_stay():
    dataset = texts()
    scores = [np.random.default_rng(row).random(len(text)) for row, text in enumerate(dataset.sequences)]

    found = outputs_after_deletion(counter(), dataset, scores, SHARES)[:, :, 0]

    for row, (weights, score) in enumerate(zip(weights_of(dataset), scores, strict=True)):
        for place, share in enumerate(SHARES):
            kept = np.argsort(score)[: len(score) - int(share * len(score) + 0.5)]
            assert found[row, place] == pytest.approx(weights[kept].sum(), abs=1e-5)


def test_no_order_takes_a_counter_down_faster_than_that_of_its_words_weights():
    dataset, random = texts(), np.random.default_rng(1)
    perfect = outputs_after_deletion(counter(), dataset, weights_of(dataset), SHARES)

    for _ in range(20):
        scores = [random.random(len(text)) for text in dataset.sequences]
        assert (perfect <= outputs_after_deletion(counter(), dataset, scores, SHARES) + 1e-5).all()


def test_without_a_deletion_the_outputs_are_the_network_s_own_whatever_the_lengths():
    network, dataset = reader(), signals(*(np.sin(np.arange(length) / 3) for length in (9, 4, 17, 4, 1)))

    found = final_outputs(network, dataset)

    for sequence, output in zip(dataset.sequences, found, strict=True):
        alone = network.readout(network.module(torch.from_numpy(sequence)[None])[0][:, -1])[0]
        np.testing.assert_allclose(output, alone.numpy(), atol=1e-6)
    scores = [np.zeros(len(sequence)) for sequence in dataset.sequences]
    np.testing.assert_allclose(outputs_after_deletion(network, dataset, scores, (0.0,))[:, 0], found, atol=1e-6)


def test_evidence_speaks_for_the_class_that_was_decided_before_anything_was_deleted():
    dataset = texts()
    classes, sums = decided(counter(), dataset), np.array([weights.sum() for weights in weights_of(dataset)])

    left = evidence_left(counter(), dataset, classes, [weights * 0 for weights in weights_of(dataset)], (0.0, 0.5))

    np.testing.assert_array_equal(classes, sums > 0)
    np.testing.assert_allclose(left[:, 0], np.abs(sums), atol=1e-5)


def test_of_several_classes_the_evidence_is_the_decided_one_s_against_the_mean_of_the_others():
    network, dataset = reader(), signals(*np.random.default_rng(0).standard_normal((5, 9)))
    outputs = final_outputs(network, dataset)

    left = evidence_left(network, dataset, decided(network, dataset), [np.zeros(9)] * 5, (0.0,))

    np.testing.assert_allclose(left[:, 0], outputs.max(axis=1) - (outputs.sum(axis=1) - outputs.max(axis=1)) / 2)


def test_the_order_of_sequences_changes_nothing_but_the_order_of_answers():
    dataset = texts(12)
    scores, turned = weights_of(dataset), np.random.default_rng(2).permutation(12)

    found = outputs_after_deletion(counter(), dataset, scores, SHARES)
    again = outputs_after_deletion(counter(), dataset.select(turned), [scores[row] for row in turned], SHARES)

    np.testing.assert_allclose(again, found[turned], atol=1e-5)


def test_what_is_deleted_from_a_signal_is_drawn_straight_between_what_stays():
    network, ramp = reader(), signals(np.arange(20) / 10)
    inside = np.r_[0.0, np.random.default_rng(0).random(18) + 1, 0.0]

    found = outputs_after_deletion(network, ramp, [inside], (0.0, 0.5, 0.9))

    np.testing.assert_allclose(found[0], found[:1, 0].repeat(3, axis=0), atol=1e-5)


def test_the_end_of_a_signal_is_held_where_it_was_deleted():
    network, scores = reader(), [np.array([0.0, 0.0, 1.0, 2.0])]

    found = outputs_after_deletion(network, signals([1.0, 2.0, 8.0, 9.0]), scores, (0.5,))

    np.testing.assert_allclose(found[:, 0], final_outputs(network, signals([1.0, 2.0, 2.0, 2.0])), atol=1e-6)


def test_the_highest_scores_go_first_the_earlier_of_equals_and_one_step_stays():
    gone = deleted_steps(np.arange(5), np.array([1.0, 3.0, 3.0, 2.0, 0.0]), (0.0, 0.2, 0.6, 1.0))

    expected = [[0, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 1, 1, 1, 0], [1, 1, 1, 1, 0]]
    np.testing.assert_array_equal(gone, np.array(expected, bool))


def test_a_backward_network_is_a_forward_one_of_what_it_reads():
    network, dataset = replace(counter(), direction="backward"), texts(6)

    turned, read = as_read(network, dataset)

    assert turned.direction == "forward"
    assert read.sequences[0].tolist() == dataset.sequences[0][::-1].tolist()
    assert read.tokens[3] == dataset.tokens[3][::-1]
    np.testing.assert_allclose(final_outputs(turned, read), final_outputs(network, dataset), atol=1e-6)
    assert as_read(counter(), dataset)[1] is dataset


def test_without_a_readout_there_is_nothing_to_measure():
    with pytest.raises(UnknownNetwork, match="no read-out"):
        outputs_after_deletion(replace(counter(), readout=None), texts(2), weights_of(texts(2)), SHARES)


def test_a_share_beyond_the_whole_is_named():
    with pytest.raises(OutOfRange, match=r"between 0 and 1, not at 0.0 to 1.5"):
        outputs_after_deletion(counter(), texts(1), weights_of(texts(1)), (0.0, 1.5))


@pytest.mark.parametrize("score", [np.zeros(3), np.array([np.nan, 1, 2, 3])])
def test_scores_are_one_number_a_step(score):
    with pytest.raises(OutOfRange, match="beside 4 steps: give one number for each"):
        deleted_steps(np.arange(4), score, SHARES)


def test_an_empty_sequence_is_named():
    dataset = Dataset(kind="text", sequences=[np.arange(3), np.arange(0)], sha256="")

    with pytest.raises(OutOfRange, match="Sequence 1 has 0 steps"):
        final_outputs(counter(), dataset)
