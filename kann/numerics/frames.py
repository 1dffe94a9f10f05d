"""Coordinates in which second moments keep their digits.

Plain Gram matrices square the condition number: on smooth inputs they lose every digit of the small
directions. Moments are therefore kept of `w = (h - pilot) @ to_white`, in which the data is close to
white, and mapped back only when factors are formed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.linalg
from jaxtyping import Float

# A direction's variance may outgrow the frame by this factor before the frame is made anew.
OUTGROWN = 1e4
_FLOOR = np.finfo(float).eps


@dataclass(frozen=True)
class Frame:
    """An affine change of coordinates: `pilot` [units] the origin, `axes` [units units] principal
    directions in columns, `spread` [units] the data's standard deviation along each."""

    pilot: np.ndarray
    axes: np.ndarray
    spread: np.ndarray

    @property
    def to_white(self) -> Float[np.ndarray, "units units"]:
        return self.axes / self.spread

    @property
    def from_white(self) -> Float[np.ndarray, "units units"]:
        return self.spread[:, None] * self.axes.T

    def same_as(self, other: Frame) -> bool:
        return all(np.array_equal(getattr(self, name), getattr(other, name)) for name in ("pilot", "axes", "spread"))

    def change_to(self, other: Frame) -> tuple[np.ndarray, np.ndarray]:
        """`matrix`, `shift` such that coordinates in `other` are `w @ matrix + shift`."""
        to_white = other.to_white
        return self.from_white @ to_white, (self.pilot - other.pilot) @ to_white


def frame_of(factors: Sequence[tuple[np.ndarray, float]], pilot: Float[np.ndarray, " units"]) -> Frame:
    """The frame in which the rows of all `factors` (rows about the pilot, how many states they stand for)
    have unit variance, each factor weighing the same.

    Directions without variance get the smallest spread that a double can tell from the largest: data
    that later moves along them outgrows the frame at once and makes it anew.
    """
    stacked = np.concatenate([rows / np.sqrt(count) for rows, count in factors])
    units = stacked.shape[1]
    if len(stacked) > units:
        stacked = scipy.linalg.qr(stacked, mode="r", check_finite=False)[0][:units]
    _, found, axes = scipy.linalg.svd(stacked, full_matrices=True, check_finite=False)
    spread = np.zeros(units)
    spread[: len(found)] = found
    largest = spread[0] if spread[0] > 0 else 1.0
    return Frame(pilot, np.ascontiguousarray(axes.T), np.maximum(spread, _FLOOR * largest))


def root(moment: Float[np.ndarray, "n n"]) -> Float[np.ndarray, "n n"]:
    """A factor R with R'R = moment, triangular where the moment is definite, without noise where not."""
    try:
        return scipy.linalg.cholesky(moment, check_finite=False)
    except scipy.linalg.LinAlgError:
        values, vectors = scipy.linalg.eigh(moment, check_finite=False)
        return np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T
