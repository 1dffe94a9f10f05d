"""Median and spread over sequences at each step, robust against outliers."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

PerSequence = Float[np.ndarray, "sequences *shape"]
Typical = Float[np.ndarray, "*shape"]


def median_and_spread(values: PerSequence) -> tuple[Typical, Typical]:
    """The median over the sequences and the median absolute deviation from it, MAD, in the unit of the values.

    NaN marks a sequence without this step and is ignored; where all are NaN, both results are.
    """
    median = _median(values)
    return median, _median(np.abs(values - median))


def _median(values: np.ndarray) -> np.ndarray:
    """numpy's nanmedian would warn of steps that no sequence reaches, and is slower by an order."""
    ordered, counts = np.sort(values, axis=0), np.count_nonzero(~np.isnan(values), axis=0)
    if not len(values):
        return np.full(values.shape[1:], np.nan)
    middle = np.maximum(np.stack([(counts - 1) // 2, counts // 2]), 0)
    # NaN sorts to the end, so the middle of what counts lies at the front; with none, it is NaN itself.
    return np.take_along_axis(ordered, middle, axis=0).mean(axis=0, dtype=np.float64)
