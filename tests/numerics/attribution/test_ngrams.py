"""n-grams whose counts, effects and chances are known on paper."""

import numpy as np
import pytest
from scipy.stats import norm, rankdata, ttest_ind
from scipy.stats import t as student

from kann.errors import NotEnoughData, OutOfRange
from kann.numerics.attribution.ngrams import ngrams, occurrences

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


def row_of(table, *ngram):
    return np.flatnonzero((table.tokens == [*ngram, -1, -1, -1][: table.tokens.shape[1]]).all(axis=1))[0]


def scored(values):
    return norm.ppf(rankdata(values) / (len(values) + 1))


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


def test_what_a_pair_adds_is_its_effect_beyond_its_parts_in_all_other_places():
    # "a b" thrice: 5 together; elsewhere a is 1 and 2, b is -1.
    tokens, lengths = np.array([1, 2, 1, 2, 1, 2, 1, 3, 1, 2]), np.array([2, 2, 2, 1, 1, 1, 1])
    effects = np.array([2.0, 3.0, 2.0, 3.0, 2.0, 3.0, 1.0, 9.0, 2.0, -1.0])
    table = ngrams(tokens, effects, lengths, minimum=1)

    assert table.adds[row_of(table, 1, 2)] == pytest.approx(5 - 1.5 + 1)
    assert table.texts[row_of(table, 1, 2)] == 3


def test_what_a_triple_adds_is_what_its_nearer_division_leaves():
    # "a b c" is 9; elsewhere "a b" is 5, "b c" 3, a 1, b 1 and c 2.
    tokens = np.array([1, 2, 3, 1, 2, 2, 3, 1, 2, 3])
    effects = np.array([3.0, 3.0, 3.0, 2.0, 3.0, 1.0, 2.0, 1.0, 1.0, 2.0])
    table = ngrams(tokens, effects, np.array([3, 2, 2, 1, 1, 1]), minimum=1)

    assert table.adds[row_of(table, 1, 2, 3)] == pytest.approx(9 - 5 - 2)


def test_a_part_that_stands_nowhere_else_leaves_nothing_to_compare_with():
    _, table = found(2)
    assert np.isnan(table.adds[row_of(table, 9, 4)])
    assert np.isnan(table.p).all()


def test_the_p_of_a_word_is_welch_s_over_texts_of_effects_and_of_their_scores():
    random = np.random.default_rng(3)
    tokens, effects = np.repeat([1, 2, 3], [12, 40, 40]), random.exponential(size=92)
    effects[:12] += 0.4
    table = ngrams(tokens, effects, np.ones(92, int))

    expected = [ttest_ind(values[:12], values[12:], equal_var=False).pvalue for values in (effects, scored(effects))]
    assert table.p[row_of(table, 1)] == pytest.approx(max(expected))


def test_the_p_of_a_pair_is_that_it_adds_nothing():
    random = np.random.default_rng(1)
    together, first, second = random.normal([[0.2], [1.0], [-1.0]], 1.0, (3, 30))
    tokens = np.concatenate([np.tile([1, 2], 30), np.repeat([1, 2], 30)])
    effects = np.concatenate([np.column_stack([together, 0 * together]).ravel(), first, second])
    table = ngrams(tokens, effects, np.repeat([2, 1], [30, 60]), longest=2)

    parts = [np.var(part, ddof=1) / 30 for part in (together, first, second)]
    t = (together.mean() - first.mean() - second.mean()) / np.sqrt(sum(parts))
    degrees = sum(parts) ** 2 / sum(part**2 / 29 for part in parts)
    assert table.p[row_of(table, 1, 2)] >= 2 * student.sf(abs(t), degrees) * (1 - 1e-9)
    assert table.p[row_of(table, 1, 2)] > 0.2
    assert table.p[row_of(table, 1)] < 0.01


def test_what_one_text_repeats_counts_once():
    # One author writes a word 200 times; whatever else is in it, that is one text.
    tokens, effects, lengths = noise(sequences=100, words=20)
    tokens[tokens == 7] = 8
    tokens[:40], effects[:40] = 7, effects[:40] + 3
    for text in range(1, 8):
        tokens[50 * text] = 7
    table = ngrams(tokens, effects, lengths, longest=1)

    assert table.counts[row_of(table, 7)] == 47
    assert table.p[row_of(table, 7)] > 0.05


@pytest.mark.parametrize("law", ["standard_normal", "standard_exponential", "standard_cauchy"])
def test_p_of_pure_noise_is_nowhere_smaller_than_it_should_be(law):
    tokens, _, lengths = noise(words=15)
    effects = getattr(np.random.default_rng(5), law)(len(tokens)) + np.repeat(
        np.random.default_rng(6).standard_normal(200), 50
    )
    p = ngrams(tokens, effects, lengths, minimum=5).p
    p = p[np.isfinite(p)]

    assert len(p) > 700
    assert (p <= 0.05).mean() < 0.06
    assert (p <= 0.01).mean() < 0.015


@pytest.mark.parametrize("law", ["standard_normal", "standard_exponential"])
def test_on_additive_data_no_pair_adds_anything(law):
    tokens, _, lengths = noise(sequences=400, words=15)
    random = np.random.default_rng(2)
    effects = getattr(random, law)(len(tokens)) + 3 * random.standard_normal(15)[tokens]
    table = ngrams(tokens, effects, lengths)
    pairs = (table.lengths == 2) & np.isfinite(table.p)

    assert pairs.sum() == 225
    assert (table.p[pairs] <= 0.05).mean() < 0.09
    assert table.q[pairs].min() > 0.05


def test_noiseless_additive_data_are_no_discovery():
    tokens, _, lengths = noise(sequences=20, words=5)
    table = ngrams(tokens, np.array([0.1, -0.3, 0.7, 2.0, 1e-3])[tokens], lengths)

    assert np.nanmin(table.p[table.lengths > 1]) == 1


def test_planted_words_and_a_planted_pair_are_found():
    tokens, effects, lengths = noise(words=20)
    effects[tokens == 7] += 2
    effects[tokens == 8] -= 2
    starts = occurrences(tokens, lengths, np.array([3, 4]))
    effects[starts + 1] += 8
    table = ngrams(tokens, effects, lengths, longest=2, minimum=2)
    words, pairs = (np.flatnonzero(table.lengths == n) for n in (1, 2))

    best, worst = words[np.argmax(table.effects[words])], words[np.argmin(table.effects[words])]
    assert (table.tokens[best, 0], table.tokens[worst, 0]) == (7, 8)
    assert max(table.q[best], table.q[worst]) < 1e-6
    assert table.tokens[pairs[np.nanargmax(table.adds[pairs])]].tolist() == [3, 4]
    assert table.q[row_of(table, 3, 4)] == np.nanmin(table.q[pairs]) < 1e-4


def test_no_ngram_spans_two_sequences():
    assert occurrences(TOKENS, LENGTHS, np.array([4, 4])).tolist() == []
    assert occurrences(TOKENS, LENGTHS, np.array([9, 4])).tolist() == [0, 3]
    assert (4, 9) not in found(2)[0]


def test_the_order_of_sequences_changes_nothing():
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


@pytest.mark.parametrize("given", [{"longest": 0}, {"minimum": 0}])
def test_less_than_one_is_refused(given):
    with pytest.raises(OutOfRange, match="at least 1, not 0"):
        ngrams(TOKENS, EFFECTS, LENGTHS, **given)


def test_lengths_must_fill_the_positions():
    with pytest.raises(OutOfRange, match="sum to 5 do not fill 6"):
        ngrams(TOKENS, EFFECTS, np.array([2, 3]))


def test_without_any_effect_there_is_nothing_to_rank():
    with pytest.raises(NotEnoughData, match="None of 6 tokens has an effect"):
        ngrams(TOKENS, np.full(6, np.nan), LENGTHS)
