"""Settings of the Koopman analysis and all their defaults. Each class extends the previous one: states, sums, fit,
bootstrap draws, untrained twins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kann.settings import bounded


@dataclass(frozen=True)
class States:
    """Which states, and which pairs of them. `state`: "full" (all state of every layer) or "hidden" (h of the last
    layer); `lag`: steps between the two states of a pair; `delays`: number of earlier states stacked under each;
    `steps`: (start, stop) of each sequence; `max_length`: steps after which sequences are cut (None: no limit)."""

    state: Literal["full", "hidden"] = "full"
    lag: int = 1
    delays: int = bounded(0, most=1000)
    steps: tuple[int, int | None] | None = None
    max_length: int | None = bounded(None, least=1)


@dataclass(frozen=True)
class Summed(States):
    """Settings of the sums; a change unrolls the network again. One sequence in `held_out` is held out for scoring.
    Sums are kept for at most `groups` chunks of sequences, for operators by class and for the bootstrap."""

    held_out: int = bounded(5, least=2)
    groups: int = bounded(64, least=0)


@dataclass(frozen=True)
class Fit(Summed):
    """Settings of the operator solved from the sums: `rank` (None: all directions above rounding error), `intercept`,
    `inputs` (fit their effect too), `label` of one class (None: all sequences)."""

    rank: int | None = None
    intercept: bool = True
    inputs: bool = False
    label: int | str | None = bounded(None, most=2**63 - 1)


@dataclass(frozen=True)
class Drawn(Fit):
    """Bootstrap intervals from at most `samples` draws (see `affordable_draws`) with this `seed`."""

    samples: int = bounded(200, most=100_000)
    seed: int = bounded(0, least=0)


@dataclass(frozen=True)
class Settings(Drawn):
    """All settings. `twins`: number of untrained twins of each kind (19 is the smallest number that allows p = 0.05);
    `twin_sequences`: number of sequences for each."""

    twins: int = bounded(19, least=0, most=1000)
    twin_sequences: int = bounded(128, least=1)
