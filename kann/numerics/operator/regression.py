"""Factors -> the least-squares regression between states, without an eigenproblem."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from jaxtyping import Float

from kann.errors import OutOfRange
from kann.numerics.moments.factors import Factors


@dataclass(frozen=True)
class Regression:
    """z(t + lag) = matrix z(t) + offset (+ input_matrix x(t + lag)), with z = basis' (h - mean).

    `matrix` [rank rank] acts on columns; `input_matrix` [rank inputs] has no columns where it was fitted
    without. Directions that the fitted inputs lack have no effect: a symbol that no fitted sequence has acts
    as the mean input does. `wanted` is the rank that was asked for. With delays, a state is the stack of itself
    and the `delays` before it, newest first.

    `basis`: orthonormal directions of the states, by falling variance; `singular_values` of all true states, about
    `mean`, which is zero without an intercept, the first `available` of them above rounding noise; `mean_inputs` of
    the fitted transitions. `cuts` say in words what was left out.
    """

    matrix: Float[np.ndarray, "rank rank"]
    offset: Float[np.ndarray, " rank"]
    input_matrix: Float[np.ndarray, "rank inputs"]
    basis: Float[np.ndarray, "units rank"]
    mean: Float[np.ndarray, " units"]
    mean_inputs: Float[np.ndarray, " inputs"]
    singular_values: Float[np.ndarray, " units"]
    available: int
    intercept: bool
    wanted: int
    lag: int
    delays: int
    cuts: tuple[str, ...]

    @property
    def rank(self) -> int:
        return len(self.matrix)

    @property
    def notes(self) -> tuple[str, ...]:
        """Warnings."""
        return self.cuts

    def coordinates(self, states: Float[np.ndarray, "*shape units"]) -> Float[np.ndarray, "*shape rank"]:
        """z of states, in the basis."""
        return (np.asarray(states, dtype=np.float64) - self.mean) @ self.basis

    def predict(self, states: Float[np.ndarray, "*shape units"], steps: int = 1, inputs=None) -> np.ndarray:
        """The states `steps` lags on, each from its own true state. Source: Naiman and Azencot (2023), Eq. 6.

        An operator fitted with inputs takes the inputs of these steps: [... channels] for one step,
        [... steps channels] for several.

        Raises:
            OutOfRange: fewer than 0 steps, or inputs missing, superfluous or of another width.
        """
        if steps < 0:
            raise OutOfRange(f"A prediction reaches 0 steps or more, not {steps}.")
        z = self.coordinates(states)
        drive = self._drive(inputs, steps, z.shape[:-1])
        for step in range(steps):
            z = z @ self.matrix.T + self.offset
            if drive is not None:
                z = z + drive[..., step, :] @ self.input_matrix.T
        return self.mean + z @ self.basis.T

    def _drive(self, inputs, steps: int, shape: tuple[int, ...]):
        channels = self.input_matrix.shape[1]
        if inputs is None:
            if channels and steps:
                raise OutOfRange(f"This operator was fitted with {channels} inputs: give them, [... {channels}].")
            return None
        drive = np.asarray(inputs, dtype=np.float64)
        drive = drive[..., None, :] if drive.ndim == len(shape) + 1 else drive
        if drive.shape != (*shape, steps, channels):
            raise OutOfRange(f"Inputs of shape {np.shape(inputs)} do not fit {steps} steps of {channels} inputs.")
        return drive


def regress(factors: Factors, rank: int | None, lag: int, delays: int) -> Regression:
    """The regression at a rank, or at the numerical rank where that is smaller."""
    wanted = len(factors.singular_values) if rank is None else rank
    rank = checked_rank(factors, wanted)
    matrix = scipy.linalg.solve_triangular(
        factors.regressor[:rank, :rank], factors.response[:rank, :rank], check_finite=False
    ).T
    input_matrix = _input_matrix(factors, rank, matrix)
    return Regression(
        matrix=matrix,
        offset=_offset(factors, matrix, input_matrix),
        input_matrix=input_matrix,
        # In one layout, so that what is read from a file gives the same bytes as what was written.
        basis=np.ascontiguousarray(factors.directions[:, :rank]),
        mean=factors.mean,
        mean_inputs=factors.mean_inputs,
        singular_values=factors.singular_values,
        available=factors.available,
        intercept=factors.intercept,
        wanted=wanted,
        lag=lag,
        delays=delays,
        cuts=_cuts(factors, rank, wanted),
    )


def checked_rank(factors: Factors, rank: int | None) -> int:
    """The rank, or the numerical rank where that is smaller or none is given."""
    units = len(factors.singular_values)
    wanted = units if rank is None else rank
    if not 1 <= wanted <= units:
        raise OutOfRange(f"A rank lies between 1 and the {units} units of the state, not at {wanted}.")
    return max(min(wanted, factors.available), 1)


def _cuts(factors: Factors, rank: int, wanted: int) -> tuple[str, ...]:
    cuts = factors.input_directions.notes(factors.intercept)
    if rank == wanted:
        return cuts
    cut = (
        f"Rank cut from {wanted} to {rank}: further directions are weaker than "
        f"{factors.digits:g} of the strongest and hold rounding noise."
    )
    return (cut, *cuts)


def _input_matrix(factors: Factors, rank: int, matrix: np.ndarray) -> np.ndarray:
    """Zero on what the kept directions leave out; of inputs that none of them holds, zero altogether."""
    right = factors.input_response[:, :rank] - factors.input_cross[:, :rank] @ matrix.T
    effects = scipy.linalg.solve_triangular(factors.input_factor, right, check_finite=False)
    return effects.T @ factors.input_directions.to_kept.T


def _offset(factors: Factors, matrix: np.ndarray, input_matrix: np.ndarray) -> np.ndarray:
    if not factors.intercept:
        return np.zeros(len(matrix))
    basis = factors.directions[:, : len(matrix)]
    before, after = (factors.mean_x - factors.mean) @ basis, (factors.mean_y - factors.mean) @ basis
    return after - matrix @ before - input_matrix @ factors.mean_inputs
