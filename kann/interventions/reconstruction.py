"""Outputs of a network, by its decoder or read-out, from the part of its states that chosen modes carry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch

from kann.errors import UnknownNetwork
from kann.inputs.networks import Network
from kann.inputs.recurrent.readouts import last_units
from kann.numerics.moments.summarise import windowed
from kann.numerics.operator.koopman import Operator
from kann.records import Rebuilt, StateBatch

Through = Literal["decoder", "readout"]


def way_out(network: Network | None) -> Through | None:
    """The module that turns states into outputs: the decoder, else the read-out, else None."""
    if network is None:
        return None
    return "decoder" if network.decoder is not None else "readout" if network.readout is not None else None


def rebuild(network: Network, operator: Operator, batch: StateBatch, modes: Sequence[int], state: str) -> Rebuilt:
    """The network's outputs from its states, and from the part of them that the modes and their partners carry.

    A decoder is given the last state's h and unrolls by itself over the sequence's length; of a state of h
    and c it is the h part of the modes' sum. A read-out is given the h of every step. With all modes at full
    rank the part is the state, with none it is the mean of the states that were fitted.

    Raises:
        UnknownNetwork: the network has neither.

    Source: Naiman and Azencot (2023), Eq. 11, with the projector of `Operator.reconstruct`.
    """
    through = way_out(network)
    if through is None:
        raise UnknownNetwork(
            "The network has neither a decoder nor a read-out: choose one on the Open page, or look at the states."
        )
    stacked, lengths, _ = windowed(batch.values, batch.lengths, None, operator.delays, None)
    if through == "decoder":
        # A decoder is given the last state alone; a sequence too short for the delays has none.
        stacked = stacked[np.arange(len(lengths)), np.maximum(lengths - 1, 0)]
    shown = (
        _shown(network, states[..., last_units(network, state)], batch.values.shape[1])
        for states in (stacked, operator.reconstruct(stacked, modes), operator.reconstruct(stacked, ()))
    )
    known = np.where(lengths > 0, batch.lengths, 0)
    original = _forward(network, batch) if through == "decoder" else None
    return Rebuilt(*(_masked(outputs, known) for outputs in shown), _masked(original, batch.lengths))


def _shown(network: Network, hidden: np.ndarray, steps: int) -> np.ndarray:
    """[sequences steps outputs]; NaN at the first of the steps where there are fewer states than steps."""
    given = torch.from_numpy(np.ascontiguousarray(hidden, dtype=np.float32))
    with torch.inference_mode():
        outputs = (network.decoder(given, steps) if given.ndim == 2 else network.readout(given)).double().numpy()
    return np.pad(outputs, ((0, 0), (steps - outputs.shape[1], 0), (0, 0)), constant_values=np.nan)


def _forward(network: Network, batch: StateBatch) -> np.ndarray:
    """The inputs in the data's order; those of a backward network begin at the end."""
    if network.direction == "forward":
        return batch.inputs
    return np.stack([np.r_[row[:n][::-1], row[n:]] for row, n in zip(batch.inputs, batch.lengths, strict=True)])


def _masked(outputs: np.ndarray | None, lengths: np.ndarray) -> np.ndarray | None:
    """NaN behind true lengths."""
    if outputs is None:
        return None
    behind = np.arange(outputs.shape[1]) >= np.asarray(lengths)[:, None]
    return np.where(behind[..., None], np.nan, outputs)
