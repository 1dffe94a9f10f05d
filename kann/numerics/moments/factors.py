"""Sums -> triangular factors shared by all ranks, so that a new rank costs one small eigenproblem.

Source: the nested least-squares factorisation of [inputs, X, Y] after rotation to the states' principal
directions; leading blocks of the triangular factor serve every rank.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import scipy.linalg
from jaxtyping import Float

from kann.errors import NotEnoughData
from kann.numerics.moments.frames import Frame, Frames, about_mean, root
from kann.numerics.moments.input_directions import InputDirections, input_directions
from kann.numerics.moments.sums import Moments
from kann.numerics.operator.eigenpairs import Eigenpairs, eigenpairs


@dataclass(frozen=True)
class Factors:
    """Directions and triangular blocks, in the order of falling variance.

    `directions` [units units] in columns; `singular_values` [units] of all true states (about
    `mean` with an intercept, about 0 without); `available` how many of them are above rounding noise.
    With Q the orthonormal rows of the regression: `regressor` = Rt upper triangular, `response` = Z,
    `remainder` = what Y keeps outside, upper triangular; X's own factor `state_norm` (equal to
    `regressor` without inputs). `input_factor` and `input_cross`, `input_response` are the rows of the inputs,
    in the coordinates that `input_directions` keeps. `pairs` transitions and `states` true states stand behind.
    """

    directions: Float[np.ndarray, "units units"]
    singular_values: Float[np.ndarray, " units"]
    available: int
    regressor: Float[np.ndarray, "units units"]
    response: Float[np.ndarray, "units units"]
    remainder: Float[np.ndarray, "units units"]
    state_norm: Float[np.ndarray, "units units"]
    input_factor: Float[np.ndarray, "kept kept"]
    input_cross: Float[np.ndarray, "kept units"]
    input_response: Float[np.ndarray, "kept units"]
    mean: Float[np.ndarray, " units"]
    mean_x: Float[np.ndarray, " units"]
    mean_y: Float[np.ndarray, " units"]
    mean_inputs: Float[np.ndarray, " inputs"]
    intercept: bool
    frame: Frame
    input_frame: Frame | None
    input_directions: InputDirections
    pairs: float
    states: float
    digits: float
    _latest: dict[int, Eigenpairs] = field(default_factory=dict, repr=False, compare=False)

    def orthonormal(self, rank: int) -> Float[np.ndarray, "rank rank"]:
        """The operator in the coordinates of the regressor's orthonormal rows, in row orientation."""
        return on_rows(self.response[:rank, :rank], self.regressor[:rank, :rank])

    def eigenpairs(self, rank: int) -> Eigenpairs:
        """Of `orthonormal`; operator and bootstrap share those of the last rank."""
        found = self._latest.get(rank)
        if found is None:
            found = eigenpairs(self.orthonormal(rank))
            self._latest.clear()
            self._latest[rank] = found
        return found


def on_rows(
    rows: Float[np.ndarray, "rows rank"], regressor: Float[np.ndarray, "rank rank"]
) -> Float[np.ndarray, "rows rank"]:
    """rows Rt^-1: from basis coordinates to those of the regressor's orthonormal rows."""
    return scipy.linalg.solve_triangular(regressor, rows.T, trans="T", check_finite=False).T


def factorise(total: Moments, frames: Frames, intercept: bool, digits: float) -> Factors:
    """The factors of one group of sums. Centring is done in white coordinates, where it loses no digits; without an
    intercept the means are one more row of the factor.

    Raises:
        NotEnoughData: the states never change (without an intercept: they are all zero).
    """
    d, n = total.inputs, float(total.count[0])
    sum_p, sum_y = total.sum_p[0], total.sum_y[0]
    mean_p, mean_y = sum_p / n, sum_y / n
    frame, input_frame = frames.states, frames.inputs
    to_states = frame.factor
    means = {
        "mean_x": frame.pilot + mean_p[d:] @ to_states,
        "mean_y": frame.pilot + mean_y @ to_states,
        "mean_inputs": np.zeros(0) if input_frame is None else input_frame.pilot + mean_p[:d] @ input_frame.factor,
    }
    states, mean, directions, singular_values = _principal(total, frame, intercept)
    if not singular_values[0]:
        raise NotEnoughData(
            f"All {states:.0f} states are the same: nothing evolves. Check the network's weights, and a nonlinearity "
            "that weights do not tell."
        )
    inputs, joint = _joint(total, frames, directions, means, intercept, digits)
    d = inputs.to_kept.shape[1]
    k = len(directions)
    triangle = scipy.linalg.qr(joint, mode="r", check_finite=False)[0][: d + 2 * k]
    x, y = slice(d, d + k), slice(d + k, d + 2 * k)
    state_norm = triangle[x, x] if not d else scipy.linalg.qr(triangle[: d + k, x], mode="r", check_finite=False)[0][:k]
    blocks = {
        "directions": directions,
        "regressor": triangle[x, x],
        "response": triangle[x, y],
        "remainder": triangle[y, y],
        "state_norm": state_norm,
        "input_factor": triangle[:d, :d],
        "input_cross": triangle[:d, x],
        "input_response": triangle[:d, y],
    }
    return Factors(
        # In one layout, so that factors read from a file give the same bytes as those they were written from.
        **{name: np.ascontiguousarray(block) for name, block in blocks.items()},
        singular_values=singular_values,
        available=int((singular_values > digits * singular_values[0]).sum()),
        mean=mean,
        intercept=intercept,
        frame=frame,
        input_frame=input_frame,
        input_directions=inputs,
        pairs=n,
        states=states,
        digits=digits,
        **means,
    )


def _principal(total: Moments, frame: Frame, intercept: bool) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    """Count, mean, directions [units units] and singular values of all true states."""
    count, total_sum, second = total.of_all_states()
    mean, rows = about_mean(count, total_sum, second)
    rows = rows @ frame.factor
    mean = frame.pilot + mean @ frame.factor
    if not intercept:
        rows, mean = np.vstack([rows, np.sqrt(count) * mean]), np.zeros_like(mean)
    _, singular_values, directions = scipy.linalg.svd(rows, full_matrices=False, check_finite=False)
    return float(count), mean, directions.T, singular_values


def _joint(
    total: Moments,
    frames: Frames,
    directions: Float[np.ndarray, "units units"],
    means: dict[str, np.ndarray],
    intercept: bool,
    digits: float,
) -> tuple[InputDirections, np.ndarray]:
    """The inputs' directions, and a factor of the moments of [inputs, x, y] in them and in the states'."""
    inputs = InputDirections(np.zeros((0, 0)))
    to_inputs = inputs.to_kept
    if frames.inputs is not None:
        inputs = input_directions(total, frames.inputs, intercept, digits)
        to_inputs = frames.inputs.factor @ inputs.to_kept
    joint = _joint_factor(total, to_inputs, frames.states.factor @ directions)
    if not intercept:
        row = [means["mean_inputs"] @ inputs.to_kept, means["mean_x"] @ directions, means["mean_y"] @ directions]
        joint = np.vstack([joint, np.sqrt(total.count[0]) * np.concatenate(row)])
    return inputs.without_told(joint, float(total.count[0]))


def _joint_factor(total: Moments, to_inputs: np.ndarray, to_states: np.ndarray) -> np.ndarray:
    """A factor of the centred moments of [inputs, x, y], columns turned by `to_inputs` and `to_states`."""
    n, kept, k = total.count[0], to_inputs.shape[1], total.units
    mean_p, mean_y = total.sum_p[0] / n, total.sum_y[0] / n
    turn = scipy.linalg.block_diag(to_inputs, np.eye(k))
    pp = turn.T @ (total.pp[0] - n * np.outer(mean_p, mean_p)) @ turn
    py = turn.T @ (total.py[0] - n * np.outer(mean_p, mean_y))
    yy = total.yy[0] - n * np.outer(mean_y, mean_y)
    left = root(pp)
    cross = _solve_root(left, py)
    right = root(yy - cross.T @ cross)
    top = np.hstack([left[:, :kept], left[:, kept:] @ to_states, cross @ to_states])
    bottom = np.hstack([np.zeros((k, kept + k)), right @ to_states])
    return np.vstack([top, bottom])


def _solve_root(factor: np.ndarray, right: np.ndarray) -> np.ndarray:
    """factor^-T right, leaving out zero rows of the factor."""
    if np.array_equal(factor, np.triu(factor)) and np.diag(factor).all():
        return scipy.linalg.solve_triangular(factor, right, trans="T", check_finite=False)
    norms = (factor**2).sum(axis=1)
    keep = norms > np.finfo(float).eps * len(factor) * norms.max(initial=0.0)
    result = np.zeros((len(factor), right.shape[1]))
    result[keep] = (factor[keep] @ right) / norms[keep, None]
    return result
