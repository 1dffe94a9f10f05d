"""How many steps ahead a mode's eigenvalue predicts it, tested on states several lags later.

Computed from second moments of states several lags apart, so that another rank needs no second pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex, Float

from kann.numerics.moments.statistic import Statistic
from kann.numerics.operator.koopman import Operator

# Lags ahead at which modes are tried.
HORIZONS = (1, 2, 5, 10, 20, 50, 100, 200)
# A mode is predicted where its eigenvalue explains this part of its variance.
_EXPLAINED = 0.1
# Growth or rotation is confirmed where it leaves at most this part of the error that a mode without it leaves.
_BETTER = 0.9


@dataclass(frozen=True)
class Reach:
    """Steps ahead, 0 for none: up to which each mode's eigenvalue `predicts` it, up to which its change of size
    (`size`) and its rotation (`rhythm`) predict better than a mode of constant size, or one that does not rotate."""

    predicts: Float[np.ndarray, " modes"]
    size: Float[np.ndarray, " modes"]
    rhythm: Float[np.ndarray, " modes"]


def mode_reach(operator: Operator, statistics: Sequence[Statistic], label=None) -> Reach:
    """Over the transitions of statistics of rising lag, of the class `label` or of all.

    The error of a factor a over h lags is the variance of phi(t + h) - a phi(t): that of lambda^h is compared with
    those of 0, of (lambda / |lambda|)^h and of |lambda|^h, each with a free offset."""
    values = operator.eigenvalues
    modulus = np.abs(values)
    turn = values / np.maximum(modulus, np.finfo(float).tiny)
    held = []
    for statistic in statistics:
        seen = _covariances(operator, statistic, label)
        own, fixed, straight = (
            _left(*seen, factor ** (statistic.lag // operator.lag)) for factor in (values, turn, modulus + 0j)
        )
        held.append([own <= (1 - _EXPLAINED) * seen[1], own <= _BETTER * fixed, own <= _BETTER * straight])
    predicts, size, rhythm = np.array(held).reshape(len(held), 3, len(values)).transpose(1, 0, 2)
    lags = np.array([statistic.lag for statistic in statistics])
    predicts = np.logical_and.accumulate(predicts, axis=0)
    return Reach(*(_reached(kind & predicts, lags) for kind in (predicts, size, rhythm)))


def _covariances(operator: Operator, statistic: Statistic, label) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Variances [modes] of phi(t) and phi(t + h), and the covariance conj(phi(t)) phi(t + h)."""
    total = statistic.total(label)
    count = total.count[0]
    vectors = statistic.frame.factor @ operator.basis @ operator.eigenfunctions
    mean_x, mean_y = total.sum_p[0] / count, total.sum_y[0] / count
    products = (
        (total.pp[0] / count - np.outer(mean_x, mean_x), "x"),
        (total.yy[0] / count - np.outer(mean_y, mean_y), "y"),
        (total.py[0] / count - np.outer(mean_x, mean_y), "xy"),
    )
    before, after, across = (np.sum(vectors.conj() * (product @ vectors), axis=0) for product, _ in products)
    return before.real, after.real, across


def _left(
    before: np.ndarray, after: np.ndarray, across: Complex[np.ndarray, " modes"], factor: Complex[np.ndarray, " modes"]
) -> np.ndarray:
    return after - 2 * (factor.conj() * across).real + np.abs(factor) ** 2 * before


def _reached(held: np.ndarray, lags: np.ndarray) -> np.ndarray:
    """The lag [modes] of the last horizon before the first that fails after one that held; 0 where none holds. A slow
    rotation is visible only after some steps, so that failing at first does not count."""
    begun = np.logical_or.accumulate(held, axis=0)
    ended = np.logical_or.accumulate(begun & ~held, axis=0)
    return (lags[:, None] * (held & ~ended)).max(axis=0, initial=0).astype(float)
