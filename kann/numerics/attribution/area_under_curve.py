"""Areas under curves, and bootstrap intervals of ratios of means over sequences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from kann.errors import NotEnoughData, OutOfRange

FEWEST = 8


@dataclass(frozen=True)
class Interval:
    """A value with its bounds, of any one shape."""

    value: Float[np.ndarray, "*shape"]
    low: Float[np.ndarray, "*shape"]
    high: Float[np.ndarray, "*shape"]


def area_under_curve(
    curves: Float[np.ndarray, "*shape points"], places: Float[np.ndarray, " points"]
) -> Float[np.ndarray, "*shape"]:
    """Area under curves over the width of the axis: their mean height, by the trapezoidal rule at increasing `places`.

    Raises:
        OutOfRange: fewer than two places, or places that do not rise.
    """
    if len(places) < 2 or (np.diff(places) <= 0).any():
        raise OutOfRange(
            f"An area lies under two points or more at rising places, not at {np.asarray(places).tolist()}."
        )
    return np.asarray(np.trapezoid(curves, places, axis=-1) / (places[-1] - places[0]))


def ratio_interval(
    numerators: Float[np.ndarray, "sequences ..."],
    denominators: Float[np.ndarray, " sequences"],
    samples: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> Interval:
    """The mean of the numerators over that of the denominators, with the bounds of a percentile bootstrap.

    Each draw takes whole sequences, numerator and denominator together: results with the same seed are paired. A ratio
    of means, not a mean of ratios: a sequence whose denominator is nearly zero has little weight instead of dominating
    the mean.

    Raises:
        NotEnoughData: fewer than 8 sequences.
        OutOfRange: a level outside 0..1; denominators whose mean is not above 0.

    Source: Efron and Tibshirani (1993), "An introduction to the bootstrap", chapters 10 and 13.
    """
    count = len(denominators)
    if count < FEWEST:
        raise NotEnoughData(f"Intervals over sequences need at least {FEWEST} of them, {count} are there: give more.")
    if not 0 < level < 1:
        raise OutOfRange(f"An interval's level lies strictly between 0 and 1, not at {level}.")
    if not denominators.mean() > 0:
        raise OutOfRange(f"A ratio's denominators must have a mean above 0, not {denominators.mean():g}.")
    flat = numerators.reshape(count, -1)
    random = np.random.default_rng(seed)
    weights = random.multinomial(count, np.full(count, 1 / count), size=samples)
    drawn = (weights @ flat) / np.maximum(weights @ denominators, np.finfo(float).tiny)[:, None]
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
    shape = numerators.shape[1:]
    value = np.asarray(numerators.mean(axis=0) / denominators.mean())
    return Interval(value, low.reshape(shape), high.reshape(shape))
