"""Chosen modes over time, for chosen sequences: what the pages draw beside the raw signal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kann.numerics.operator import Operator
from kann.numerics.summarise import windowed
from kann.records import StateBatch


@dataclass(frozen=True)
class Trace:
    """One sequence: `projections` [steps modes] phi_j of its states, complex, NaN while delays fill up;
    `signal` [steps channels] that was read, or None; `tokens` its words, or None."""

    name: str
    label: str | None
    projections: np.ndarray
    signal: np.ndarray | None
    tokens: Sequence[str] | None


@dataclass(frozen=True)
class Traces:
    """Chosen modes (`modes` their indices, `ids` their names) over the steps of chosen sequences."""

    traces: tuple[Trace, ...]
    modes: tuple[int, ...]
    ids: tuple[str, ...]
    sampling_rate: float | None


def project(operator: Operator, batch: StateBatch, modes: Sequence[int]) -> list[np.ndarray]:
    """phi_j [steps modes] of each sequence of a batch, true steps alone."""
    values, lengths, _ = windowed(batch.values, batch.lengths, None, operator.delays, None)
    late = np.full((operator.delays, len(modes)), np.nan, complex)
    functions = operator.eigenfunctions[:, list(modes)]
    projected = operator.coordinates(values) @ functions
    return [
        np.concatenate([late[:whole], sequence[:length]])
        for sequence, length, whole in zip(projected, lengths, batch.lengths, strict=True)
    ]
