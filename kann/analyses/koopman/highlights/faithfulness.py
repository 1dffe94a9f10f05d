"""Faithfulness of shadings: how much of the network's evidence is left when the strongest steps are deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from kann.analyses.koopman.spectrum.findings import Finding
from kann.analyses.wording import number
from kann.errors import NotEnoughData
from kann.numerics.attribution.area_under_curve import Interval, area_under_curve, ratio_interval

RANDOM, INTEGRATED = "random", "integrated gradients"
# Methods with which the shadings are compared; no page shades by them.
REFERENCES = (INTEGRATED, RANDOM)


@dataclass(frozen=True)
class FaithfulnessSettings:
    """How many held-out `sequences` are measured (None: all), which `shares` of their steps are deleted, over how many
    random `orders` random deletion is averaged, `points` of integrated gradients, bootstrap `samples`, and `seed` of
    both draws."""

    sequences: int | None = 64
    shares: tuple[float, ...] = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7)
    orders: int = 5
    points: int = 32
    samples: int = 2000
    seed: int = 0


@dataclass(frozen=True)
class Faithfulness:
    """`methods`, random deletion last, and for each the evidence that is left, as a part of that of the whole
    sequences: `curves` [methods shares], and `area_under_curve` [methods], 1 where deletion changes nothing, below 0
    where it reverses the decision.

    Both with 95 % intervals over sequences. `against_random` and `against_best` [methods]: differences of areas on the
    same sequences, at 95 % for all methods together (Bonferroni). `best`: the shading, none of REFERENCES, with the
    smallest area that is significantly below random deletion's, or None; then `against_best` is against random.
    `evidence` is the mean of the whole sequences, in log-odds; `notes` say what is missing.
    """

    methods: tuple[str, ...]
    shares: Float[np.ndarray, " shares"]
    curves: Interval
    area_under_curve: Interval
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
        """The shadings other than the best that are better than random deletion and not significantly
        worse than the best."""
        names = self._where((self.against_best.low <= 0) & (self.against_random.high < 0))
        return tuple(name for name in names if name not in (self.best, *REFERENCES))

    def _where(self, chosen: np.ndarray) -> tuple[str, ...]:
        return tuple(name for name, is_chosen in zip(self.methods, chosen, strict=True) if is_chosen)


def analyse(
    evidence: Mapping[str, Float[np.ndarray, "sequences shares"]],
    settings: FaithfulnessSettings,
    notes: tuple[str, ...] = (),
) -> Faithfulness:
    """Curves, areas under them and their differences; `evidence` for the decision on each sequence, one entry a method.

    Raises:
        NotEnoughData: random deletion is missing, or there are fewer than 8 sequences.
        OutOfRange: shares that do not rise.
    """
    if RANDOM not in evidence:
        raise NotEnoughData(f"{', '.join(evidence)} lack their reference: measure random deletion too.")
    methods = (*(name for name in evidence if name != RANDOM), RANDOM)
    shares = np.asarray(settings.shares)
    left = np.stack([evidence[name] for name in methods], axis=1)
    start = left[:, -1, 0]
    under = area_under_curve(left, shares)
    together = 1 - 0.05 / max(len(methods) - 1, 1)

    def interval(values: np.ndarray, level: float = 0.95) -> Interval:
        return ratio_interval(values, start, settings.samples, settings.seed, level)

    areas, against_random = interval(under), interval(under - under[:, -1:], together)
    better = [row for row in np.flatnonzero(against_random.high < 0) if methods[row] not in REFERENCES]
    best = min(better, key=lambda row: areas.value[row], default=len(methods) - 1)
    return Faithfulness(
        methods=methods,
        shares=shares,
        curves=interval(left),
        area_under_curve=areas,
        against_random=against_random,
        against_best=interval(under - under[:, [best]], together),
        best=methods[best] if len(better) else None,
        evidence=float(start.mean()),
        sequences=len(start),
        notes=notes,
    )


def finding(result: Faithfulness, unit: str = "steps") -> Finding:
    """Which shading finds the deciding steps of this network best, or that none is better than random deletion."""
    if result.best is None:
        headline = f"No shading finds the {unit} that decide better than a random order."
        least = min(_shadings(result), key=lambda name: result.area_under_curve.value[result.methods.index(name)])
        support = (
            f"The smallest area under the curve, of {least}, is {_area(result, least)}; that of random deletion is "
            f"{_area(result, RANDOM)}."
        )
        return Finding(headline, support)
    support = (
        f"When the {unit} that it marks most are deleted first, the area under the curve of the evidence left is "
        f"{_area(result, result.best)}, with random deletion {_area(result, RANDOM)}."
    )
    equals = result.as_good_as_best
    if equals:
        support += f" On {result.sequences} sequences its difference from {', '.join(equals)} is not significant."
    beaten = [name for name in _shadings(result) if name not in result.better_than_random]
    if beaten:
        support += f" Not significantly better than random deletion: {', '.join(beaten)}."
    return Finding(
        f"Of the shadings, {result.best} finds the {unit} that decide best.", support + _beside_gradients(result)
    )


def _shadings(result: Faithfulness) -> list[str]:
    return [name for name in result.methods if name not in REFERENCES]


def _beside_gradients(result: Faithfulness) -> str:
    if INTEGRATED not in result.methods:
        return ""
    row = result.methods.index(INTEGRATED)
    low, high = result.against_best.low[row], result.against_best.high[row]
    told = "do worse" if low > 0 else "do better" if high < 0 else "do not differ significantly"
    return f" Integrated gradients, computed on the network without modes, {told}: {_area(result, INTEGRATED)}."


def _area(result: Faithfulness, name: str) -> str:
    place, areas = result.methods.index(name), result.area_under_curve
    return f"{number(areas.value[place])} (95 %: {number(areas.low[place])} to {number(areas.high[place])})"
