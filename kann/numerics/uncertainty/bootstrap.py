"""Bootstrap intervals of eigenvalues over sequences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.stats
from jaxtyping import Complex, Float
from scipy.optimize import linear_sum_assignment

from kann.errors import NotEnoughData, OutOfRange
from kann.numerics.moments.sums import Moments
from kann.numerics.operator.eigenpairs import partners
from kann.numerics.uncertainty.trust import inside_ellipse

FEWEST_CHUNKS = 8
_FEWEST_DRAWS, _MOST_DRAWS = 16, 200


@dataclass(frozen=True)
class Intervals:
    """Spread of each eigenvalue over bootstrap refits, in the order of `Operator.eigenvalues`.

    `standard_error`, `modulus_low`, `modulus_high` [rank]: of |lambda|, the bounds at 95 %; `covariance`
    [rank 2 2] of (real, imaginary part) about the estimate, widened for few draws, so that the 95 % ellipse of a
    normal distribution is one of the eigenvalue.
    """

    eigenvalues: Complex[np.ndarray, " rank"]
    standard_error: Float[np.ndarray, " rank"]
    modulus_low: Float[np.ndarray, " rank"]
    modulus_high: Float[np.ndarray, " rank"]
    covariance: Float[np.ndarray, "rank 2 2"]


def affordable_draws(units: int) -> int:
    """The number of refits that is fast enough for a slider: an eigenproblem of 64 directions takes 1 ms, of 256 40
    ms."""
    return int(np.clip(48 * 64 // units, _FEWEST_DRAWS, _MOST_DRAWS))


def intervals(values: np.ndarray, drawn: np.ndarray, freedom: int) -> Intervals:
    """Intervals of eigenvalues from those of refits, `drawn` [draws rank] in any order; `freedom` is how many more
    chunks than classes were drawn from.

    The bounds are the outermost of three: percentiles, which follow a skew; Student's t about the estimate, which
    allows for few draws and few chunks; and the same about the estimate less the bias that refits show, since
    sampling drives eigenvalues of a cluster apart. The lower one is 0 where the eigenvalue could be 0. How often they
    hold the truth is measured by `benchmarks/coverage.py`.

    Source: Efron and Tibshirani (1993), "An introduction to the bootstrap", chapters 12 and 13.
    """
    moved = _matched(values, drawn)
    freedom = 1 / (1 / (len(moved) - 1) + 1 / freedom)
    point, moduli = np.abs(values), np.abs(moved)
    standard_error, bias = moduli.std(axis=0, ddof=1), moduli.mean(axis=0) - point
    reach = scipy.stats.t.ppf(0.975, freedom) * standard_error
    low, high = np.quantile(moduli, [0.025, 0.975], axis=0)
    low = np.minimum(low, point - reach - np.maximum(bias, 0.0))
    high = np.maximum(high, point + reach - np.minimum(bias, 0.0))
    covariance = _second(moved - values) * _widening(freedom)
    could_be_zero = inside_ellipse(np.zeros(1, complex), values, covariance)[:, 0]
    return Intervals(
        eigenvalues=values,
        standard_error=standard_error,
        modulus_low=np.where(could_be_zero, 0.0, np.maximum(low, 0.0)),
        modulus_high=high,
        covariance=covariance,
    )


def draws(groups: Moments, strata: list[str], samples: int, seed: int) -> tuple[np.ndarray, int]:
    """Weights [samples groups] of chunks of sequences drawn again within their class, which `strata` names; and
    how many more chunks than classes they come from.

    Of the n chunks of a class n - 1 are drawn and weigh n / (n - 1), so that few vary as much as their mean does;
    classes share the sequences anew. Classes of a single chunk are drawn as one, else they would never vary.

    Raises:
        OutOfRange: fewer than 2 samples.
        NotEnoughData: fewer than 8 chunks with transitions.

    Source: Rao and Wu (1988), "Resampling inference with complex survey data".
    """
    if samples < 2:
        raise OutOfRange(f"A bootstrap takes at least 2 samples, not {samples}.")
    filled = np.flatnonzero(groups.count > 0)
    if len(filled) < FEWEST_CHUNKS:
        raise NotEnoughData(
            f"The bootstrap needs at least {FEWEST_CHUNKS} chunks of sequences, {len(filled)} are there: "
            "summarise with more groups, or give more sequences."
        )
    _, place, sizes = np.unique([strata[index] for index in filled], return_inverse=True, return_counts=True)
    classes = np.where(sizes[place] == 1, -1, place)
    weights = np.zeros((samples, len(groups.count)))
    weights[:, filled] = _weights(classes, groups.edges[filled], np.random.default_rng(seed), samples)
    return weights, len(filled) - len(np.unique(classes))


def _widening(freedom: float) -> float:
    """Hotelling's 95 % point in two dimensions over that of chi-squared: what ellipses grow by for few draws."""
    rest = max(freedom - 1, 1.0)
    return 2 * (rest + 1) / rest * scipy.stats.f.ppf(0.95, 2, rest) / scipy.stats.chi2.ppf(0.95, 2)


def _second(deviations: np.ndarray) -> np.ndarray:
    """[modes 2 2] second moments of (real, imaginary part) over draws."""
    parts = np.stack([deviations.real, deviations.imag])
    return np.einsum("adm,bdm->mab", parts, parts) / (len(deviations) - 1)


def _weights(classes: np.ndarray, sequences: np.ndarray, random: np.random.Generator, samples: int) -> np.ndarray:
    """[samples chunks], by the class and the number of sequences of each."""
    weights = np.ones((samples, len(classes)))
    names = np.unique(classes)
    shares = np.array([sequences[classes == name].sum() for name in names]) / sequences.sum()
    total = max(round(sequences.sum()), 1)
    drawn_shares = random.multinomial(total, shares, size=samples) / total / shares
    for index, name in enumerate(names):
        members = np.flatnonzero(classes == name)
        n = len(members)
        if n > 1:
            weights[:, members] = random.multinomial(n - 1, np.full(n, 1 / n), size=samples) * (n / (n - 1))
        weights[:, members] *= drawn_shares[:, [index]]
    return weights


def _matched(values: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """[draws rank] each draw's eigenvalues in the order of `values`, at the least total distance; a pair's lower half
    mirrors its upper one."""
    moved = np.empty(drawn.shape, complex)
    for row, found in zip(moved, drawn, strict=True):
        row[:] = found[linear_sum_assignment(np.abs(values[:, None] - found))[1]]
    lower = np.flatnonzero(values.imag < 0)
    moved[:, lower] = moved[:, partners(values)[lower]].conj()
    return moved
