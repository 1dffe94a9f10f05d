"""Numbers and durations as every sentence, hover and label writes them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kann.records import Dataset

# Longer than this nothing is told apart: a half-life beyond it says that a mode lasts.
MOST_STEPS = 1e6


def number(value: float) -> str:
    """Three significant digits, plain up to a million."""
    if not np.isfinite(value):
        return "∞" if value > 0 else "unknown"
    short = f"{value:.3g}"
    return f"{float(short):,.0f}" if 1e3 <= abs(value) < 1e6 else short


def class_name(label: str, names: Mapping[str, str]) -> str:
    """What a label means, where a model's card says so; else the label itself."""
    return names.get(label) or (label if label == "all" else f"class {label}")


def signed(value: float) -> str:
    """As `number`, with the sign of a push in either direction."""
    return number(value) if value <= 0 or not np.isfinite(value) else f"+{number(value)}"


def unit_of(dataset: Dataset) -> str:
    """What the steps of a data set are called."""
    return "words" if dataset.kind == "text" else "steps"


def duration(steps: float, unit: str, sampling_rate: float | None) -> str:
    """Steps in words, and in seconds where the data have a sampling rate."""
    if not np.isfinite(steps):
        return "for ever"
    if steps > MOST_STEPS:
        return f"more than {MOST_STEPS:,.0f} {unit}"
    seconds = "" if sampling_rate is None else f" ({number(steps / sampling_rate)} s)"
    return f"{number(steps)} {unit}{seconds}"


def share(value: float) -> str:
    """A part of one, such as R2: three decimals, more where it comes close to one; never a minus zero."""
    decimals = 3 if not 0.995 <= value < 1 else 5 if value > 0.9995 else 4
    return f"{value + 0.0 if abs(value) >= 0.0005 else 0.0:.{decimals}f}"


def percent(value: float) -> str:
    """A part of one in per cent: two significant digits below ten, whole numbers above, "100 %" only for all of it."""
    if not np.isfinite(value):
        return "unknown"
    hundredths = 100 * value
    if abs(hundredths) < 0.01:
        return "less than 0.01 %" if hundredths else "0 %"
    if 99.5 <= hundredths < 100:
        return f"{min(hundredths, 99.99):.2f} %"
    return f"{hundredths:.0f} %" if abs(hundredths) >= 9.95 else f"{hundredths:.2g} %"
