"""Agreement of decisions from predicted states with those from the true ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Float

from kann.numerics.prediction.decisions import decisions

# (batch, rows of the batch, a state for each row [rows units]) -> decisions [rows]; None where nothing decides.
Decide = Callable[..., np.ndarray | None]


def read_decisions(batch, rows, states: Float[np.ndarray, "rows units"]) -> np.ndarray | None:
    """Decisions of the batch's own read-out from each state; None where it has none."""
    return None if batch.readout is None else decisions(batch.readout(states))


class Agreement:
    """The share of equal decisions, from a predicted and from the true state, of each predictor.

    Source: Naiman and Azencot (2023), experiments: agreement of network and operator.
    """

    def __init__(self, decide: Decide):
        self._decide, self._agreed, self.count = decide, {}, 0

    def add(self, batch, rows, true: np.ndarray, guesses: Mapping[str, np.ndarray]) -> None:
        truth = self._decide(batch, rows, true)
        if truth is None or not len(truth):
            return
        self.count += len(truth)
        for name, guess in guesses.items():
            self._agreed[name] = self._agreed.get(name, 0) + int((self._decide(batch, rows, guess) == truth).sum())

    def share(self, name: str) -> float | None:
        """The share for one predictor; None where there are no decisions."""
        return self._agreed[name] / self.count if self.count else None
