"""States -> sums over transitions, the level that unrolling pays for; and the settings of both levels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from kann.numerics.statistic import Statistic
from kann.numerics.summarise import summarise
from kann.records import StateBatch

_PARTS = ("fitted.", "held_out.")


@dataclass(frozen=True)
class Settings:
    """Every default of the analysis, once.

    What is summed (a change unrolls the network again): `state` "full" or "hidden", `lag`, `delays`,
    `steps` (start, stop), `max_length` of the sequences, every `held_out`-th of them kept for scoring,
    at most `groups` chunks for the bootstrap. What is solved from the sums (milliseconds): `rank` (None:
    all above rounding noise), `intercept`, `inputs`, `label` of one class, at most `samples` draws
    (see `affordable_draws`) from `seed` for the intervals. Twins: how many, on how many sequences.
    """

    state: Literal["full", "hidden"] = "full"
    lag: int = 1
    delays: int = 0
    steps: tuple[int, int | None] | None = None
    max_length: int | None = None
    held_out: int = 5
    groups: int = 64
    rank: int | None = None
    intercept: bool = True
    inputs: bool = False
    label: int | str | None = None
    samples: int = 200
    seed: int = 0
    twins: int = 5
    twin_sequences: int = 512


@dataclass(frozen=True)
class Transitions:
    """Sums over the transitions of one network: those that are `fitted`, and those `held_out` for scoring
    (None where there are too few sequences: scores are then in-sample)."""

    fitted: Statistic
    held_out: Statistic | None
    sequences: int

    def arrays(self) -> dict[str, np.ndarray]:
        """All of it as plain arrays, for files without pickle."""
        parts = zip(_PARTS, (self.fitted, self.held_out), strict=True)
        arrays = {prefix + name: array for prefix, part in parts if part for name, array in part.arrays().items()}
        return arrays | {"sequences": np.array(self.sequences)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Transitions:
        """What `arrays` gave; a KeyError where they are something else's."""
        fitted, held_out = (
            {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
            for prefix in _PARTS
        )
        held = Statistic.from_arrays(held_out) if held_out else None
        return cls(Statistic.from_arrays(fitted), held, int(arrays["sequences"]))


def sum_transitions(batches: Iterable[StateBatch], settings: Settings, inputs: bool, groups: int) -> Statistic:
    """One pass over the states, with the settings that decide what is summed; `inputs` sums those along."""
    return summarise(batches, settings.lag, settings.delays, inputs, settings.steps, groups)
