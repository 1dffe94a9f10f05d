"""Properties of an operator's modes, one entry a mode."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex, Float, Int


@dataclass(frozen=True)
class Modes:
    """See the properties of `Operator` with these names. Functions and modes are dual to each other as a whole:
    those of a few are cut from those of all, `modes[kept]`, never computed from the few."""

    condition: Float[np.ndarray, " modes"]
    eigenfunctions: Complex[np.ndarray, "rank modes"]
    modes: Complex[np.ndarray, "units modes"]
    shares: Float[np.ndarray, " modes"]

    def __getitem__(self, kept: Int[np.ndarray, " kept"]) -> Modes:
        return Modes(self.condition[kept], self.eigenfunctions[:, kept], self.modes[:, kept], self.shares[kept])
