"""Outputs of the network on sequences whose most highly scored steps were deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float, Int

from kann.errors import OutOfRange, UnknownNetwork
from kann.inputs.hidden_states import hidden_states
from kann.inputs.networks import Network
from kann.numerics.prediction.decisions import decisions, evidence_weights
from kann.records import Dataset

# Kinds of data from which steps are removed; in others deleted steps are interpolated.
SHORTENED = ("text", "symbols")


def as_read(network: Network, dataset: Dataset) -> tuple[Network, Dataset]:
    """An equivalent forward network on reversed data, so that sequences, states and scores share one order of steps."""
    if network.direction == "forward":
        return network, dataset
    turned = {
        name: [sequence[::-1] for sequence in getattr(dataset, name)]
        for name in ("sequences", "tokens", "inputs")
        if getattr(dataset, name) is not None
    }
    return replace(network, direction="forward"), replace(dataset, **turned)


def final_outputs(network: Network, dataset: Dataset) -> Float[np.ndarray, "sequences outputs"]:
    """Outputs after each sequence's last true step.

    Raises:
        UnknownNetwork: the network has no read-out.
        OutOfRange: a sequence without steps.
    """
    if network.readout is None:
        raise UnknownNetwork(
            "Shadings are compared by the network's decisions, and this one has no read-out (an autoencoder decides "
            "nothing): where a tensor is one, name it, as in roles={'readout': 'fc'}."
        )
    if dataset.lengths.min(initial=1) < 1:
        raise OutOfRange(f"Sequence {int(dataset.lengths.argmin())} has 0 steps: leave it out.")
    return np.concatenate(
        [
            batch.readout(batch.values[np.arange(len(batch.lengths)), batch.lengths - 1])
            for batch in hidden_states(network, dataset, state="hidden")
        ]
    )


def decided(network: Network, dataset: Dataset) -> Int[np.ndarray, " sequences"]:
    """The class that the network decides for at each sequence's last true step; raises as `final_outputs`."""
    return decisions(final_outputs(network, dataset))


def evidence_left(
    network: Network,
    dataset: Dataset,
    classes: Int[np.ndarray, " sequences"],
    scores: Sequence[np.ndarray],
    shares: Sequence[float],
) -> Float[np.ndarray, "sequences shares"]:
    """The evidence for each sequence's class that is left after deletion; see `outputs_after_deletion`."""
    outputs = outputs_after_deletion(network, dataset, scores, shares)
    weights = np.stack([evidence_weights(outputs.shape[-1], int(wanted)) for wanted in classes])
    return np.einsum("iso,io->is", outputs, weights)


def outputs_after_deletion(
    network: Network, dataset: Dataset, scores: Sequence[np.ndarray], shares: Sequence[float]
) -> Float[np.ndarray, "sequences shares outputs"]:
    """Outputs for each sequence without the `shares` of its steps with the highest `scores` [steps].

    Words are removed: the network reads a shorter text. A signal keeps its length: deleted steps are interpolated
    linearly between those kept, since a step to any fixed value would be an event itself. At least one step is kept;
    of equal scores the earlier step is deleted first.

    Raises:
        UnknownNetwork: the network has no read-out.
        OutOfRange: a share outside 0..1; scores that do not fit the steps, or are not finite.
    """
    if min(shares, default=0) < 0 or max(shares, default=0) > 1:
        raise OutOfRange(f"The deleted shares lie between 0 and 1, not at {min(shares)} to {max(shares)}.")
    variants = [
        _without(sequence, gone, dataset.kind)
        for sequence, score in zip(dataset.sequences, scores, strict=True)
        for gone in deleted_steps(sequence, score, shares)
    ]
    read = Dataset(kind=dataset.kind, sequences=variants, sha256="", name=dataset.name)
    # Sorted by length, so that batches need little padding.
    order = np.argsort(read.lengths, kind="stable")
    outputs = final_outputs(network, read.select(order))
    return outputs[np.argsort(order)].reshape(len(dataset), len(shares), -1)


def deleted_steps(
    sequence: np.ndarray, score: Float[np.ndarray, " steps"], shares: Sequence[float]
) -> Bool[np.ndarray, "shares steps"]:
    """The steps that each share deletes: those with the highest scores, in whole steps."""
    if score.shape != (len(sequence),) or not np.isfinite(score).all():
        raise OutOfRange(f"Scores of shape {score.shape} stand beside {len(sequence)} steps: give one number for each.")
    place = np.empty(len(sequence), np.int64)
    place[np.argsort(-score, kind="stable")] = np.arange(len(sequence))
    counts = np.minimum(np.floor(np.asarray(shares) * len(sequence) + 0.5), len(sequence) - 1)
    return place < counts[:, None]


def _without(sequence: np.ndarray, gone: np.ndarray, kind: str) -> np.ndarray:
    if kind in SHORTENED:
        return sequence[~gone]
    kept, steps = np.flatnonzero(~gone), np.arange(len(sequence))
    return np.stack([np.interp(steps, kept, channel[kept]) for channel in sequence.T], axis=1).astype(np.float32)
