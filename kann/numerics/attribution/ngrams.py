"""Effects of n-grams on an output: mean effects, what pairs and triples add to their parts, p and q values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.special import ndtri
from scipy.stats import rankdata

from kann.errors import NotEnoughData, OutOfRange
from kann.numerics.uncertainty.text_tests import Totals, difference_p, false_discovery_rate


@dataclass(frozen=True)
class NGrams:
    """n-grams of one token up to `tokens.shape[1]`, shorter ones first, one entry each.

    `tokens` [ngrams longest] ids, -1 behind those of a shorter one. `counts`: occurrences; `texts`: sequences that hold
    one. `effects`: the mean over its occurrences of the summed effects of its tokens. `adds`: the difference from the
    sum of its two parts, each by its mean over all other occurrences; of a triple, which has two divisions, the smaller
    one; NaN where a part has no other occurrence (of a single token: its effect). `p` that it adds nothing (of a single
    token: that its effect is the mean of all others), NaN where there are too few texts; `q` the false discovery rate
    among all of this record with p as small."""

    tokens: Int[np.ndarray, "ngrams longest"]
    counts: Int[np.ndarray, " ngrams"]
    texts: Int[np.ndarray, " ngrams"]
    effects: Float[np.ndarray, " ngrams"]
    adds: Float[np.ndarray, " ngrams"]
    p: Float[np.ndarray, " ngrams"]
    q: Float[np.ndarray, " ngrams"]

    @property
    def lengths(self) -> np.ndarray:
        return (self.tokens >= 0).sum(axis=1)

    def take(self, rows: np.ndarray) -> NGrams:
        """The n-grams of these rows, in this order."""
        return NGrams(**{name: values[rows] for name, values in vars(self).items()})


@dataclass(frozen=True)
class _Level:
    """All n-grams of one length. At each position: `codes`, which one starts there (-1: none), `windows`, its summed
    effect, `cells`, which cell that window belongs to (-1: none, or an effect is not known). A cell is an n-gram in
    one text: its `owner`, windows `n` and their sum `s`. Of each n-gram: its `tokens`, a `start`, its `totals`."""

    codes: Int[np.ndarray, " positions"]
    windows: Float[np.ndarray, " positions"]
    cells: Int[np.ndarray, " positions"]
    owner: Int[np.ndarray, " cells"]
    n: Int[np.ndarray, " cells"]
    s: Float[np.ndarray, " cells"]
    tokens: Int[np.ndarray, "ngrams length"]
    start: Int[np.ndarray, " ngrams"]
    totals: Totals


def ngrams(
    tokens: Int[np.ndarray, " positions"],
    effects: Float[np.ndarray, " positions"],
    lengths: Int[np.ndarray, " sequences"],
    longest: int = 3,
    minimum: int = 3,
) -> NGrams:
    """The n-grams of concatenated sequences with at least `minimum` occurrences; none spans two sequences.

    A window with a token that has no effect (NaN) does not count. Time and memory grow with the positions.

    Raises:
        OutOfRange: fewer than 1 token or window; lengths that do not fill the positions.
        NotEnoughData: no position has an effect.
    """
    for name, value in (("longest n-gram", longest), ("minimum count", minimum)):
        if value < 1:
            raise OutOfRange(f"The {name} is at least 1, not {value}.")
    if lengths.sum() != len(tokens):
        raise OutOfRange(f"Lengths that sum to {lengths.sum()} do not fill {len(tokens)} positions.")
    if not np.isfinite(effects).any():
        raise NotEnoughData(f"None of {len(effects)} tokens has an effect: give sequences of more steps.")
    effects = effects.astype(np.float64)
    columns = _columns(tokens, effects, lengths, longest, minimum)
    n = (columns["tokens"] >= 0).sum(axis=1)
    words = _columns(tokens, _scores(effects), lengths, 1, minimum)["p"]
    # What pairs add does not depend on what their words do; without that the noise alone gets a normal law.
    pairs = _columns(tokens, _scores(_residuals(tokens, effects)), lengths, longest, minimum)["p"]
    columns["p"] = np.maximum(columns["p"], np.concatenate([words, pairs[n > 1]]))
    q = np.concatenate([false_discovery_rate(columns["p"][n == length]) for length in np.unique(n)] or [n])
    return NGrams(**columns, q=q)


def occurrences(
    tokens: Int[np.ndarray, " positions"], lengths: Int[np.ndarray, " sequences"], ngram: Int[np.ndarray, " n"]
) -> Int[np.ndarray, " found"]:
    """Positions at which an n-gram starts, in concatenated sequences."""
    starts = _room(lengths) >= len(ngram)
    for offset, token in enumerate(ngram):
        starts[: len(tokens) - offset] &= tokens[offset:] == token
    return np.flatnonzero(starts)


def _scores(effects: np.ndarray) -> np.ndarray:
    """The normal quantile of each effect's rank, so that all effects together are normally distributed."""
    known = np.isfinite(effects)
    scores = np.full(len(effects), np.nan)
    scores[known] = ndtri(rankdata(effects[known]) / (known.sum() + 1))
    return scores


def _residuals(tokens: np.ndarray, effects: np.ndarray) -> np.ndarray:
    """Effects less the mean of their token's."""
    word, known = np.unique(tokens, return_inverse=True)[1], np.isfinite(effects)
    counts, sums = np.bincount(word, known), np.bincount(word, np.where(known, effects, 0.0))
    return effects - (sums / np.maximum(counts, 1))[word]


def _room(lengths: np.ndarray) -> np.ndarray:
    """Positions from each one to the end of its sequence, itself included."""
    return np.repeat(np.cumsum(lengths), lengths) - np.arange(lengths.sum())


def _levels(tokens: np.ndarray, effects: np.ndarray, lengths: np.ndarray, longest: int) -> list[_Level]:
    """Each length with all of its n-grams, those of one token at place 1, up to the longest in any sequence; at index 0
    all single tokens as one n-gram."""
    names, word = np.unique(tokens, return_inverse=True)
    room, text = _room(lengths), np.repeat(np.arange(len(lengths)), lengths)
    levels = [_level(np.arange(len(tokens)), np.zeros(1, np.int64), np.zeros_like(word), effects, text, None)]
    for n in range(1, min(longest, int(lengths.max())) + 1):
        below = levels[-1] if n > 1 else None
        levels.append(_level(np.flatnonzero(room >= n), names, word, effects, text, below))
    return levels


def _level(starts, names, word, effects, text, below: _Level | None) -> _Level:
    """The n-grams that start at these positions, from those one token shorter."""
    n = 1 if below is None else below.tokens.shape[1] + 1
    prefix = np.zeros(len(starts), np.int64) if below is None else below.codes[starts]
    packed = prefix * len(names) + word[starts + n - 1]
    _, first, code = np.unique(packed, return_index=True, return_inverse=True)
    windows, codes, cells = np.full(len(word), np.nan), np.full(len(word), -1), np.full(len(word), -1)
    windows[starts] = effects[starts + n - 1] + (0.0 if below is None else below.windows[starts])
    codes[starts] = code
    known = starts[np.isfinite(windows[starts])]
    texts = int(text[-1]) + 1
    packed, cell = np.unique(codes[known] * texts + text[known], return_inverse=True)
    cells[known] = cell
    owner, counts, sums = packed // texts, np.bincount(cell), np.bincount(cell, windows[known])
    spelled = names[word[starts[first][:, None] + np.arange(n)]]
    totals = Totals.of(owner, counts, sums, len(first))
    return _Level(codes, windows, cells, owner, counts, sums, spelled, starts[first], totals)


def _columns(tokens, effects, lengths, longest: int, minimum: int) -> dict[str, np.ndarray]:
    levels, scale = _levels(tokens, effects, lengths, longest), float(np.nanmax(np.abs(effects)))
    parts = [_tested(levels, n, longest, minimum, scale) for n in range(1, len(levels))]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _tested(levels: list[_Level], n: int, longest: int, minimum: int, scale: float) -> dict[str, np.ndarray]:
    """The columns of the n-grams of one length."""
    level = levels[n]
    kept = np.flatnonzero(level.totals.n >= minimum)
    totals = level.totals.take(kept)
    spelled = np.full((len(kept), longest), -1, np.int64)
    spelled[:, :n] = level.tokens[kept]
    if n == 1:
        others = _elsewhere(level, levels[0], 0, kept)
        adds, p = totals.mean, difference_p(totals.mean - others.mean, totals, (others,), scale)
    else:
        adds, p = _added(levels, n, kept, scale)
    counts, texts = totals.n.astype(np.int64), totals.texts.astype(np.int64)
    return {"tokens": spelled, "counts": counts, "texts": texts, "effects": totals.mean, "adds": adds, "p": p}


def _added(levels: list[_Level], n: int, kept: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """What n-grams add to their two parts, by the division with the smallest value, and the largest p of all divisions;
    NaN where one of them has too few texts."""
    totals, adds, p = levels[n].totals.take(kept), [], []
    for cut in range(1, n):
        parts = _elsewhere(levels[n], levels[cut], 0, kept), _elsewhere(levels[n], levels[n - cut], cut, kept)
        adds.append(totals.mean - parts[0].mean - parts[1].mean)
        p.append(difference_p(adds[-1], totals, parts, scale))
    nearest = np.argmin(np.nan_to_num(np.abs(adds), nan=np.inf), axis=0)
    return np.take_along_axis(np.array(adds), nearest[None], axis=0)[0], np.max(p, axis=0)


def _elsewhere(level: _Level, part: _Level, offset: int, kept: np.ndarray) -> Totals:
    """Of the part that begins `offset` tokens into each n-gram: its occurrences outside of that n-gram."""
    known = np.flatnonzero(level.cells >= 0)
    inside = np.bincount(level.cells[known], part.windows[known + offset])
    shared = np.empty(len(level.n), np.int64)
    shared[level.cells[known]] = part.cells[known + offset]
    n, s, groups = part.n[shared], part.s[shared], len(level.start)
    touched = Totals.of(level.owner, n, s, groups) - Totals.of(level.owner, n - level.n, s - inside, groups)
    return part.totals.take(part.codes[level.start[kept] + offset]) - touched.take(kept)
