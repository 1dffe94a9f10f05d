"""Shares of modes in the outputs of a read-out."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from kann.numerics.operator.eigenpairs import close_under_conjugation
from kann.numerics.operator.koopman import Operator


def evidence_shares(operator: Operator, direction: Float[np.ndarray, " units"]) -> Float[np.ndarray, " modes"]:
    """Part of the variance of an output whose gradient is `direction` that each mode explains, over all fitted states.

    Covariance over variance, as `Operator.shares` for the whole state: the shares sum to one, and one is
    negative where modes cancel. Both halves of a conjugate pair have the same share, half of the pair's.
    Without an intercept squares about zero take the variance's place.
    """
    spread = operator.singular_values[: operator.rank] ** 2
    along = direction @ operator.basis
    total = np.sum(spread * along**2)
    if not total:
        return np.zeros(operator.rank)
    of_mode = (operator.eigenfunctions * (direction @ operator.modes)).real
    return (spread * along) @ of_mode / total


def decision_shares(operator: Operator, gradient: Float[np.ndarray, "outputs units"]) -> Float[np.ndarray, " modes"]:
    """`evidence_shares` over all classes of a read-out together: covariances added over variances added.

    The evidence for a class is its output less the mean of all, or a single output. `gradient` is of the newest
    state; earlier ones, with delays, are not read.
    """
    newest = gradient - gradient.mean(axis=0) if len(gradient) > 1 else gradient
    directions = np.pad(newest, ((0, 0), (0, len(operator.mean) - gradient.shape[1])))
    spread = operator.singular_values[: operator.rank] ** 2
    along = directions @ operator.basis
    of_mode = ((along * spread) @ operator.eigenfunctions * (directions @ operator.modes)).real
    return of_mode.sum(axis=0) / max(np.sum(along**2 @ spread), np.finfo(float).tiny)


def largest_share(operator: Operator, shares: Float[np.ndarray, " modes"]) -> tuple[int, float]:
    """The mode with the largest share, and that share; of a conjugate pair the upper half, with both halves' share."""
    together = np.where(operator.eigenvalues.imag != 0, 2, 1) * shares
    best = int(close_under_conjugation(operator.eigenvalues, [int(np.argmax(together))])[0])
    return best, float(together[best])
