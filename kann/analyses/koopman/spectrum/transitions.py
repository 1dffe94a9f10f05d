"""States -> sums over transitions: the level that unrolling pays for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from kann.analyses.koopman.spectrum.settings import States, Summed
from kann.numerics.moments.statistic import Statistic
from kann.numerics.moments.summarise import summarise, summarise_lags
from kann.numerics.prediction.reach import HORIZONS
from kann.records import StateBatch

_PARTS = ("fitted.", "held_out.")


@dataclass(frozen=True)
class Transitions:
    """Sums over the transitions of one network: those that are `fitted`, and those `held_out` for scoring
    (None where there are too few sequences: scores are then in-sample).

    `further` sums of the states alone at rising lags, over sequences that were scored; `gradient` [outputs units] of
    the network's read-out, of delayed states of the newest, or None; `longest` steps of a sequence.
    """

    fitted: Statistic
    held_out: Statistic | None
    sequences: int
    further: tuple[Statistic, ...] = ()
    gradient: Float[np.ndarray, "outputs units"] | None = None
    longest: int = 0

    @property
    def views(self) -> tuple[Statistic, Statistic]:
        """What is fitted, and what is scored."""
        return self.fitted, self.held_out or self.fitted

    def arrays(self) -> dict[str, np.ndarray]:
        """All of it as plain arrays, for files without pickle."""
        parts = dict(zip(_PARTS, (self.fitted, self.held_out), strict=True))
        parts |= {f"further{place}.": part for place, part in enumerate(self.further)}
        arrays = {
            prefix + name: array for prefix, part in parts.items() if part for name, array in part.arrays().items()
        }
        if self.gradient is not None:
            arrays["gradient"] = self.gradient
        return arrays | {"sequences": np.array(self.sequences), "longest": np.array(self.longest)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Transitions:
        """What `arrays` gave; a KeyError where they are something else's."""
        parts: dict[str, dict[str, np.ndarray]] = {}
        for name, array in arrays.items():
            prefix, dot, rest = name.partition(".")
            if dot:
                parts.setdefault(prefix, {})[rest] = array
        found = {prefix: Statistic.from_arrays(own) for prefix, own in parts.items()}
        further = [found[prefix] for prefix in found if prefix.startswith("further")]
        return cls(
            fitted=found["fitted"],
            held_out=found.get("held_out"),
            sequences=int(arrays["sequences"]),
            further=tuple(sorted(further, key=lambda statistic: statistic.lag)),
            gradient=arrays.get("gradient"),
            longest=int(arrays["longest"]),
        )


def sum_transitions(batches: Iterable[StateBatch], settings: States, inputs: bool, groups: int) -> Statistic:
    """One pass over the states, with the settings that decide what is summed; `inputs` sums those along."""
    return summarise(batches, settings.lag, settings.delays, inputs, settings.steps, groups)


def sum_further(batches: Iterable[StateBatch], settings: Summed, groups: int) -> tuple[Statistic, ...]:
    """The same over pairs of states further apart, for how far a mode's eigenvalue predicts it."""
    lags = [settings.lag * steps for steps in HORIZONS]
    return tuple(summarise_lags(batches, lags, settings.delays, settings.steps, groups))
