"""Extrapolation of states by the operator alone, each over its own number of steps, and its relative error."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from kann.errors import OutOfRange
from kann.numerics.operator.regression import Regression
from kann.numerics.prediction.score import SILENT


def extrapolated(
    operator: Regression, states: Float[np.ndarray, "sequences units"], steps: Int[np.ndarray, " sequences"]
) -> Float[np.ndarray, "sequences units"]:
    """The states after this many applications of the affine map.

    Raises:
        OutOfRange: fewer than 0 steps, or an operator that asks for inputs or spans several steps at once.
    """
    if len(steps) and steps.min() < 0:
        raise OutOfRange(f"An extrapolation takes 0 steps or more, not {steps.min()}.")
    if operator.input_matrix.shape[1] or operator.delays or operator.lag != 1:
        raise OutOfRange(
            "Extrapolation takes an operator of states alone, one step at a time: fit it with lag 1, without delays "
            f"and inputs (this one has lag {operator.lag}, {operator.delays} delays and "
            f"{operator.input_matrix.shape[1]} inputs)."
        )
    z = operator.coordinates(states)
    for done in range(int(steps.max(initial=0))):
        under_way = steps > done
        z[under_way] = z[under_way] @ operator.matrix.T + operator.offset
    return operator.mean + z @ operator.basis.T


def relative_errors(
    guesses: Float[np.ndarray, "sequences units"], states: Float[np.ndarray, "sequences units"]
) -> Float[np.ndarray, " sequences"]:
    """||guess - state||^2 / ||state||^2 of each; NaN where the state is silent.

    Source: Naiman and Azencot (2023), Eq. 12, whose mean over sequences is e_rel.
    """
    sizes = np.square(states.astype(np.float64)).sum(axis=1)
    wrong = np.square(guesses - states.astype(np.float64)).sum(axis=1)
    return np.divide(wrong, sizes, out=np.full(len(sizes), np.nan), where=sizes > SILENT)
