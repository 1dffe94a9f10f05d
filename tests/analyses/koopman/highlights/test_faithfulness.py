"""What is said of deletion curves whose order is known."""

import numpy as np
import pytest

from kann.analyses.koopman.highlights.faithfulness import INTEGRATED, RANDOM, FaithfulnessSettings, analyse, finding
from kann.errors import NotEnoughData
from tests.analyses.koopman.deletions import SETTINGS, SHARES, curves


def measured(random_slope=1.0, **slopes):
    given = {name: curves(slope, seed=0) for name, slope in slopes.items()}
    return {RANDOM: curves(random_slope, seed=0), **given}


def test_areas_are_those_of_the_lines():
    result = analyse({RANDOM: curves(1.0, noise=0), "steep": curves(2.0, noise=0)}, SETTINGS)

    assert result.methods == ("steep", RANDOM)
    np.testing.assert_allclose(result.area_under_curve.value, [0.5, 0.75])
    np.testing.assert_allclose(result.curves.value, [[1, 0.5, 0], [1, 0.75, 0.5]])
    np.testing.assert_allclose(result.against_random.value, [-0.25, 0])
    assert result.best == "steep"


def test_the_steepest_is_believed_and_chance_stands_beside_it():
    result = analyse(measured(innovation=1.9, magnitude=0.6), SETTINGS)

    words = finding(result, "words")

    assert words.headline == "Of the shadings, innovation finds the words that decide best."
    assert "with random deletion 0.76 (95 %" in words.support
    assert "better than random deletion: magnitude." in words.support
    assert result.worse_than_random == ("magnitude",)
    assert result.better_than_random == ("innovation",)


def test_two_that_cannot_be_told_apart_are_both_believed():
    noisy = {"one": curves(1.8, 0.3, seed=1), "other": curves(1.8, 0.3, seed=2), RANDOM: curves(0.8, 0.3, seed=3)}
    start = noisy[RANDOM][:, :1]
    result = analyse({name: values / values[:, :1] * start for name, values in noisy.items()}, SETTINGS)

    assert len(result.as_good_as_best) == 1
    assert f"from {result.as_good_as_best[0]} is not significant" in finding(result).support


def test_where_nothing_beats_chance_the_sentence_says_so():
    result = analyse(measured(magnitude=0.9, innovation=0.8), SETTINGS)

    assert result.best is None
    assert "No shading" in finding(result, "words").headline
    assert "of magnitude, is" in finding(result, "words").support


@pytest.mark.parametrize(
    ("slope", "told"), [(1.95, "do better"), (1.2, "do worse"), (1.8, "do not differ significantly")]
)
def test_integrated_gradients_are_held_beside_the_shadings_and_never_chosen(slope, told):
    result = analyse(measured(innovation=1.8) | {INTEGRATED: curves(slope, seed=7 * (slope == 1.8))}, SETTINGS)

    assert result.best == "innovation"
    assert result.as_good_as_best == ()
    assert told in finding(result).support


def test_random_orders_alone_are_told_from_chance_about_as_rarely_as_promised():
    def found(seed):
        random = np.random.default_rng(seed)
        start = 1 + random.exponential(size=(60, 1))
        drawn = {
            name: start * np.c_[np.ones(60), 1 - random.random((60, 2)) * [0.5, 1]]
            for name in (RANDOM, "one", "two", "three")
        }
        return analyse(drawn, FaithfulnessSettings(shares=SHARES, samples=800, seed=seed)).best is not None

    assert np.mean([found(seed) for seed in range(120)]) < 0.1


def test_curves_without_chance_beside_them_are_refused():
    with pytest.raises(NotEnoughData, match="measure random deletion too"):
        analyse({"innovation": curves(1.0)}, SETTINGS)


def test_few_sequences_give_no_verdict():
    with pytest.raises(NotEnoughData, match="at least 8 of them, 5 are there"):
        analyse({RANDOM: curves(1.0, sequences=5)}, SETTINGS)
