"""Settings of the Koopman analysis, each level within the next: what is read, what is summed, what is fitted, what is
drawn for the intervals, and what stands beside it. Every default stands here, once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kann.settings import bounded


@dataclass(frozen=True)
class States:
    """Which states, and which pairs of them: `state` "full" (all that the network carries) or "hidden" (h of the last
    layer), `lag` steps between the two of a pair, `delays` earlier states stacked under each, `steps` (start, stop)
    of each sequence, and its `max_length`."""

    state: Literal["full", "hidden"] = "full"
    lag: int = 1
    delays: int = bounded(0, most=1000)
    steps: tuple[int, int | None] | None = None
    max_length: int | None = bounded(None, least=1)


@dataclass(frozen=True)
class Summed(States):
    """What is summed; a change unrolls the network again. One sequence in `held_out` is kept for scoring. At most
    `groups` chunks of sequences are kept apart, for operators by class and for the bootstrap."""

    held_out: int = bounded(5, least=2)
    groups: int = bounded(64, least=0)


@dataclass(frozen=True)
class Fit(Summed):
    """What is solved from the sums: `rank` (None: all above rounding noise), `intercept`, `inputs`, `label` of one
    class (None: all sequences)."""

    rank: int | None = None
    intercept: bool = True
    inputs: bool = False
    label: int | str | None = bounded(None, most=2**63 - 1)


@dataclass(frozen=True)
class Drawn(Fit):
    """Intervals from at most `samples` draws (see `affordable_draws`) from `seed`."""

    samples: int = bounded(200, most=100_000)
    seed: int = bounded(0, least=0)


@dataclass(frozen=True)
class Settings(Drawn):
    """All of it. Untrained twins: how many of each kind (19 are the fewest that can say "5 %"), on how many
    sequences."""

    twins: int = bounded(19, least=0, most=1000)
    twin_sequences: int = bounded(128, least=1)
