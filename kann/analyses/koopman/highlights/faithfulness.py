"""Which shading to believe: what is left of the network's evidence once a shading's strongest steps are deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from kann.analyses.koopman.spectrum.findings import Finding
from kann.analyses.wording import number
from kann.errors import NotEnoughData
from kann.numerics.attribution.area_under_curve import Interval, area, ratio_interval

RANDOM, INTEGRATED = "random", "integrated gradients"
# What shadings are held against; no page shades by them.
REFERENCES = (INTEGRATED, RANDOM)


@dataclass(frozen=True)
class Settings:
    """Every default of the measurement, once: how many held-out `sequences` (None: all), which `shares` of their
    steps are deleted, how many random `orders` stand beside, `points` of integrated gradients, bootstrap `samples`
    and `seed` of both draws."""

    sequences: int | None = 64
    shares: tuple[float, ...] = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7)
    orders: int = 5
    points: int = 32
    samples: int = 2000
    seed: int = 0


@dataclass(frozen=True)
class Result:
    """`methods`, random deletion last, and for each the evidence that is left, as a part of that of the whole
    sequences: `curves` [methods shares], and `areas` [methods] below them, 1 where deletion changes nothing, below 0
    where it turns the decision.

    Both at 95 % over sequences. `against_random` and `against_best` [methods]: differences of areas on the same
    sequences, at 95 % for all methods together (Bonferroni). `best`: the shading, none of REFERENCES, with the
    smallest area that is surely below random's, or None; then `against_best` is against random. `evidence` is the
    mean at the start, in log-odds; `notes` say what is missing.
    """

    methods: tuple[str, ...]
    shares: np.ndarray
    curves: Interval
    areas: Interval
    against_random: Interval
    against_best: Interval
    best: str | None
    evidence: float
    sequences: int
    notes: tuple[str, ...]

    @property
    def better_than_random(self) -> tuple[str, ...]:
        return self._where(self.against_random.high < 0)

    @property
    def worse_than_random(self) -> tuple[str, ...]:
        return self._where(self.against_random.low > 0)

    @property
    def as_good_as_best(self) -> tuple[str, ...]:
        """Beside the best, the shadings that beat random too and are not surely worse than it."""
        names = self._where((self.against_best.low <= 0) & (self.against_random.high < 0))
        return tuple(name for name in names if name not in (self.best, *REFERENCES))

    def _where(self, chosen: np.ndarray) -> tuple[str, ...]:
        return tuple(name for name, is_chosen in zip(self.methods, chosen, strict=True) if is_chosen)


def analyse(
    evidence: Mapping[str, Float[np.ndarray, "sequences shares"]], settings: Settings, notes: tuple[str, ...] = ()
) -> Result:
    """Curves, areas and their differences; `evidence` for each sequence's own decision, one entry a method.

    Raises:
        NotEnoughData: random deletion is missing, or there are fewer than 8 sequences.
        OutOfRange: shares that do not rise.
    """
    if RANDOM not in evidence:
        raise NotEnoughData(f"Nothing stands beside {', '.join(evidence)}: measure random deletion too.")
    methods = (*(name for name in evidence if name != RANDOM), RANDOM)
    shares = np.asarray(settings.shares)
    left = np.stack([evidence[name] for name in methods], axis=1)
    start = left[:, -1, 0]
    below = area(left, shares)
    together = 1 - 0.05 / max(len(methods) - 1, 1)

    def interval(values: np.ndarray, level: float = 0.95) -> Interval:
        return ratio_interval(values, start, settings.samples, settings.seed, level)

    areas, against_random = interval(below), interval(below - below[:, -1:], together)
    surely = [row for row in np.flatnonzero(against_random.high < 0) if methods[row] not in REFERENCES]
    best = min(surely, key=lambda row: areas.value[row], default=len(methods) - 1)
    return Result(
        methods=methods,
        shares=shares,
        curves=interval(left),
        areas=areas,
        against_random=against_random,
        against_best=interval(below - below[:, [best]], together),
        best=methods[best] if len(surely) else None,
        evidence=float(start.mean()),
        sequences=len(start),
        notes=notes,
    )


def finding(result: Result, unit: str = "steps") -> Finding:
    """Which shading to believe for this network, or that none beats chance."""
    if result.best is None:
        headline = f"On this network no shading finds the {unit} that matter better than chance does."
        least = min(_shadings(result), key=lambda name: result.areas.value[result.methods.index(name)])
        support = (
            f"The smallest area, of {least}, is {_area(result, least)}; random deletion has {_area(result, RANDOM)}."
        )
        return Finding(headline, support)
    support = (
        f"When the {unit} that it marks most are deleted first, the area below what is left of the evidence is "
        f"{_area(result, result.best)}, with random deletion {_area(result, RANDOM)}."
    )
    equals = result.as_good_as_best
    if equals:
        support += f" On {result.sequences} sequences it cannot be told from {', '.join(equals)}."
    beaten = [name for name in _shadings(result) if name not in result.better_than_random]
    if beaten:
        support += f" Not surely better than chance: {', '.join(beaten)}."
    return Finding(f"On this network believe {result.best}.", support + _beside_gradients(result))


def _shadings(result: Result) -> list[str]:
    return [name for name in result.methods if name not in REFERENCES]


def _beside_gradients(result: Result) -> str:
    if INTEGRATED not in result.methods:
        return ""
    row = result.methods.index(INTEGRATED)
    low, high = result.against_best.low[row], result.against_best.high[row]
    told = "less" if low > 0 else "more" if high < 0 else "as much, as far as can be told"
    beside = "Integrated gradients, which ask the network itself and know no modes,"
    return f" {beside} find {told}: {_area(result, INTEGRATED)}."


def _area(result: Result, name: str) -> str:
    place, areas = result.methods.index(name), result.areas
    return f"{number(areas.value[place])} (95 %: {number(areas.low[place])} to {number(areas.high[place])})"
