"""n-grams whose counts, effects and chances are known on paper."""

import itertools

import numpy as np
import pytest

from kann.errors import NotEnoughData, OutOfRange
from kann.numerics import ngrams as module
from kann.numerics.ngrams import ngrams, occurrences

# "not bad | bad | not bad good", as ids: bad 4, good 7, not 9.
TOKENS, LENGTHS = np.array([9, 4, 4, 9, 4, 7]), np.array([2, 1, 3])
EFFECTS = np.array([-0.5, 1.5, -3.0, -0.5, 2.5, 2.0])


def found(n, **more):
    table = ngrams(TOKENS, EFFECTS, LENGTHS, minimum=1, **more)
    rows = np.flatnonzero(table.lengths == n)
    return {tuple(tokens[:n].tolist()): row for row, tokens in zip(rows, table.tokens[rows], strict=True)}, table


def noise(sequences=200, steps=50, words=60, seed=0):
    random = np.random.default_rng(seed)
    return random.integers(0, words, sequences * steps), random.standard_normal(sequences * steps), np.full(
        sequences, steps
    )  # fmt: skip


def test_counts_and_mean_effects_are_those_of_a_count_by_hand():
    words, table = found(1)
    assert {word: int(table.counts[row]) for word, row in words.items()} == {(4,): 3, (7,): 1, (9,): 2}
    assert table.effects[words[4,]] == pytest.approx(1 / 3)
    assert table.effects[words[9,]] == pytest.approx(-0.5)

    pairs, _ = found(2)
    assert {pair: int(table.counts[row]) for pair, row in pairs.items()} == {(4, 7): 1, (9, 4): 2}
    assert table.effects[pairs[9, 4]] == pytest.approx(1.5)

    triples, _ = found(3)
    assert list(triples) == [(9, 4, 7)]


def test_what_an_ngram_adds_is_its_effect_beyond_the_best_of_its_parts():
    pairs, table = found(2)
    (triple,) = found(3)[0].values()

    assert table.adds[pairs[9, 4]] == pytest.approx(1.5 - 1 / 3)
    assert table.adds[pairs[4, 7]] == pytest.approx(4.5 - 2.0)
    assert table.adds[triple] == pytest.approx(4.0 - 4.5)


def test_of_a_negative_ngram_the_best_part_is_the_most_negative():
    table = ngrams(np.array([1, 2, 1, 3]), np.array([-1.0, -2.0, -1.0, 5.0]), np.array([2, 2]), minimum=1)
    pair = np.flatnonzero((table.tokens == [1, 2, -1]).all(axis=1))[0]

    assert table.adds[pair] == pytest.approx(-3.0 + 2.0)


def test_p_is_the_share_of_all_orders_where_they_can_be_listed():
    table = ngrams(TOKENS, EFFECTS, LENGTHS, longest=1, minimum=2, permutations=20_000)
    for tokens, count, mean, p in zip(table.tokens, table.counts, table.effects, table.p, strict=True):
        draws = [np.mean(draw) for draw in itertools.combinations(EFFECTS, count)]
        as_far = np.abs(np.array(draws) - EFFECTS.mean()) >= abs(mean - EFFECTS.mean()) - 1e-12
        assert p == pytest.approx(as_far.mean(), abs=0.015), tokens


def test_pure_noise_is_not_significant():
    table = ngrams(*noise(), minimum=5)
    words = table.p[table.lengths == 1]

    assert 0.35 < np.median(table.p) < 0.65
    assert words.min() > 0.001
    assert (table.p <= 0.05).mean() < 0.09


def test_planted_words_and_a_planted_pair_are_found():
    tokens, effects, lengths = noise()
    effects[tokens == 7] += 2
    effects[tokens == 8] -= 2
    starts = occurrences(tokens, lengths, np.array([3, 4]))
    effects[starts + 1] += 8
    table = ngrams(tokens, effects, lengths, longest=2, minimum=2)
    words, pairs = (np.flatnonzero(table.lengths == n) for n in (1, 2))

    best, worst = words[np.argmax(table.effects[words])], words[np.argmin(table.effects[words])]
    assert (table.tokens[best, 0], table.tokens[worst, 0]) == (7, 8)
    assert table.p[best] == table.p[worst] == 0.001
    assert table.tokens[pairs[np.argmax(table.adds[pairs])]].tolist() == [3, 4]


def test_the_normal_law_of_many_windows_is_that_of_the_permutations(monkeypatch):
    tokens, effects, lengths = noise(words=5)
    drawn = ngrams(tokens, effects, lengths, longest=1)
    monkeypatch.setattr(module, "MOST_DRAWN", 10)
    by_law = ngrams(tokens, effects, lengths, longest=1)

    np.testing.assert_allclose(by_law.p, drawn.p, atol=0.06)


def test_the_beginning_of_a_permutation_repeats_no_place_and_favours_none():
    random, mark = np.random.default_rng(0), np.empty(40, np.int32)
    draws = np.array([module._beginning(40, 8, mark, random) for _ in range(4000)])

    assert all(len(set(draw)) == 8 for draw in draws)
    counts = np.array([np.bincount(draws[:, place], minlength=40) for place in (0, 7)])
    assert np.abs(counts - 100).max() < 50


def test_no_ngram_spans_two_sequences():
    assert occurrences(TOKENS, LENGTHS, np.array([4, 4])).tolist() == []
    assert occurrences(TOKENS, LENGTHS, np.array([9, 4])).tolist() == [0, 3]
    assert (4, 9) not in found(2)[0]


def test_the_order_of_sequences_changes_nothing_but_chance():
    swapped = ngrams(
        np.concatenate([TOKENS[3:], TOKENS[:3]]), np.concatenate([EFFECTS[3:], EFFECTS[:3]]), np.array([3, 2, 1]),
        minimum=1,
    )  # fmt: skip
    table = found(1)[1]

    np.testing.assert_array_equal(swapped.tokens, table.tokens)
    np.testing.assert_allclose(swapped.adds, table.adds)


def test_a_token_without_effect_takes_its_windows_along():
    effects = EFFECTS.copy()
    effects[0] = np.nan
    table = ngrams(TOKENS, effects, LENGTHS, minimum=1)
    rows = {tuple(tokens): row for row, tokens in enumerate(table.tokens.tolist())}

    assert table.counts[rows[9, -1, -1]] == table.counts[rows[9, 4, -1]] == 1
    assert table.counts[rows[4, -1, -1]] == 3


@pytest.mark.parametrize("given", [{"longest": 0}, {"minimum": 0}, {"permutations": 0}])
def test_less_than_one_is_refused(given):
    with pytest.raises(OutOfRange, match="at least 1, not 0"):
        ngrams(TOKENS, EFFECTS, LENGTHS, **given)


def test_lengths_must_fill_the_positions():
    with pytest.raises(OutOfRange, match="sum to 5 do not fill 6"):
        ngrams(TOKENS, EFFECTS, np.array([2, 3]))


def test_without_any_effect_there_is_nothing_to_rank():
    with pytest.raises(NotEnoughData, match="None of 6 tokens has an effect"):
        ngrams(TOKENS, np.full(6, np.nan), LENGTHS)
