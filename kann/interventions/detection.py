"""The decision of an autoencoder from its encoder's last state: whether a sequence is an anomaly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int

from kann.inputs.networks import Network
from kann.inputs.recurrent.readouts import last_units
from kann.records import StateBatch

# Sequences that are decoded at once.
_AT_ONCE = 256


@dataclass(frozen=True)
class Detection:
    """A sequence is anomalous (1) if the decoder's L1 distance to it, summed over its true steps, is `threshold` or
    more. `state` is the kind of the given states, "full" or "hidden".

    Source: Naiman and Azencot (2023), heartbeats: agreement of network and operator.
    """

    network: Network
    threshold: float
    state: str

    def __call__(self, batch: StateBatch, rows, states: Float[np.ndarray, "rows units"]) -> Int[np.ndarray, " rows"]:
        """Decisions on chosen sequences of a batch, each from the state given for it, true or predicted."""
        parts = [slice(start, start + _AT_ONCE) for start in range(0, len(rows), _AT_ONCE)]
        losses = [self._losses(batch, rows[part], states[part]) for part in parts]
        return (np.concatenate([*losses, np.zeros(0)]) >= self.threshold).astype(np.int64)

    def _losses(self, batch: StateBatch, rows, states: np.ndarray) -> np.ndarray:
        lengths = np.asarray(batch.lengths)[rows]
        steps = int(lengths.max())
        last = np.ascontiguousarray(states[:, last_units(self.network, self.state)], dtype=np.float32)
        with torch.inference_mode():
            rebuilt = self.network.decoder(torch.from_numpy(last), steps).numpy()
        wrong = np.abs(rebuilt - batch.inputs[rows, :steps]).sum(axis=2)
        return np.where(np.arange(steps) < lengths[:, None], wrong, 0).sum(axis=1)


def detection(network: Network | None, threshold: float | None, state: str) -> Detection | None:
    """None where there is no decoder that reads forward, or no threshold is known."""
    if network is None or network.decoder is None or network.direction != "forward" or threshold is None:
        return None
    return Detection(network, threshold, state)
