"""White coordinates, in which second moments keep their precision.

Plain Gram matrices square the condition number: on smooth inputs they lose every digit of the small
directions. Moments are therefore kept of `w = (h - pilot) @ to_white`, in which the data is close to
white, and mapped back only when factors are formed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.linalg
from jaxtyping import Float
from scipy.linalg.blas import dtrmm

# A direction's variance may outgrow the frame by this factor before the frame is made anew.
OUTGROWN = 1e4
_FLOOR = np.finfo(float).eps
# Sums of squares keep 16 digits: a spread below this part of the largest is the rounding noise of their difference.
SUMMED = 1e-6


@dataclass(frozen=True)
class Frame:
    """An affine change of coordinates: `pilot` [units] the origin, `factor` [units units] upper triangular,
    so that h - pilot = w @ factor."""

    pilot: Float[np.ndarray, " units"]
    factor: Float[np.ndarray, "units units"]

    @cached_property
    def to_white(self) -> Float[np.ndarray, "units units"]:
        """The factor's inverse, upper triangular too: half the work of a full matrix on every state."""
        return scipy.linalg.solve_triangular(self.factor, np.eye(len(self.factor)), check_finite=False)

    def same_as(self, other: Frame) -> bool:
        return np.array_equal(self.pilot, other.pilot) and np.array_equal(self.factor, other.factor)

    def whiten(self, deviations: Float[np.ndarray, "rows units"]) -> None:
        """deviations @ to_white, in their place."""
        dtrmm(1.0, self.to_white.T, deviations.T, lower=1, overwrite_b=1)

    def change_to(self, other: Frame) -> tuple[np.ndarray, np.ndarray]:
        """`matrix`, `shift` such that coordinates in `other` are `w @ matrix + shift`."""
        return self.factor @ other.to_white, (self.pilot - other.pilot) @ other.to_white


@dataclass(frozen=True)
class Frames:
    """Of the inputs, where they are summed along, and of the states."""

    inputs: Frame | None
    states: Frame

    @property
    def each(self) -> tuple[Frame, ...]:
        """In the order of the moments' coordinates."""
        return (self.states,) if self.inputs is None else (self.inputs, self.states)

    def change_to(self, other: Frames) -> tuple[np.ndarray, np.ndarray]:
        """`matrix`, `shift` that take (inputs, state) to the other frames."""
        changes = [one.change_to(new) for one, new in zip(self.each, other.each, strict=True)]
        matrices, shifts = zip(*changes, strict=True)
        return scipy.linalg.block_diag(*matrices), np.concatenate(shifts)


def frame_of(factors: Sequence[tuple[np.ndarray, float]], pilot: Float[np.ndarray, " units"]) -> Frame:
    """The frame in which the rows of all `factors` (rows about the pilot, how many states they stand for)
    have unit variance, each factor with the same weight. Directions without variance get the smallest spread that a
    double can tell from the largest: data that later moves along them outgrows the frame at once and makes it anew."""
    stacked = np.concatenate([rows / np.sqrt(count) for rows, count in factors])
    largest = np.sqrt(np.square(stacked).sum(axis=0).max(initial=0.0))
    floor = _FLOOR * (largest if largest > 0 else 1 / _FLOOR)
    stacked = np.concatenate([stacked, floor * np.eye(len(pilot))])
    return Frame(pilot, scipy.linalg.qr(stacked, mode="r", check_finite=False)[0][: len(pilot)])


def root(moment: Float[np.ndarray, "n n"]) -> Float[np.ndarray, "n n"]:
    """A factor R with R'R = moment, triangular where the moment is definite, without noise where not."""
    try:
        return scipy.linalg.cholesky(moment, check_finite=False)
    except scipy.linalg.LinAlgError:
        values, vectors = scipy.linalg.eigh(moment, check_finite=False)
        return np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T


def about_mean(
    count: float, total: Float[np.ndarray, " n"], second: Float[np.ndarray, "n n"]
) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, "n n"]]:
    """The mean, and a factor of the moment about it, from sums in white coordinates.

    A direction in which the rows hardly vary, such as one that only other classes have, gets no variance.
    """
    mean = total / count
    centred = second - count * np.outer(mean, mean)
    values, vectors = scipy.linalg.eigh(centred, check_finite=False)
    noise = values <= SUMMED**2 * np.diag(second).max(initial=0.0)
    if not noise.any():
        return mean, root(centred)
    return mean, np.sqrt(np.where(noise, 0.0, values))[:, None] * vectors.T
