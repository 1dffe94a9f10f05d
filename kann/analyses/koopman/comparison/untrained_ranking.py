"""Rank test: the opened network among untrained ones, by the distance of their spectra."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from kann.analyses.koopman.spectrum.settings import Fit
from kann.errors import NotEnoughData
from kann.numerics.moments.statistic import Statistic
from kann.numerics.operator.spectral_distance import mean_distances
from kann.numerics.uncertainty.permutations import p_value


@dataclass(frozen=True)
class RankingSettings:
    """The number of `twins` of each kind, and the largest number of `sequences` (evenly spaced) and largest `rank` used
    for all networks.

    With 24 twins the smallest p-value is 1 / 25, that of the network with the largest distance in its row."""

    twins: int = 24
    sequences: int = 128
    rank: int = 32


@dataclass(frozen=True)
class Spectra:
    """The factors of one network: `regressor`, `response` [rank rank], their leading blocks, from which every
    smaller rank follows."""

    regressor: Float[np.ndarray, "rank rank"]
    response: Float[np.ndarray, "rank rank"]

    def eigenvalues(self, rank: int) -> np.ndarray:
        """[rank], completed by zeros where the states have fewer directions, which have no memory."""
        kept = min(rank, len(self.regressor))
        matrix = np.linalg.solve(self.regressor[:kept, :kept].T, self.response[:kept, :kept].T)
        return np.pad(np.linalg.eigvals(matrix).astype(complex), (0, rank - kept))


@dataclass(frozen=True)
class UntrainedRanking:
    """`distances` [kinds networks]: mean distance of each network from the others of its row, the opened network first,
    then its untrained twins of that kind; `kinds` in words; at `rank` directions of each network, on `sequences`."""

    kinds: tuple[str, ...]
    distances: Float[np.ndarray, "kinds networks"]
    rank: int
    sequences: int

    @property
    def p_values(self) -> np.ndarray:
        """[kinds]: share of the networks of each row whose distance is at least that of the opened one."""
        return np.array([p_value(row[0], row[1:]) for row in self.distances])

    @property
    def strictest(self) -> int:
        """The kind from which the opened network differs least: by the largest p-value, then by the smallest distance
        in units of the twins' own."""
        ratio = self.distances[:, 0] / np.maximum(self.distances[:, 1:].max(axis=1), np.finfo(float).tiny)
        return int(np.lexsort((ratio, -self.p_values))[0])

    @property
    def p_value(self) -> float:
        """That of the strictest kind: small only if the opened network differs from all untrained kinds."""
        return float(self.p_values[self.strictest])


def spectra(fitted: Statistic, fit: Fit, rank: int) -> Spectra:
    """The leading factors of one network, without inputs; empty where its states never change."""
    try:
        factors = fitted.without_inputs.factors(fit.intercept)
    except NotEnoughData:
        return Spectra(np.zeros((0, 0)), np.zeros((0, 0)))
    kept = min(rank, factors.available)
    return Spectra(factors.regressor[:kept, :kept], factors.response[:kept, :kept])


def rank_among_untrained(
    kinds: Sequence[str], rank: int, sequences: int, opened: Spectra, twins: Callable[[str], list[Spectra]]
) -> UntrainedRanking:
    """All rows at one rank. If training had changed nothing, the opened network would be one more draw of its kind and
    have every rank in the row with equal probability, whatever the distance: the p-value is exact."""
    own = opened.eigenvalues(rank)
    rows = [mean_distances(np.stack([own, *(twin.eigenvalues(rank) for twin in twins(kind))])) for kind in kinds]
    return UntrainedRanking(tuple(kinds), np.stack(rows), rank, sequences)
