"""A few leading directions of the states: those of largest variance, or those that best predict the next state."""

from __future__ import annotations

import numpy as np
import scipy.linalg
from jaxtyping import Float

from kann.numerics.moments.factors import Factors


def strongest_directions(factors: Factors, rank: int) -> Float[np.ndarray, "units rank"]:
    """The leading principal directions, each at unit variance over the states. They depend on the coordinates: use them
    to compare classes of one network, not two networks."""
    rank = min(rank, factors.available)
    return factors.directions[:, :rank] * (np.sqrt(factors.states) / factors.singular_values[:rank])


def predictable_directions(factors: Factors, rank: int) -> Float[np.ndarray, "units rank"]:
    """Functions of the state whose correlation with any function of the state a lag later is largest, each at unit
    variance, most predictable first: the left singular functions of the operator between white states.

    States that were mapped by any invertible matrix (with an intercept: also shifted) have the same functions, so
    that operators on them are alike where only the coordinates differ. `factors` without inputs.

    Source: Wu and Noé (2020), "Variational approach for learning Markov processes from time series data", Eq. 20.
    """
    count = factors.available
    rank = min(rank, count)
    regressor, response = factors.regressor[:count, :count], factors.response[:count, :count]
    beside = np.vstack([factors.response[count:, :count], factors.remainder[:, :count]])
    later = scipy.linalg.qr(np.vstack([response, beside]), mode="r", check_finite=False)[0][:count]
    left, _, _ = scipy.linalg.svd(response @ scipy.linalg.pinv(later, check_finite=False), check_finite=False)
    functions = scipy.linalg.solve_triangular(regressor, left[:, :rank], check_finite=False)
    return factors.directions[:, :count] @ functions * np.sqrt(factors.pairs)
