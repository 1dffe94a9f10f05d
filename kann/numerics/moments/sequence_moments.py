"""Sums over the transitions of each sequence, the unit of permutation tests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from kann.errors import NotEnoughData
from kann.numerics.moments.factors import Factors
from kann.numerics.moments.summarise import windowed

# A direction that a draw of sequences hardly visits is held at this part of its variance over all.
_FLOOR = 1e-10


@dataclass(frozen=True)
class SequenceMoments:
    """With z the coordinates of a state along a few directions, at unit variance, and p = (z, 1), or z without an
    intercept:
    `before` [sequences q q] sums of p p', `across` [sequences q rank] of p z(t + lag)', `pairs` [sequences]
    transitions."""

    before: Float[np.ndarray, "sequences q q"]
    across: Float[np.ndarray, "sequences q rank"]
    pairs: Int[np.ndarray, " sequences"]

    def __len__(self) -> int:
        return len(self.pairs)

    @property
    def rank(self) -> int:
        return self.across.shape[2]

    def leading(self, rank: int) -> SequenceMoments:
        """The sums of the first `rank` directions alone."""
        constant = np.arange(self.rank, self.before.shape[1])
        kept = np.concatenate([np.arange(rank), constant])
        return SequenceMoments(self.before[:, kept][:, :, kept], self.across[:, kept, :rank], self.pairs)

    def eigenvalues(self, drawn: np.ndarray) -> np.ndarray:
        """[draws rank] of the operators that each draw of sequences gives; `drawn` [draws sequences] are their
        weights, 1 for those that belong to it. Not sorted."""
        weights = drawn.astype(np.float64)
        before, across = (_weighted(weights, sums) for sums in (self.before, self.across))
        before = before + _FLOOR * (weights @ self.pairs)[:, None, None] * np.eye(before.shape[1])
        return np.linalg.eigvals(np.linalg.solve(before, across)[:, : self.rank]).astype(complex)


def sequence_moments(
    batches: Iterable, factors: Factors, directions: Float[np.ndarray, "units rank"], lag: int, delays: int = 0,
    steps=None,
) -> SequenceMoments:  # fmt: skip
    """The sums of a stream of StateBatch along `directions`, those of `leading_directions` of `factors`, one pass.

    Raises:
        NotEnoughData: no sequences.
    """
    parts = []
    for batch in batches:
        values, lengths, _ = windowed(batch.values, batch.lengths, None, delays, steps)
        parts.append(_of_batch((values - factors.mean) @ directions, lengths, lag, factors.intercept))
    if not parts:
        raise NotEnoughData("There is no sequence to permute: give at least one.")
    return SequenceMoments(*(np.concatenate(sums) for sums in zip(*parts, strict=True)))


def _of_batch(states: np.ndarray, lengths: np.ndarray, lag: int, intercept: bool) -> tuple[np.ndarray, ...]:
    starts = np.arange(max(states.shape[1] - lag, 0)) + lag < lengths[:, None]
    before, after = states[:, : starts.shape[1]], states[:, lag:]
    if intercept:
        before = np.concatenate([before, np.ones((*starts.shape, 1))], axis=2)
    before = np.where(starts[..., None], before, 0.0)
    turned = before.transpose(0, 2, 1)
    return turned @ before, turned @ np.where(starts[..., None], after, 0.0), starts.sum(axis=1)


def _weighted(weights: np.ndarray, sums: np.ndarray) -> np.ndarray:
    return (weights @ sums.reshape(len(sums), -1)).reshape(len(weights), *sums.shape[1:])
