import numpy as np
import pytest

from kann.analyses.koopman.comparison.comparing import (
    PermutationSettings,
    compare,
    permutation_test_of_classes,
    permutation_test_of_networks,
    sums_by_sequence,
)
from kann.analyses.koopman.comparison.comparison_findings import (
    comparison_finding,
    comparison_table,
    explain_null_model,
    modes_on_one_side,
)
from kann.analyses.koopman.spectrum.settings import Settings
from kann.errors import NotEnoughData
from tests.analyses.koopman.results import result_of
from tests.analyses.koopman.stand_ins import slow_states, transitions
from tests.numerics.systems import batches_of

QUICK = PermutationSettings(draws=99)


def compared(one=0.99, other=0.8, ranks=(None, None)):
    results = [result_of(slow_states(m, seed=k), r) for k, (m, r) in enumerate(zip((one, other), ranks, strict=True))]
    return compare(("class 1", "class 2"), *results)


def sums_of(states, rank=4):
    return sums_by_sequence(batches_of(states), transitions(states), Settings(), rank)


def chance(one=0.99, other=0.8, halves=False, seed=0):
    first, second = (slow_states(modulus, seed=2 * seed + k) for k, modulus in enumerate((one, other)))
    if halves:
        return permutation_test_of_networks(sums_of(first), sums_of(second), QUICK)
    return permutation_test_of_classes(sums_of(np.concatenate([first, second])), np.arange(240) < 120, QUICK)


def test_a_result_and_itself_are_no_distance_apart_and_nothing_is_in_one_only():
    result = result_of(slow_states())

    found = compare(("a", "b"), result, result)

    assert found.distance == 0
    assert modes_on_one_side(found) == (0, 0)
    assert set(comparison_table(found)["exists in"]) == {"both"}


def test_the_slow_mode_is_in_one_only_and_the_quick_ones_in_both():
    found = compared()

    assert found.only_one.tolist() == [True, False, False, False]
    assert found.only_other.tolist() == [True, False, False, False]
    assert "In class 1 only: mode 1 (half-life" in comparison_finding(found, None).support


def test_the_sentence_waits_for_chance_and_then_decides():
    found = compared()

    assert comparison_finding(found, None).headline == "How class 1 and class 2 differ, mode by mode."
    differing = comparison_finding(found, chance())
    assert differing.headline == "Class 1 and class 2 differ significantly (p = 0.01)."
    assert "after permutations of the sequences" in differing.support
    assert "p = 0.01." in differing.support
    alike = comparison_finding(found, chance(other=0.99))
    assert "do not differ significantly" in alike.headline


def test_where_nothing_of_weight_is_in_one_only_that_is_said():
    assert "exists on both sides" in comparison_finding(compared(0.9, 0.9), None).support


def test_networks_are_compared_on_halves_of_their_sequences():
    found = chance(halves=True)

    assert found.halves
    assert found.p_value == 0.01
    assert "sequences cannot be permuted between them" in explain_null_model(found)
    assert "on halves of the sequences" in comparison_finding(compared(), found).support


def test_the_explanation_says_how_many_sequences_were_permuted():
    assert "The 120 sequences of A and the 120 of B were permuted" in explain_null_model(chance())


def test_a_mode_without_a_partner_is_an_empty_cell_and_a_note():
    found = compared(ranks=(4, 2))
    table = comparison_table(found)

    assert np.isnan(table["B: mode"]).sum() == 2
    assert any("4 and 2 eigenvalues: the smaller one is completed by zeros" in note for note in found.notes)
    assert found.distance == pytest.approx(np.average(table["distance"], weights=table["eigenvalues"]))


def test_few_transitions_lower_the_rank_and_fewer_are_an_error():
    states = slow_states()[:, :6]
    few = sums_by_sequence(batches_of(states[:8]), transitions(states), Settings(), 4)

    assert permutation_test_of_classes(few, np.arange(8) < 4, QUICK).rank == 2
    with pytest.raises(NotEnoughData, match="at least 10 transitions on each side, the smaller has 5"):
        permutation_test_of_classes(few, np.arange(8) < 1, QUICK)
