"""Scores of steps on a network that counts, where every word's part is known."""

import numpy as np
import pytest

import kann
from kann.analyses.koopman.highlights.shadings import shadings
from kann.analyses.koopman.highlights.text_highlights import Unrolling, class_target
from kann.inputs.hidden_states import hidden_states
from kann.inputs.recurrent.readouts import readout_of
from kann.interventions.deletion import decided
from tests.counting import WEIGHT, counter, texts

DATA = texts(60)


def scored(modes=(0, 1), state="full", **fit):
    network = counter()
    operator = kann.summarise(hidden_states(network, DATA, state=state), **fit).solve()
    batch = next(hidden_states(network, DATA, state=state))
    gradient = readout_of(network, state).gradient(batch.values[:, 0])
    targets = [class_target(gradient, classes, operator.delays) for classes in (0, 1)]
    classes = decided(network, DATA)
    found = shadings(operator, batch, targets, classes, modes, Unrolling())
    return operator, batch, targets, classes, found


def test_projections_towards_the_decision_are_the_evidence_so_far():
    *_, classes, found = scored()
    sign = np.where(classes == 1, 1, -1)

    for row, steps in enumerate(found["signed projection"]):
        so_far = np.cumsum(WEIGHT[DATA.sequences[row]]) * sign[row]
        assert np.ptp(steps - so_far) == pytest.approx(0, abs=1e-5)


def test_innovations_towards_the_decision_follow_the_words_weights():
    *_, classes, found = scored()
    sign = np.where(classes == 1, 1, -1)

    weights = np.concatenate([WEIGHT[text] * sign[row] for row, text in enumerate(DATA.sequences)])

    assert np.corrcoef(np.concatenate(found["innovation"]), weights)[0, 1] > 0.97
    assert np.corrcoef(np.concatenate(found["unsigned innovation"]), np.abs(weights))[0, 1] > 0.6


def test_the_class_turns_the_signed_shadings_and_leaves_the_others():
    operator, batch, targets, classes, found = scored()

    turned = shadings(operator, batch, targets, 1 - classes, [0, 1], Unrolling())

    for name in found:
        sign = -1 if name in ("signed projection", "innovation") else 1
        for one, other in zip(found[name], turned[name], strict=True):
            np.testing.assert_allclose(other, sign * one, atol=1e-9)


@pytest.mark.parametrize("fit", [{"delays": 2}, {"lag": 2}, {"inputs": True}, {}])
def test_every_true_step_has_a_number_with_any_fit(fit):
    *_, found = scored(**fit)

    for scores in found.values():
        assert [len(steps) for steps in scores] == DATA.lengths.tolist()
        assert all(np.isfinite(steps).all() for steps in scores)


def test_one_mode_alone_is_part_of_the_sum():
    both, first, second = (scored(modes)[-1]["signed projection"][3] for modes in ((0, 1), (0,), (1,)))

    np.testing.assert_allclose(first + second, both, atol=1e-8)
