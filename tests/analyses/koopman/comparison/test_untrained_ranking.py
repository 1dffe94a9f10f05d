import numpy as np
import pytest
import scipy.stats

import kann
from kann.analyses.koopman.comparison.comparing import compare
from kann.analyses.koopman.comparison.comparison_findings import comparison_finding, explain_null_model
from kann.analyses.koopman.comparison.untrained_ranking import Spectra, UntrainedRanking, rank_among_untrained, spectra
from kann.analyses.koopman.spectrum.settings import Settings
from kann.numerics.operator.spectral_distance import mean_distances, spectral_distance
from tests.analyses.koopman.results import result_of
from tests.analyses.koopman.stand_ins import slow_states
from tests.numerics.systems import tanh_states


def drawn(seed, scale=0.9):
    """A network of a kind: a random operator."""
    matrix = np.random.default_rng(seed).standard_normal((6, 6)) * scale / np.sqrt(6)
    return Spectra(np.eye(6), matrix)


def row(own, others, kinds=("default",)):
    return rank_among_untrained(kinds, 4, 9, own, lambda kind: others)


def said(p, untrained=True):
    """The finding where the opened network lies outermost (p = 0.04), or among the others."""
    result = result_of(slow_states())
    other = result_of(slow_states(0.8, seed=1))
    distances = np.array([[9.0 if p < 0.05 else 1.5, *np.linspace(1, 2, 24)]])
    found = compare(("this network", "twin 0"), result, other, untrained=untrained)
    return comparison_finding(found, UntrainedRanking(("shuffled",), distances, 8, 60))


def test_mean_distances_are_those_of_all_pairs_written_out():
    values = np.stack([drawn(seed).eigenvalues(6) for seed in range(4)])

    expected = [
        np.mean([spectral_distance(a, b) for j, b in enumerate(values) if j != i]) for i, a in enumerate(values)
    ]

    np.testing.assert_allclose(mean_distances(values), expected)


@pytest.mark.parametrize("rank", [3, 6])
def test_a_kept_network_has_the_eigenvalues_of_its_operator_at_every_rank(rank):
    statistic = kann.summarise_arrays(tanh_states(units=6))

    kept = spectra(statistic, Settings(), 6).eigenvalues(rank)

    assert spectral_distance(kept, statistic.solve(rank).eigenvalues) < 1e-8


def test_a_network_whose_states_never_change_forgets_at_once():
    statistic = kann.summarise_arrays(np.ones((5, 9, 3)))

    np.testing.assert_array_equal(spectra(statistic, Settings(), 3).eigenvalues(3), np.zeros(3))


def test_every_place_is_as_likely_for_one_of_the_row():
    values = [row(drawn(100 * seed), [drawn(100 * seed + k) for k in range(1, 20)]).p_value for seed in range(40)]

    # Of p-values that are multiples of .05: uniform within a grid step.
    assert scipy.stats.kstest(np.array(values) - 0.025, "uniform").pvalue > 0.01


def test_an_operator_of_another_kind_is_the_outermost_of_its_row():
    found = row(drawn(0, scale=3), [drawn(k) for k in range(1, 25)])

    assert found.p_value == pytest.approx(1 / 25)


def test_the_largest_p_value_of_all_kinds_counts():
    rows = {"default": [drawn(k) for k in range(1, 25)], "shuffled": [drawn(k, 0.1) for k in range(1, 25)]}

    found = rank_among_untrained(tuple(rows), 6, 9, drawn(50), rows.get)

    assert found.p_values[1] == pytest.approx(1 / 25)
    assert found.strictest == 0
    assert found.p_value == found.p_values[0] > 0.05


def test_of_kinds_with_one_p_value_the_nearest_is_the_strictest():
    twins = np.tile(np.linspace(0.1, 0.2, 24), (2, 1))

    found = UntrainedRanking(("default", "shuffled"), np.c_[[0.9, 0.3], twins], 8, 60)

    assert found.p_values.tolist() == [0.04, 0.04]
    assert found.strictest == 1


def test_training_is_credited_only_beyond_every_untrained_network():
    changed, alike = said(0.04), said(0.5)

    assert changed.headline.startswith("Training changed the operator (p = 0.04")
    assert "In this network only: mode 1" in changed.support
    assert "24 untrained networks of this network's own weights, shuffled" in changed.support
    assert "p = 0.04" in changed.support
    assert "does not differ from untrained ones" in alike.headline
    assert "only:" not in alike.support


def test_the_row_is_explained():
    found = UntrainedRanking(("default",), np.ones((1, 25)), 8, 60)

    assert "this network and 24 untrained ones of a kind" in explain_null_model(found)
    assert "same 60 sequences, at the 8 leading directions" in explain_null_model(found)
