"""Which words, pairs and triples of words move an output: mean effects, and what chance makes of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.special import ndtr

from kann.errors import NotEnoughData, OutOfRange

# Means of more windows than this are normal to far more digits than permutations can tell.
MOST_DRAWN = 8192


@dataclass(frozen=True)
class NGrams:
    """n-grams of one token up to `tokens.shape[1]`, shorter ones first, one entry each.

    `tokens` [ngrams longest] ids, -1 behind those of a shorter one. `counts`: windows in which it stands;
    `effects`: the mean over them of the summed effects of their tokens. `adds`: how far that goes beyond the
    best of the n-gram's parts, each by its own mean over all of its windows (of a single token: its effect); it
    has the other sign where a part by itself pushes further. `p` of a two-sided permutation test.
    """

    tokens: np.ndarray
    counts: np.ndarray
    effects: np.ndarray
    adds: np.ndarray
    p: np.ndarray

    @property
    def lengths(self) -> np.ndarray:
        return (self.tokens >= 0).sum(axis=1)

    def take(self, rows: np.ndarray) -> NGrams:
        """The n-grams of these rows, in this order."""
        return NGrams(**{name: values[rows] for name, values in vars(self).items()})


@dataclass(frozen=True)
class _Level:
    """All n-grams of one length: `codes` [positions] which one starts there (-1: none), `windows` [positions]
    its summed effect there, `mean` [ngrams], and `high` and `low` [ngrams] the extremes of `mean` over the
    n-gram and its parts."""

    codes: np.ndarray
    windows: np.ndarray
    tokens: np.ndarray
    counts: np.ndarray
    mean: np.ndarray
    adds: np.ndarray
    high: np.ndarray
    low: np.ndarray


def ngrams(
    tokens: Int[np.ndarray, " positions"],
    effects: Float[np.ndarray, " positions"],
    lengths: Int[np.ndarray, " sequences"],
    longest: int = 3,
    minimum: int = 3,
    permutations: int = 999,
    seed: int = 0,
) -> NGrams:
    """The n-grams of sequences that lie end to end, those in at least `minimum` windows; none spans two sequences.

    A window with a token that has no effect (NaN) does not count. p: how often a mean of as many windows
    drawn at random, without replacement, lies at least as far from the mean of all (of more than MOST_DRAWN
    windows by the normal law of such means). It takes windows for exchangeable, which those of one text are
    not (a word that one author repeats counts as often as it stands), nor are overlapping ones; and of a
    thousand n-grams ten reach p = 0.01 by chance.

    Raises:
        OutOfRange: fewer than 1 token, window or permutation; lengths that do not fill the positions.
        NotEnoughData: no position has an effect.
    """
    for name, value in (
        ("longest n-gram", longest),
        ("minimum count", minimum),
        ("number of permutations", permutations),
    ):
        if value < 1:
            raise OutOfRange(f"The {name} is at least 1, not {value}.")
    if lengths.sum() != len(tokens):
        raise OutOfRange(f"Lengths that sum to {lengths.sum()} do not fill {len(tokens)} positions.")
    if not np.isfinite(effects).any():
        raise NotEnoughData(f"None of {len(effects)} tokens has an effect: give sequences of more steps.")
    levels = _levels(tokens, effects.astype(np.float64), lengths, longest)
    parts = [_tested(level, longest, minimum, permutations, np.random.default_rng([seed, n])) for n, level in levels]
    return NGrams(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in vars(parts[0])})


def occurrences(
    tokens: Int[np.ndarray, " positions"], lengths: Int[np.ndarray, " sequences"], ngram: Int[np.ndarray, " n"]
) -> Int[np.ndarray, " found"]:
    """Positions at which an n-gram starts, in sequences that lie end to end."""
    starts = _room(lengths) >= len(ngram)
    for offset, token in enumerate(ngram):
        starts[: len(tokens) - offset] &= tokens[offset:] == token
    return np.flatnonzero(starts)


def _room(lengths: np.ndarray) -> np.ndarray:
    """Positions from each one to the end of its sequence, itself included."""
    return np.repeat(np.cumsum(lengths), lengths) - np.arange(lengths.sum())


def _levels(tokens: np.ndarray, effects: np.ndarray, lengths: np.ndarray, longest: int):
    """Each length with all of its n-grams, from single tokens on; lengths that no sequence has are left out."""
    names, word = np.unique(tokens, return_inverse=True)
    room, level = _room(lengths), None
    for n in range(1, min(longest, lengths.max()) + 1):
        starts = np.flatnonzero(room >= n)
        level = _level(starts, names, word, effects, level, n)
        yield n, level


def _level(starts, names, word, effects, below: _Level | None, n: int) -> _Level:
    """The n-grams that start at these positions, from those one token shorter."""
    prefix = np.zeros(len(starts), np.int64) if below is None else below.codes[starts]
    packed = prefix * len(names) + word[starts + n - 1]
    _, first, code = np.unique(packed, return_index=True, return_inverse=True)
    windows = np.full(len(word), np.nan)
    windows[starts] = effects[starts + n - 1] + (0.0 if below is None else below.windows[starts])
    codes = np.full(len(word), -1, np.int64)
    codes[starts] = code
    known = starts[np.isfinite(windows[starts])]
    counts = np.bincount(codes[known], minlength=len(first))
    mean = np.bincount(codes[known], windows[known], minlength=len(first)) / np.where(counts, counts, np.nan)
    adds, high, low = _beyond_parts(mean, starts[first], below)
    spelled = names[word[starts[first][:, None] + np.arange(n)]]
    return _Level(codes, windows, spelled, counts, mean, adds, high, low)


def _beyond_parts(mean: np.ndarray, where: np.ndarray, below: _Level | None) -> tuple[np.ndarray, ...]:
    """What n-grams add to the best of their parts, and the extremes over them and their parts; `where` each starts."""
    if below is None:
        return mean, mean, mean
    prefix, suffix = below.codes[where], below.codes[where + 1]
    high = np.fmax(below.high[prefix], below.high[suffix])
    low = np.fmin(below.low[prefix], below.low[suffix])
    adds = np.where(mean >= 0, mean - high, mean - low)
    return adds, np.fmax(mean, high), np.fmin(mean, low)


def _tested(level: _Level, longest: int, minimum: int, permutations: int, random: np.random.Generator) -> NGrams:
    kept = np.flatnonzero(level.counts >= minimum)
    counts, mean = level.counts[kept], level.mean[kept]
    windows = level.windows[np.isfinite(level.windows)]
    spelled = np.full((len(kept), longest), -1, np.int64)
    spelled[:, : level.tokens.shape[1]] = level.tokens[kept]
    return NGrams(spelled, counts, mean, level.adds[kept], _chance(windows, counts, mean, permutations, random))


def _chance(
    windows: np.ndarray, counts: np.ndarray, mean: np.ndarray, permutations: int, random: np.random.Generator
) -> np.ndarray:
    """Two-sided p of means of so many windows; one permutation of all serves every count by its running mean."""
    # A hair below, so that a tie counts as one whatever order it was summed in.
    distance = np.abs(mean - windows.mean()) * (1 - 1e-9) - 1e-15
    further = np.empty(len(counts))
    many = counts > MOST_DRAWN
    further[many] = permutations * _normal_law(windows, counts[many], distance[many])
    further[~many] = _drawn(windows - windows.mean(), counts[~many], distance[~many], permutations, random)
    return (1 + further) / (permutations + 1)


def _drawn(
    away: np.ndarray, counts: np.ndarray, distance: np.ndarray, permutations: int, random: np.random.Generator
) -> np.ndarray:
    """In how many permutations the mean of the first so many lies at least this far away."""
    sizes, place = np.unique(counts, return_inverse=True)
    mark, further = np.empty(len(away), np.int32), np.zeros(len(counts), np.int64)
    for _ in range(permutations if len(sizes) else 0):
        drawn = _beginning(len(away), int(sizes[-1]), mark, random)
        means = np.abs(np.cumsum(away[drawn])[sizes - 1] / sizes)
        further += means[place] >= distance
    return further


def _normal_law(windows: np.ndarray, counts: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """How often a mean of so many windows, drawn without replacement, lies at least this far away."""
    total = len(windows)
    spread = windows.std() * np.sqrt((total - counts) / (counts * max(total - 1, 1)))
    away = np.divide(distance, spread, out=np.where(distance > 0, np.inf, 0.0), where=spread > 0)
    return 2 * ndtr(-np.maximum(away, 0))


def _beginning(total: int, count: int, mark: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The first `count` places of a random permutation, at a cost that does not grow with `total`: numbers drawn
    with replacement, of which only the first of each kind are kept. `mark` [total] is scratch."""
    if 3 * count > total:
        return random.permutation(total)[:count]
    found = np.zeros(0, np.int64)
    while len(found) < count:
        drawn = np.concatenate([found, random.integers(0, total, count - len(found) + count // 4 + 16)])
        order = np.arange(len(drawn), dtype=np.int32)
        mark[drawn[::-1]] = order[::-1]
        found = drawn[mark[drawn] == order]
    return found[:count]
