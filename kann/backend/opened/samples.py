"""Which sequences are fitted, which are held out, and which few stand for many: one rule for every question.

Rows are put in an order that depends on nothing but their numbers and their classes: class by class, and within a
class by a hash of the row's number. Every n-th place of that order is held out, so that each class has its share;
a sample takes places evenly spaced along such an order, so that it has too; its hash is taken twice, since along one
order both together could fall on the same places, and none of a sample would be held out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Int

from kann.records import Dataset

# Row numbers; how many is free to differ between two of them.
Rows = Int[np.ndarray, " _"]


@dataclass(frozen=True)
class Split:
    """Row numbers, rising: those that are `fitted`, and those `held_out` for scoring (none where there are fewer
    sequences than one in `every`)."""

    fitted: Rows
    held_out: Rows

    @property
    def scored(self) -> Rows:
        """Those held out; where none is, those that were fitted."""
        return self.held_out if len(self.held_out) else self.fitted


def split(dataset: Dataset, every: int) -> Split:
    """One sequence in `every` held out, balanced over the classes."""
    rows = np.arange(len(dataset))
    order = _order(rows, dataset.labels, _hash(rows))
    held = np.zeros(len(dataset), bool)
    held[order[every - 1 :: every]] = True
    return Split(np.flatnonzero(~held), np.flatnonzero(held))


def sample(rows: Rows, most: int | None, labels: np.ndarray | None = None) -> Rows:
    """At most so many of the rows, rising, balanced over the classes; None takes all. `labels` of all sequences."""
    if most is None or len(rows) <= most:
        return rows
    order = _order(rows, None if labels is None else labels[rows], _hash(_hash(rows)))
    return np.sort(order[np.linspace(0, len(order) - 1, most).astype(np.int64)])


def shortened(dataset: Dataset, max_length: int | None) -> Dataset:
    """Every sequence cut behind its first `max_length` steps; None cuts nothing."""
    if max_length is None:
        return dataset
    cut = {
        name: [sequence[:max_length] for sequence in getattr(dataset, name)]
        for name in ("sequences", "tokens", "inputs")
        if getattr(dataset, name) is not None
    }
    return replace(dataset, **cut)


def _order(rows: Rows, labels: np.ndarray | None, hashes: np.ndarray) -> Rows:
    classes = np.zeros(len(rows)) if labels is None else np.unique(labels, return_inverse=True)[1]
    return rows[np.lexsort((hashes, classes))]


def _hash(rows: np.ndarray) -> np.ndarray:
    """[rows] of 64 bits: the finaliser of SplitMix64. Source: Steele, Lea and Flood (2014)."""
    mixed = rows.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
