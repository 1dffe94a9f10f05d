"""Sums -> the triangular factors that every rank shares, so that a new rank costs one small eigenproblem.

Source: the nested least-squares factorisation of [inputs, X, Y] after rotation to the states' principal
directions; leading blocks of the triangular factor serve every rank.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import scipy.linalg

from kann.errors import NotEnoughData
from kann.numerics.eigenpairs import Eigenpairs, eigenpairs
from kann.numerics.frames import Frame, root
from kann.numerics.moments import Moments


@dataclass(frozen=True)
class Factors:
    """Directions and triangular blocks, in the order of falling variance.

    `directions` [units units] in columns; `singular_values` [units] of all true states (about
    `mean` with an intercept, about 0 without); `available` how many of them are above rounding noise.
    With Q the orthonormal rows of the regression: `regressor` = Rt upper triangular, `response` = Z,
    `remainder` = what Y keeps outside, upper triangular; X's own factor `state_norm` (equal to
    `regressor` without inputs). `input_factor` and `input_cross`, `input_response` are the inputs'
    rows. `pairs` transitions and `states` true states stand behind.
    """

    directions: np.ndarray
    singular_values: np.ndarray
    available: int
    regressor: np.ndarray
    response: np.ndarray
    remainder: np.ndarray
    state_norm: np.ndarray
    input_factor: np.ndarray
    input_cross: np.ndarray
    input_response: np.ndarray
    mean: np.ndarray
    mean_x: np.ndarray
    mean_y: np.ndarray
    mean_inputs: np.ndarray
    intercept: bool
    frame: Frame
    input_frame: Frame | None
    pairs: float
    states: float
    digits: float
    _latest: dict[int, Eigenpairs] = field(default_factory=dict, repr=False, compare=False)

    def orthonormal(self, rank: int) -> np.ndarray:
        """The operator in the coordinates of the regressor's orthonormal rows, in row orientation."""
        return self.on_rows(self.response[:rank, :rank])

    def on_rows(self, rows: np.ndarray) -> np.ndarray:
        """rows Rt^-1: from basis coordinates to those of the regressor's orthonormal rows."""
        regressor = self.regressor[: rows.shape[1], : rows.shape[1]]
        return scipy.linalg.solve_triangular(regressor, rows.T, trans="T", check_finite=False).T

    def eigenpairs(self, rank: int) -> Eigenpairs:
        """Of `orthonormal`; operator and bootstrap share the rank that was asked for last."""
        found = self._latest.get(rank)
        if found is None:
            found = eigenpairs(self.orthonormal(rank))
            self._latest.clear()
            self._latest[rank] = found
        return found


def factorise(total: Moments, frame: Frame, input_frame: Frame | None, intercept: bool, digits: float) -> Factors:
    """The factors of one group of sums. Centring happens in white coordinates, where it costs no digits;
    without an intercept the means come back as one more row of the factor.

    Raises:
        NotEnoughData: the states never change (without an intercept: they are all zero).
    """
    d, n = total.inputs, float(total.count[0])
    sum_p, sum_y = total.sum_p[0], total.sum_y[0]
    mean_p, mean_y = sum_p / n, sum_y / n
    to_states = frame.factor
    to_inputs = np.zeros((0, 0)) if input_frame is None else input_frame.factor
    means = {
        "mean_x": frame.pilot + mean_p[d:] @ to_states,
        "mean_y": frame.pilot + mean_y @ to_states,
        "mean_inputs": np.zeros(0) if input_frame is None else input_frame.pilot + mean_p[:d] @ to_inputs,
    }
    states, mean, directions, singular_values = _principal(total, frame, intercept)
    if not singular_values[0]:
        raise NotEnoughData(
            f"All {states:.0f} states are the same: nothing evolves. Check the network's weights, and a nonlinearity "
            "that weights do not tell."
        )
    joint = _joint_factor(total, mean_p, mean_y, to_inputs, to_states @ directions)
    if not intercept:
        row = np.concatenate([means["mean_inputs"], means["mean_x"] @ directions, means["mean_y"] @ directions])
        joint = np.vstack([joint, np.sqrt(n) * row])
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
        pairs=n,
        states=states,
        digits=digits,
        **means,
    )


def _principal(total: Moments, frame: Frame, intercept: bool) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    """Count, mean, directions [units units] and singular values of all true states."""
    count, total_sum, second = total.of_all_states()
    mean = total_sum / count
    rows = root(second - count * np.outer(mean, mean)) @ frame.factor
    mean = frame.pilot + mean @ frame.factor
    if not intercept:
        rows, mean = np.vstack([rows, np.sqrt(count) * mean]), np.zeros_like(mean)
    _, singular_values, directions = scipy.linalg.svd(rows, full_matrices=False, check_finite=False)
    return float(count), mean, directions.T, singular_values


def _joint_factor(total: Moments, mean_p, mean_y, to_inputs: np.ndarray, to_states: np.ndarray) -> np.ndarray:
    """A factor of the centred moments of [inputs, x, y], columns rotated and scaled back."""
    n, d, k = total.count[0], total.inputs, total.units
    pp = total.pp[0] - n * np.outer(mean_p, mean_p)
    py = total.py[0] - n * np.outer(mean_p, mean_y)
    yy = total.yy[0] - n * np.outer(mean_y, mean_y)
    left = root(pp)
    cross = _solve_root(left, py)
    right = root(yy - cross.T @ cross)
    top = np.hstack([left[:, :d] @ to_inputs, left[:, d:] @ to_states, cross @ to_states])
    bottom = np.hstack([np.zeros((k, d + k)), right @ to_states])
    return np.vstack([top, bottom])


def _solve_root(factor: np.ndarray, right: np.ndarray) -> np.ndarray:
    """factor^-T right, leaving out rows of the factor that carry nothing."""
    if np.array_equal(factor, np.triu(factor)) and np.diag(factor).all():
        return scipy.linalg.solve_triangular(factor, right, trans="T", check_finite=False)
    norms = (factor**2).sum(axis=1)
    keep = norms > np.finfo(float).eps * len(factor) * norms.max(initial=0.0)
    result = np.zeros((len(factor), right.shape[1]))
    result[keep] = (factor[keep] @ right) / norms[keep, None]
    return result
