"""Tests of means over texts: the text is the sampling unit, whatever the number of occurrences in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.special import stdtr

# With fewer texts the spread between texts, and so p, is unknown.
LEAST_TEXTS = 5


@dataclass(frozen=True)
class Totals:
    """Of each group, over its texts with n places and the sum s of their values in each: how many `texts`, and the
    totals of n, s, n², n s and s². Groups without a text have zeros."""

    texts: Float[np.ndarray, " groups"]
    n: Float[np.ndarray, " groups"]
    s: Float[np.ndarray, " groups"]
    nn: Float[np.ndarray, " groups"]
    ns: Float[np.ndarray, " groups"]
    ss: Float[np.ndarray, " groups"]

    @classmethod
    def of(cls, group: Int[np.ndarray, " cells"], n: np.ndarray, s: Float[np.ndarray, " cells"], groups: int) -> Totals:
        """From the cells, one of each group and text."""
        return cls(*(np.bincount(group, value, groups) for value in (n > 0, n, s, n * n, n * s, s * s)))

    def __add__(self, other: Totals) -> Totals:
        return Totals(*(mine + theirs for mine, theirs in zip(self._all, other._all, strict=True)))

    def __sub__(self, other: Totals) -> Totals:
        return Totals(*(mine - theirs for mine, theirs in zip(self._all, other._all, strict=True)))

    def take(self, groups: np.ndarray) -> Totals:
        return Totals(*(value[groups] for value in self._all))

    @property
    def _all(self) -> tuple[np.ndarray, ...]:
        return tuple(vars(self).values())

    @property
    def mean(self) -> np.ndarray:
        """Mean over occurrences, NaN where there are none."""
        return np.divide(self.s, self.n, out=np.full(len(self.n), np.nan), where=self.n > 0)

    @property
    def freedom(self) -> np.ndarray:
        """The effective number of texts less one."""
        return np.divide(self.n**2, self.nn, out=np.ones(len(self.n)), where=self.nn > 0) - 1

    @property
    def variance(self) -> np.ndarray:
        """Of the mean over occurrences, from its spread between texts; NaN below two texts."""
        mean, freedom = self.mean, self.freedom
        spread = np.maximum(self.ss - 2 * mean * self.ns + mean**2 * self.nn, 0) / self.n**2
        return np.divide(spread * (freedom + 1), freedom, out=np.full(len(mean), np.nan), where=freedom > 1e-9)


def difference_p(
    difference: Float[np.ndarray, " tests"], first: Totals, others: tuple[Totals, ...], scale: float
) -> Float[np.ndarray, " tests"]:
    """Two-sided p that a mean differs from the sum of others, with texts as sampling units; NaN where one of them
    occurs in fewer than LEAST_TEXTS texts.

    Welch's test, its degrees of freedom by Satterthwaite, means over occurrences weighted by the texts. p is at least
    2^(1 - texts), the smallest that a sign test of so many texts gives: a smaller p would rest on an assumption about
    the values' distribution. What is below 1e-7 of `scale` is rounding."""
    parts = (first, *others)
    variances = np.array([part.variance for part in parts])
    freedom = np.array([part.freedom for part in parts])
    total, rounding = variances.sum(axis=0), 1e-7 * scale
    spread = max(rounding, np.finfo(float).tiny)
    by_part = np.divide(variances**2, freedom, out=np.zeros_like(variances), where=freedom > 0).sum(axis=0)
    degrees = np.divide(total**2, by_part, out=first.freedom.copy(), where=by_part > 0)
    away = np.where(np.abs(difference) <= rounding, 0.0, np.abs(difference)) / np.maximum(np.sqrt(total), spread)
    p = np.maximum(2 * stdtr(degrees, -away), 2.0 ** (1 - first.texts))
    enough = np.min([part.texts for part in parts], axis=0) >= LEAST_TEXTS
    return np.where(enough, np.minimum(p, 1.0), np.nan)


def false_discovery_rate(p: Float[np.ndarray, " tests"]) -> Float[np.ndarray, " tests"]:
    """q of each test, its false discovery rate; NaN stays NaN and is not counted as a test.

    Source: Benjamini and Hochberg (1995), J. R. Statist. Soc. B 57, 289-300.
    """
    known = np.flatnonzero(np.isfinite(p))
    order = known[np.argsort(p[known], kind="stable")]
    raised = p[order] * len(known) / np.arange(1, len(known) + 1)
    q = np.full(len(p), np.nan)
    q[order] = np.minimum.accumulate(raised[::-1])[::-1]
    return q
