"""Which modes carry what a read-out says."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from kann.numerics.eigenpairs import close_under_conjugation
from kann.numerics.operator import Operator


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


def carrier(operator: Operator, shares: Float[np.ndarray, " modes"]) -> tuple[int, float]:
    """The mode with the largest share, and that share; of a conjugate pair the upper half, with both halves' share."""
    together = np.where(operator.eigenvalues.imag != 0, 2, 1) * shares
    best = int(close_under_conjugation(operator.eigenvalues, [int(np.argmax(together))])[0])
    return best, float(together[best])
