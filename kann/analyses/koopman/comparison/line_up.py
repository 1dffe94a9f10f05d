"""The opened network in a row with untrained ones: if it were one of them, it would lie among them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from kann.analyses.koopman.spectrum.transitions import Settings as Fit
from kann.errors import NotEnoughData
from kann.numerics.moments.statistic import Statistic
from kann.numerics.operator.spectral_distance import mean_distances
from kann.numerics.uncertainty.permutations import p_value


@dataclass(frozen=True)
class Settings:
    """How many `twins` of each kind, all networks on at most `sequences`, evenly spaced, at most at `rank`.

    With 24 twins the least p-value is 1 / 25: a network that lies furthest out of its row."""

    twins: int = 24
    sequences: int = 128
    rank: int = 32


@dataclass(frozen=True)
class Spectra:
    """One network's part of a row: `regressor`, `response` [rank rank], the leading blocks of its factors, from which
    every smaller rank follows."""

    regressor: np.ndarray
    response: np.ndarray

    def eigenvalues(self, rank: int) -> np.ndarray:
        """[rank], completed by zeros where the states have fewer directions: those forget at once."""
        kept = min(rank, len(self.regressor))
        matrix = np.linalg.solve(self.regressor[:kept, :kept].T, self.response[:kept, :kept].T)
        return np.pad(np.linalg.eigvals(matrix).astype(complex), (0, rank - kept))


@dataclass(frozen=True)
class LineUp:
    """`distances` [kinds networks] of each network from the others of its row on average: the opened network first,
    then its untrained twins of that kind; `kinds` in words; at `rank` directions of each network, on `sequences`."""

    kinds: tuple[str, ...]
    distances: np.ndarray
    rank: int
    sequences: int

    @property
    def p_values(self) -> np.ndarray:
        """[kinds] the share of each row's networks that lie at least as far out as the opened one."""
        return np.array([p_value(row[0], row[1:]) for row in self.distances])

    @property
    def strictest(self) -> int:
        """The kind that the opened network is hardest to tell from: of the largest p-value, then of the least
        distance in units of the twins' own."""
        ratio = self.distances[:, 0] / np.maximum(self.distances[:, 1:].max(axis=1), np.finfo(float).tiny)
        return int(np.lexsort((ratio, -self.p_values))[0])

    @property
    def p_value(self) -> float:
        """That of the strictest kind: small only if the opened network is none of the untrained kinds."""
        return float(self.p_values[self.strictest])


def spectra(fitted: Statistic, fit: Fit, rank: int) -> Spectra:
    """One network's leading factors, without inputs; none where its states never change."""
    try:
        factors = fitted.without_inputs.factors(fit.intercept)
    except NotEnoughData:
        return Spectra(np.zeros((0, 0)), np.zeros((0, 0)))
    kept = min(rank, factors.available)
    return Spectra(factors.regressor[:kept, :kept], factors.response[:kept, :kept])


def line_up(
    kinds: Sequence[str], rank: int, sequences: int, opened: Spectra, twins: Callable[[str], list[Spectra]]
) -> LineUp:
    """Every row at one rank. If training had changed nothing, the opened network would be one more draw of its kind,
    and every place in the row as likely as any other, whatever the distance: the p-value is exact."""
    own = opened.eigenvalues(rank)
    rows = [mean_distances(np.stack([own, *(twin.eigenvalues(rank) for twin in twins(kind))])) for kind in kinds]
    return LineUp(tuple(kinds), np.stack(rows), rank, sequences)
