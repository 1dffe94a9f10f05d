"""Total squared deviation of streamed states from their mean."""

from __future__ import annotations

import numpy as np


class Spread:
    """Total squared deviation of states from their own mean, streamed about the first batch's mean."""

    def __init__(self) -> None:
        self.count, self.pilot, self.sums, self.squares = 0, None, 0.0, 0.0

    def add(self, states: np.ndarray) -> None:
        if not len(states):
            return
        if self.pilot is None:
            self.pilot = states.mean(axis=0)
        away = states - self.pilot
        self.count += len(states)
        self.sums = self.sums + away.sum(axis=0)
        self.squares += float(np.square(away).sum())

    def total(self) -> float:
        """The sum over all states, at least the smallest positive number, so that it can be a divisor."""
        return max(self.squares - float(np.square(self.sums).sum()) / max(self.count, 1), np.finfo(float).tiny)
