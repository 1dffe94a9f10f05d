"""What a result says in words, with the numbers that carry it and why, or why not, to believe it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kann.analyses.koopman_states import Result
from kann.records import Spectrum

# A fit explains the states' motion beyond persistence from this gain in R2 on.
_GAIN = 0.02
# A mode whose modulus is known to less than its distance from the circle carries no claim.
_TRUSTED = 0.5


@dataclass(frozen=True)
class Finding:
    """One sentence to begin with, and those that support or qualify it."""

    headline: str
    support: str


def number(value: float) -> str:
    """Three significant digits, plain where that is short."""
    if not np.isfinite(value):
        return "∞" if value > 0 else "unknown"
    return f"{value:.3g}" if abs(value) < 1e4 else f"{value:.2e}"


def duration(steps: float, unit: str, sampling_rate: float | None) -> str:
    """Steps in words, and in seconds where the data have a sampling rate."""
    if not np.isfinite(steps):
        return "for ever"
    seconds = "" if sampling_rate is None else f" ({number(steps / sampling_rate)} s)"
    return f"{number(steps)} {unit}{seconds}"


def finding(result: Result, unit: str = "steps") -> Finding:
    """The result's first sentence: the mode that remembers longest, among those that can be believed."""
    leader = leading_mode(result.spectrum)
    if leader is None:
        headline = "No mode can be told from chance."
        return Finding(headline, f"{_fit_sentence(result)} {_interval_sentence(result.spectrum)}".strip())
    spectrum = result.spectrum
    lasts = duration(spectrum.half_lives[leader], unit, spectrum.sampling_rate)
    keeps = "does not fade" if np.isinf(spectrum.half_lives[leader]) else f"keeps half of what it holds for {lasts}"
    return Finding(f"Mode {leader + 1} {keeps}.", f"{verdict(spectrum, leader, unit)} {_fit_sentence(result)}")


def leading_mode(spectrum: Spectrum) -> int | None:
    """The longest memory among the modes with a trusted interval (all, where there are no intervals)."""
    believed = spectrum.trust >= _TRUSTED if spectrum.has_intervals else np.ones(len(spectrum), bool)
    candidates = np.flatnonzero(believed & (spectrum.eigenvalues.imag >= 0))
    if not len(candidates):
        return None
    return int(candidates[np.argmax(spectrum.half_lives[candidates])])


def verdict(spectrum: Spectrum, index: int, unit: str = "steps") -> str:
    """A mode in one sentence: memory, rhythm, twins, share of the states, interval, residual.

    Source of the twin test: `kann.numerics.trust.inside_ellipse`.
    """
    parts = [f"half-life {duration(spectrum.half_lives[index], unit, spectrum.sampling_rate)}"]
    if spectrum.frequencies[index] > 0:
        parts.append(f"period {duration(1 / spectrum.frequencies[index], unit, spectrum.sampling_rate)}")
    if spectrum.twins and spectrum.has_intervals:
        count = int(spectrum.in_twins[index])
        parts.append(f"in {'none' if count == 0 else count} of {spectrum.twins} untrained twins")
    parts.append(f"carries {100 * spectrum.shares[index]:.2g} % of the states' variance")
    if spectrum.has_intervals:
        low, high = spectrum.modulus_low[index], spectrum.modulus_high[index]
        parts.append(f"modulus {low:.4f} to {high:.4f} at 95 %")
    parts.append(f"residual {number(spectrum.residuals[index])}")
    return f"Mode {index + 1}: {', '.join(parts)}."


def _fit_sentence(result: Result) -> str:
    where = "in sample" if result.in_sample else "on held-out sequences"
    own, stays = result.accuracy.R2, result.accuracy.persistence
    sentence = f"One step ahead the operator explains {own:.3f} of the variance {where}, persistence {stays:.3f}."
    if own - stays < _GAIN:
        sentence += " It predicts no better than a state that stays: read the modes with care."
    if result.twins is not None and len(result.twins.R2):
        twin = float(np.median(result.twins.R2))
        if twin >= own - _GAIN:
            sentence += f" An untrained twin is predicted as well ({twin:.3f}): the fit alone shows no learning."
        else:
            sentence += f" An untrained twin reaches {twin:.3f}."
    return sentence


def _interval_sentence(spectrum: Spectrum) -> str:
    if not spectrum.has_intervals:
        return ""
    return "Every modulus is known less well than its distance from the unit circle."
