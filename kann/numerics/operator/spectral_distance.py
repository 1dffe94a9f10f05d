"""Distance of two spectra: matched eigenvalues, and modes that only one spectrum has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Complex, Float, Int
from scipy.optimize import linear_sum_assignment

from kann.numerics.operator.eigenpairs import partners
from kann.numerics.operator.matching import SAME
from kann.numerics.uncertainty.trust import inside_ellipse

# Memories beyond this modulus (half-lives of some 7,000 steps) are not told apart: hardly a sequence is longer.
LONGEST = 1 - 1e-4


@dataclass(frozen=True)
class Matching:
    """Partners of least total distance; a conjugate pair is named once, by its upper half.

    `one`, `other` [matches] indices into the two spectra, -1 where a spectrum has fewer eigenvalues and was
    completed by zeros. `weights` [matches] eigenvalues of each side that the match stands for: 2 for a pair
    that meets a pair, 1 for a real one; a pair that meets two real ones has two matches of weight 1.
    `distances` [matches] in the complex plane, per step.
    """

    one: Int[np.ndarray, " matches"]
    other: Int[np.ndarray, " matches"]
    weights: Int[np.ndarray, " matches"]
    distances: Float[np.ndarray, " matches"]

    @property
    def distance(self) -> float:
        """Mean over all eigenvalues of the larger spectrum: what `spectral_distance` gives."""
        return float(self.distances @ self.weights / max(self.weights.sum(), 1))


def match_spectra(one: Complex[np.ndarray, " modes"], other: Complex[np.ndarray, " others"]) -> Matching:
    """The optimal assignment between two spectra, each closed under conjugation.

    The smaller one is completed by zeros: an operator of lower rank has no memory outside its basis, so that an
    unmatched mode costs its modulus. Distances are those of the complex plane, as published; near the unit circle they
    are small even where half-lives differ by much, for which see `without_counterpart`.

    Source: the distance of Wasserstein between empirical spectra, as KoopSTD (2025) compares models; for normal
    operators the best match is also the distance up to rotation of the states (Hoffman and Wielandt, 1953).
    """
    cost = _costs(one, other)
    rows, columns = linear_sum_assignment(cost)
    heads = np.stack([_heads(one, len(cost))[rows], _heads(other, len(cost))[columns]], axis=1)
    matches, first, weights = np.unique(heads, axis=0, return_index=True, return_counts=True)
    order = np.lexsort((matches[:, 1], np.where(matches[:, 0] < 0, len(cost), matches[:, 0])))
    return Matching(*matches[order].T, weights[order], cost[rows, columns][first][order])


def spectral_distance(one: Complex[np.ndarray, " modes"], other: Complex[np.ndarray, " others"]) -> float:
    """Mean distance of matched eigenvalues, per step; see `match_spectra`."""
    return float(spectral_distances(one[None], other[None])[0])


def spectral_distances(
    one: Complex[np.ndarray, "draws modes"], other: Complex[np.ndarray, "draws others"]
) -> Float[np.ndarray, " draws"]:
    """`spectral_distance` of many pairs of spectra."""
    costs = (_costs(a, b) for a, b in zip(one, other, strict=True))
    return np.array([cost[linear_sum_assignment(cost)].sum() / max(len(cost), 1) for cost in costs])


def mean_distances(spectra: Complex[np.ndarray, "spectra modes"]) -> Float[np.ndarray, " spectra"]:
    """`spectral_distance` of each spectrum from the others, on average."""
    count = len(spectra)
    one, other = np.triu_indices(count, 1)
    distances = np.zeros((count, count))
    distances[one, other] = spectral_distances(spectra[one], spectra[other])
    return (distances + distances.T).sum(axis=1) / max(count - 1, 1)


def response_correlation(
    one: Complex[np.ndarray, " modes"], other: Complex[np.ndarray, " others"]
) -> Float[np.ndarray, "modes others"]:
    """|correlation| over all time of the impulse responses lambda^t of two modes: 1 for the same mode, near 0 where one
    lasts and the other does not; .94 where half-lives differ by a factor of 2, .87 for 3.

    It equals sqrt(1 - d^2) with d the pseudo-hyperbolic distance in the unit disc. A modulus is taken as LONGEST
    at most: modes that do not decay differ by their frequency only.
    """
    a, b = _within(one)[:, None], _within(other)
    energies = (1 - np.abs(a) ** 2) * (1 - np.abs(b) ** 2)
    return np.minimum(np.sqrt(energies) / np.abs(1 - a * b.conj()), 1.0)


def without_counterpart(
    one: Complex[np.ndarray, " modes"],
    other: Complex[np.ndarray, " others"],
    covariance: Float[np.ndarray, "modes 2 2"],
    of_other: Float[np.ndarray, "others 2 2"],
) -> tuple[Bool[np.ndarray, " modes"], Bool[np.ndarray, " others"]]:
    """Which modes exist in one spectrum only: no eigenvalue of the other, matched to it or not, could be the
    same, since the 95 % ellipse of their difference excludes it and their responses correlate less than SAME.

    `covariance`, `of_other` of (real, imaginary part), not finite where unknown: then only the responses decide.
    """
    known = np.where(np.isfinite(covariance), covariance, 0.0), np.where(np.isfinite(of_other), of_other, 0.0)
    same = inside_ellipse(other, one, *known) | (response_correlation(one, other) >= SAME)
    return ~same.any(axis=1), ~same.any(axis=0)


def _costs(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Distances on the closed upper half plane, where both halves of a pair coincide: the best match has the same cost
    as on the whole plane, since folding increases no distance."""
    count = max(len(one), len(other))
    a, b = (np.pad(values.real + 1j * np.abs(values.imag), (0, count - len(values))) for values in (one, other))
    return np.abs(a[:, None] - b)


def _heads(values: np.ndarray, count: int) -> np.ndarray:
    """Index of each eigenvalue, of the upper half for both halves of a pair; -1 for the zeros behind them."""
    own = np.where(values.imag < 0, partners(values), np.arange(len(values)))
    return np.pad(own, (0, count - len(values)), constant_values=-1)


def _within(values: np.ndarray) -> np.ndarray:
    """The values, with moduli clipped to LONGEST."""
    modulus = np.abs(values)
    return values * (np.minimum(modulus, LONGEST) / np.maximum(modulus, np.finfo(float).tiny))
