"""Which sequences are fitted, which are held out, and which are sampled: one rule for every question.

Rows are sorted by class, and within a class by a hash of the row's number. Every n-th row of that order is held out, so
that each class is held out in equal shares. A sample takes rows at even distances in a similar order, which keeps the
shares of the classes too; it applies the hash twice, since in the same order it could contain no held-out row.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Int

from kann.records import Dataset

# Row numbers; the length may differ between two arrays.
Rows = Int[np.ndarray, " _"]


@dataclass(frozen=True)
class Split:
    """Row numbers, rising: the `fitted` sequences and those `held_out` for scoring (none where there are fewer
    sequences than `every`)."""

    fitted: Rows
    held_out: Rows

    @property
    def scored(self) -> Rows:
        """The held-out rows; the fitted ones if none is held out."""
        return self.held_out if len(self.held_out) else self.fitted


def split(dataset: Dataset, every: int) -> Split:
    """Holds out one sequence in `every`, in equal shares of each class."""
    rows = np.arange(len(dataset))
    order = _order(rows, dataset.labels, _hash(rows))
    held = np.zeros(len(dataset), bool)
    held[order[every - 1 :: every]] = True
    held[_alone(dataset.labels)] = False  # the only sequence of a class is what that class can be fitted on
    return Split(np.flatnonzero(~held), np.flatnonzero(held))


def sample(rows: Rows, most: int | None, labels: np.ndarray | None = None) -> Rows:
    """At most `most` of the rows (None: all), rising, in equal shares of each class; `labels`: of all sequences."""
    if most is None or len(rows) <= most:
        return rows
    order = _order(rows, None if labels is None else labels[rows], _hash(_hash(rows)))
    return np.sort(order[np.linspace(0, len(order) - 1, most).astype(np.int64)])


def shortened(dataset: Dataset, max_length: int | None) -> Dataset:
    """Every sequence cut after `max_length` steps; None: no limit."""
    if max_length is None:
        return dataset
    cut = {
        name: [sequence[:max_length] for sequence in getattr(dataset, name)]
        for name in ("sequences", "tokens", "inputs")
        if getattr(dataset, name) is not None
    }
    return replace(dataset, **cut)


def _alone(labels: np.ndarray | None) -> Rows:
    if labels is None:
        return np.zeros(0, np.int64)
    _, first, counts = np.unique(labels, return_index=True, return_counts=True)
    return first[counts == 1]


def _order(rows: Rows, labels: np.ndarray | None, hashes: np.ndarray) -> Rows:
    classes = np.zeros(len(rows)) if labels is None else np.unique(labels, return_inverse=True)[1]
    return rows[np.lexsort((hashes, classes))]


def _hash(rows: np.ndarray) -> np.ndarray:
    """[rows] of 64 bits: the finaliser of SplitMix64. Source: Steele, Lea and Flood (2014)."""
    mixed = rows.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
