"""How far eigenvalues move when the sequences are drawn again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg

from kann.errors import NotEnoughData, OutOfRange
from kann.numerics.eigenpairs import Eigenpairs, partners
from kann.numerics.factors import Factors
from kann.numerics.moments import Moments
from kann.numerics.regression import checked_rank

FEWEST_CHUNKS = 8


@dataclass(frozen=True)
class Intervals:
    """Spread of each eigenvalue over resamples, in the order of `Operator.eigenvalues`.

    `standard_error`, `modulus_low`, `modulus_high` [rank]: of |lambda|, the bounds at 95 %;
    `covariance` [rank 2 2] of (real, imaginary part).
    """

    eigenvalues: np.ndarray
    standard_error: np.ndarray
    modulus_low: np.ndarray
    modulus_high: np.ndarray
    covariance: np.ndarray


def linearised_bootstrap(
    groups: Moments, factors: Factors, rank: int | None, strata: list[str], samples: int, seed: int
) -> Intervals:
    """Chunks drawn again within their class, `samples` times; each draw moves an eigenvalue by the sum
    of its chunks' influences. The basis stays. Within 2 % of refitting, at a hundredth of the work.
    """
    if samples < 2:
        raise OutOfRange(f"A bootstrap takes at least 2 samples, not {samples}.")
    filled = np.flatnonzero(groups.count > 0)
    if len(filled) < FEWEST_CHUNKS:
        raise NotEnoughData(
            f"The bootstrap needs at least {FEWEST_CHUNKS} chunks of sequences, {len(filled)} are there: "
            "summarise with more groups, or give more sequences."
        )
    rank = checked_rank(factors, rank)
    values, influences = _influences(groups.pick(filled), factors, rank)
    weights = _draws([strata[index] for index in filled], samples, np.random.default_rng(seed))
    moved = values + weights @ influences
    modulus = np.abs(moved)
    low, high = np.quantile(modulus, [0.025, 0.975], axis=0)
    real, imaginary = (part - part.mean(axis=0) for part in (moved.real, moved.imag))
    covariance = np.array([[(a * b).sum(axis=0) for a in (real, imaginary)] for b in (real, imaginary)])
    return Intervals(values, modulus.std(axis=0, ddof=1), low, high, np.moveaxis(covariance, -1, 0) / (samples - 1))


def _draws(strata: list[str], samples: int, random: np.random.Generator) -> np.ndarray:
    """[samples groups] how often each chunk was drawn, less one, within its class; widened by
    n / (n - 1), the variance that drawing from few chunks loses."""
    names, place = np.unique(strata, return_inverse=True)
    weights = np.zeros((samples, len(strata)))
    for index in range(len(names)):
        members = np.flatnonzero(place == index)
        n = len(members)
        drawn = random.multinomial(n, np.full(n, 1 / n), size=samples) - 1.0
        weights[:, members] = drawn * np.sqrt(n / max(n - 1, 1))
    return weights


def _influences(groups: Moments, factors: Factors, rank: int) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues [rank], and [groups rank] what doubling a group's weight adds to each, to first order.

    With e = phi(y) - lambda phi(x) - l x(input) - b the error of an eigenfunction on a pair and
    a = G^-1 m its dual weight, the influence of a group is the sum of (a . p) e over its pairs.
    """
    pairs, functions, duals, on_inputs = _vectors(factors, rank)
    # A conjugate pair moves as one: its second half is the mirror of the first.
    upper = np.flatnonzero(pairs.values.imag >= 0)
    values, functions, duals, on_inputs = pairs.values[upper], functions[:, upper], duals[:, upper], on_inputs[:, upper]
    d = groups.inputs
    to_white = [factors.frame.factor @ factors.directions[:, :rank]]
    if d:
        to_white.insert(0, factors.input_frame.factor @ factors.input_directions.to_kept)
    response = to_white[-1] @ functions
    to_white = scipy.linalg.block_diag(*to_white)
    weight = to_white @ duals
    error = to_white @ np.vstack([on_inputs, functions * values])
    n = groups.count.sum()
    mean_p, mean_y = groups.sum_p.sum(0) / n, groups.sum_y.sum(0) / n
    sums_w = (groups.sum_p - np.outer(groups.count, mean_p)) @ weight
    sums_e = (groups.sum_y - np.outer(groups.count, mean_y)) @ response - (
        groups.sum_p - np.outer(groups.count, mean_p)
    ) @ error
    raw = _bilinear(weight, groups.py, response) - _bilinear(weight, groups.pp, error)
    # Centre on the means over all groups: sum (w - w0)(e - e0).
    w0, e0 = mean_p @ weight, mean_y @ response - mean_p @ error
    centred = raw - w0 * (sums_e + np.outer(groups.count, e0)) - e0 * sums_w
    if not factors.intercept:
        shift_w, shift_e = _uncentred(factors, rank, values, functions, duals, on_inputs)
        centred = centred + shift_w * sums_e + shift_e * sums_w + np.outer(groups.count, shift_w * shift_e)
    influences = np.zeros((len(centred), rank), complex)
    influences[:, upper] = centred
    influences[:, partners(pairs.values)[upper]] = np.where(values.imag > 0, centred.conj(), centred)
    return pairs.values, influences


def _vectors(factors: Factors, rank: int) -> tuple[Eigenpairs, np.ndarray, np.ndarray, np.ndarray]:
    """Eigenpairs; eigenfunctions [rank modes]; dual weights [kept inputs + rank modes]; and the inputs' part
    [kept inputs, modes] of each eigenfunction's prediction."""
    regressor, pairs = factors.regressor[:rank, :rank], factors.eigenpairs(rank)
    functions = scipy.linalg.solve_triangular(regressor, pairs.right, check_finite=False)
    duals = scipy.linalg.solve_triangular(regressor, pairs.left, check_finite=False)
    if not len(factors.input_factor):
        return pairs, functions, duals, np.zeros((0, rank), complex)
    cross, factor = factors.input_cross[:, :rank], factors.input_factor
    on_inputs = factors.input_response[:, :rank] @ functions - cross @ functions * pairs.values
    on_inputs, before = (scipy.linalg.solve_triangular(factor, right) for right in (on_inputs, -cross @ duals))
    return pairs, functions, np.vstack([before, duals]), on_inputs


def _bilinear(left: np.ndarray, products: np.ndarray, right: np.ndarray) -> np.ndarray:
    """[groups modes] left_j' products_g right_j, the products real."""
    modes = right.shape[1]
    turned = products @ np.concatenate([right.real, right.imag], axis=1)
    real, imaginary = turned[..., :modes], turned[..., modes:]
    along = [(part * half).sum(axis=1) for part in (left.real, left.imag) for half in (real, imaginary)]
    return along[0] - along[3] + 1j * (along[1] + along[2])


def _uncentred(factors, rank, values, functions, duals, on_inputs) -> tuple[np.ndarray, np.ndarray]:
    """Means of the dual weight and of the error about 0, for fits without an intercept."""
    basis = factors.directions[:, :rank]
    mean_x, mean_y = factors.mean_x @ basis, factors.mean_y @ basis
    p = np.concatenate([factors.mean_inputs @ factors.input_directions.to_kept, mean_x])
    return p @ duals, mean_y @ functions - p @ np.vstack([on_inputs, functions * values])
