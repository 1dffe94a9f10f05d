"""Sums over transitions, one set a group, sufficient for any operator fit."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class Moments:
    """Sums over pairs (t, t + lag) inside sequences, in white coordinates, stacked over groups.

    With p = (inputs at t + lag, state at t) and y = state at t + lag: `count` [groups] pairs,
    `sum_p` [groups q], `pp` [groups q q], `py` [groups q units]. `edges` [groups] counts the states
    at one end of the sequences that are in no pair's x (the `last`) or no pair's y (the `first`):
    `sum_last`, `sum_first` [groups units], `last`, `first` [groups units units]. What concerns y
    alone follows: sum_y = sum_x + sum_last - sum_first.
    """

    count: Float[np.ndarray, " groups"]
    sum_p: Float[np.ndarray, "groups q"]
    pp: Float[np.ndarray, "groups q q"]
    py: Float[np.ndarray, "groups q units"]
    edges: Float[np.ndarray, " groups"]
    sum_last: Float[np.ndarray, "groups units"]
    last: Float[np.ndarray, "groups units units"]
    sum_first: Float[np.ndarray, "groups units"]
    first: Float[np.ndarray, "groups units units"]

    @classmethod
    def zeros(cls, groups: int, inputs: int, units: int) -> Moments:
        g, q, k = groups, inputs + units, units
        return cls(
            count=np.zeros(g),
            sum_p=np.zeros((g, q)),
            pp=np.zeros((g, q, q)),
            py=np.zeros((g, q, k)),
            edges=np.zeros(g),
            sum_last=np.zeros((g, k)),
            last=np.zeros((g, k, k)),
            sum_first=np.zeros((g, k)),
            first=np.zeros((g, k, k)),
        )

    @property
    def units(self) -> int:
        return self.py.shape[2]

    @property
    def inputs(self) -> int:
        return self.py.shape[1] - self.units

    @property
    def sum_y(self) -> np.ndarray:
        return self.sum_p[:, self.inputs :] + self.sum_last - self.sum_first

    @property
    def yy(self) -> np.ndarray:
        return self.pp[:, self.inputs :, self.inputs :] + self.last - self.first

    @property
    def nbytes(self) -> int:
        return sum(array.nbytes for array in self.arrays().values())

    def of_all_states(self) -> tuple[float, np.ndarray, np.ndarray]:
        """Count, sum [units] and second moment [units units] of every true state, over all groups."""
        d = self.inputs
        count = self.count.sum() + self.edges.sum()
        return count, (self.sum_p[:, d:] + self.sum_last).sum(0), (self.pp[:, d:, d:] + self.last).sum(0)

    def of_all_inputs(self) -> tuple[float, np.ndarray, np.ndarray]:
        """Count, sum [inputs] and second moment [inputs inputs] of the inputs that drove a pair."""
        d = self.inputs
        return self.count.sum(), self.sum_p[:, :d].sum(0), self.pp[:, :d, :d].sum(0)

    def arrays(self) -> dict[str, np.ndarray]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def pick(self, groups: np.ndarray) -> Moments:
        if np.array_equal(groups, np.arange(len(self.count))):
            return self
        return Moments(**{name: array[groups] for name, array in self.arrays().items()})

    def without_inputs(self) -> Moments:
        d = self.inputs
        states = {"sum_p": self.sum_p[:, d:], "pp": self.pp[:, d:, d:], "py": self.py[:, d:]}
        return Moments(**self.arrays() | states)

    def total(self) -> Moments:
        """One group: the sum of all, in the order of the groups."""
        return Moments(**{name: array.sum(axis=0, keepdims=True) for name, array in self.arrays().items()})

    def __add__(self, other: Moments) -> Moments:
        return Moments(**{name: array + getattr(other, name) for name, array in self.arrays().items()})

    def add_in_place(self, other: Moments) -> None:
        """Adds in place; for the accumulator, which owns its sums."""
        for name, array in self.arrays().items():
            array += getattr(other, name)

    def changed(self, matrix: np.ndarray, shift: np.ndarray) -> Moments:
        """The same sums after p -> p @ matrix + shift; the state's block of both maps y alike."""
        d = self.inputs
        state, offset = matrix[d:, d:], shift[d:]
        return Moments(
            count=self.count,
            sum_p=_sum(self.count, self.sum_p, matrix, shift),
            pp=_product(self.count, self.pp, (self.sum_p, matrix, shift), (self.sum_p, matrix, shift)),
            py=_product(self.count, self.py, (self.sum_p, matrix, shift), (self.sum_y, state, offset)),
            edges=self.edges,
            sum_last=_sum(self.edges, self.sum_last, state, offset),
            last=_product(self.edges, self.last, *[(self.sum_last, state, offset)] * 2),
            sum_first=_sum(self.edges, self.sum_first, state, offset),
            first=_product(self.edges, self.first, *[(self.sum_first, state, offset)] * 2),
        )


def _sum(count: np.ndarray, sums: np.ndarray, matrix: np.ndarray, shift: np.ndarray) -> np.ndarray:
    return sums @ matrix + count[:, None] * shift


def _product(count: np.ndarray, product: np.ndarray, left: tuple, right: tuple) -> np.ndarray:
    (sum_a, a, shift_a), (sum_b, b, shift_b) = left, right
    crossed = (sum_a @ a)[:, :, None] * shift_b + shift_a[:, None] * (sum_b @ b)[:, None, :]
    return a.T @ product @ b + crossed + count[:, None, None] * np.outer(shift_a, shift_b)
