"""Chosen modes over time, for chosen sequences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex, Float

from kann.numerics.attribution.highlights import innovations
from kann.numerics.moments.summarise import windowed
from kann.numerics.operator.koopman import Operator
from kann.records import StateBatch


@dataclass(frozen=True)
class Trace:
    """One sequence: `projections` [steps modes] phi_j of its states, complex, NaN until all delays are there;
    `signal` [steps channels] that was read, or None; `tokens` its words, or None; `label` what its class is
    called, or None; `innovations` [steps modes] what each step added, complex, NaN where that is not known."""

    name: str
    label: str | None
    projections: Complex[np.ndarray, "steps modes"]
    signal: Float[np.ndarray, "steps channels"] | None
    tokens: Sequence[str] | None
    innovations: Complex[np.ndarray, "steps modes"] | None = None


@dataclass(frozen=True)
class Traces:
    """Chosen modes (`modes` their indices, `ids` their names) over the steps of chosen sequences."""

    traces: tuple[Trace, ...]
    modes: tuple[int, ...]
    ids: tuple[str, ...]
    sampling_rate: float | None


def project(operator: Operator, batch: StateBatch, modes: Sequence[int]) -> list[np.ndarray]:
    """phi_j [steps modes] of each sequence of a batch, true steps only."""
    values, lengths, _ = windowed(batch.values, batch.lengths, None, operator.delays, None)
    late = np.full((operator.delays, len(modes)), np.nan, complex)
    functions = operator.eigenfunctions[:, list(modes)]
    projected = operator.coordinates(values) @ functions
    return [
        np.concatenate([late[:whole], sequence[:length]])
        for sequence, length, whole in zip(projected, lengths, batch.lengths, strict=True)
    ]


def added(
    operator: Operator,
    batch: StateBatch,
    modes: Sequence[int],
    mean_inputs: np.ndarray | None = None,
    from_zeros: bool = True,
) -> list[np.ndarray]:
    """The innovation [steps modes] of each sequence of a batch: see `innovations`."""
    inputs = batch.inputs if operator.input_matrix.shape[1] else None
    whole = innovations(operator, batch.values, batch.lengths, inputs, mean_inputs, from_zeros).whole
    return [sequence[:length, list(modes)] for sequence, length in zip(whole, batch.lengths, strict=True)]
