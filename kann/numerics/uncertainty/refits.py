"""Bootstrap refits: weighted group sums, and from them the basis and the operators of every rank of each draw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from kann.numerics.moments.factors import Factors
from kann.numerics.moments.frames import root
from kann.numerics.moments.sums import Moments

# A direction that a draw hardly visits is held at this part of its variance over all.
_FLOOR = 1e-10
# Directions weaker than this, relative to the strongest, lose their digits when squares are diagonalised.
_SQUARES_KEEP = 1e-5
# Draws that are summed in one product: their sums stay within what a cache holds.
_TOGETHER = 8


@dataclass(frozen=True)
class Map:
    """White coordinates w to w @ matrix + origin."""

    matrix: Float[np.ndarray, "white coordinates"]
    origin: Float[np.ndarray, " coordinates"]

    def __call__(self, white: np.ndarray) -> np.ndarray:
        return white @ self.matrix + self.origin

    def then(self, matrix: np.ndarray) -> Map:
        return Map(self.matrix @ matrix, self.origin @ matrix)


@dataclass(frozen=True)
class Refits:
    """Second moments of each draw in its own principal directions, strongest first, each at unit variance, without
    the means (where there is an intercept) and without the part that is linear in the inputs.

    `before` [draws directions directions] of the states that have a successor; `across` of these with their
    successors.
    """

    before: Float[np.ndarray, "draws directions directions"]
    across: Float[np.ndarray, "draws directions directions"]

    @property
    def nbytes(self) -> int:
        return self.before.nbytes + self.across.nbytes

    def eigenvalues(self, rank: int) -> np.ndarray:
        """[draws rank] of the operator at this rank that each draw gives. Not sorted."""
        before, across = self.before[:, :rank, :rank], self.across[:, :rank, :rank]
        return np.linalg.eigvals(np.linalg.solve(before + _FLOOR * np.eye(rank), across))


def refits(groups: Moments, factors: Factors, weights: np.ndarray) -> Refits:
    """One regression a row of `weights` [draws groups], none below 0, by which the group sums are multiplied.

    `factors` are those of the groups' total: they give the coordinates in which sums keep their digits.
    """
    states, inputs = _states_at_unit_variance(factors), _inputs_at_unit_variance(factors)
    before, across = np.empty((2, len(weights), factors.available, factors.available))
    for start in range(0, len(weights), _TOGETHER):
        sums = _weighed(groups, weights[start : start + _TOGETHER])
        for index in range(len(sums.count)):
            one = sums.pick(np.array([index]))
            before[start + index], across[start + index] = _refit(one, factors, states, inputs)
    return Refits(before, across)


def _weighed(groups: Moments, weights: np.ndarray) -> Moments:
    """The sums of every draw."""
    sums = {
        name: (weights @ array.reshape(len(array), -1)).reshape(len(weights), *array.shape[1:])
        for name, array in groups.arrays().items()
    }
    return Moments(**sums)


def _refit(total: Moments, factors: Factors, states: Map, inputs: Map) -> tuple[np.ndarray, np.ndarray]:
    """`before` and `across` of one draw, whose sums `total` are."""
    d, n, centred = total.inputs, total.count[0], factors.intercept
    sum_u, sum_x, sum_y = total.sum_p[0, :d], total.sum_p[0, d:], total.sum_y[0]
    uu, ux, xx = total.pp[0, :d, :d], total.pp[0, :d, d:], total.pp[0, d:, d:]
    uy, xy = total.py[0, :d], total.py[0, d:]
    count, every_sum, every = total.of_all_states()
    moments = _second(count, every, (every_sum, states), (every_sum, states), centred)
    turned = states.then(_principal(moments, factors.singular_values[: len(moments)]))
    x, y, u = (sum_x, turned), (sum_y, turned), (sum_u, inputs)
    before, across = _second(n, xx, x, x, centred), _second(n, xy, x, y, centred)
    if d:
        told = _second(n, uu, u, u, centred) + _FLOOR * np.eye(inputs.matrix.shape[1])
        on_inputs = _second(n, ux, u, x, centred)
        by_inputs = np.linalg.solve(told, on_inputs)
        before = before - on_inputs.T @ by_inputs
        across = across - by_inputs.T @ _second(n, uy, u, y, centred)
    return before, across


def _second(count: float, products: np.ndarray, left: tuple, right: tuple, centred: bool) -> np.ndarray:
    """Second moments, about the means or about 0, of two maps of white coordinates; left and right are (sum, map)."""
    (sum_a, a), (sum_b, b) = left, right
    moments = a.matrix.T @ (products / count - np.outer(sum_a / count, sum_b / count)) @ b.matrix
    return moments if centred else moments + np.outer(a(sum_a / count), b(sum_b / count))


def _principal(moments: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """The leading directions in columns, each at unit variance, of second `moments` of coordinates that stand for
    directions of these sizes."""
    sizes = sizes / sizes[0]
    if sizes[-1] > _SQUARES_KEEP:
        variances, columns = np.linalg.eigh(sizes[:, None] * moments * sizes)
        deviations, columns = np.sqrt(np.maximum(variances[::-1], (_FLOOR * sizes) ** 2)), columns[:, ::-1]
    else:
        _, deviations, rows = np.linalg.svd(root(moments) * sizes)
        columns = rows.T
    return sizes[:, None] * columns / np.maximum(deviations, _FLOOR * sizes)


def _states_at_unit_variance(factors: Factors) -> Map:
    """From the frame's coordinates to those in the principal directions of all states."""
    used = factors.available
    turn = factors.directions[:, :used] * np.sqrt(factors.states) / factors.singular_values[:used]
    return Map(factors.frame.factor @ turn, (factors.frame.pilot - factors.mean) @ turn)


def _inputs_at_unit_variance(factors: Factors) -> Map:
    """The same of the inputs, in the directions that the data have."""
    frame, turn = factors.input_frame, factors.input_directions.to_kept
    if frame is None:
        return Map(np.zeros((0, 0)), np.zeros(0))
    return Map(frame.factor @ turn, frame.pilot @ turn)
