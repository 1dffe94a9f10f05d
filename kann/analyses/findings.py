"""What a result says in words, with the numbers that carry it and why, or why not, to believe it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kann.analyses.koopman_states import Result
from kann.analyses.wording import duration, number, share
from kann.records import Spectrum

# A fit is better than another where it leaves at most this part of the other's unexplained variance.
_BETTER = 0.8
# A mode that carries less of the states' variance is no headline.
_NOTICEABLE = 0.01
# A mode whose modulus is known to less than its distance from the circle carries no claim.
_TRUSTED = 0.5


@dataclass(frozen=True)
class Finding:
    """One sentence to begin with, and those that support or qualify it."""

    headline: str
    support: str


def finding(result: Result, unit: str = "steps") -> Finding:
    """The result's first sentence: the mode that remembers longest, among those that can be believed."""
    leader = leading_mode(result.spectrum)
    if leader is None:
        headline = "No mode can be told from chance."
        return Finding(headline, f"{_fit_sentence(result)} {_interval_sentence(result.spectrum)}".strip())
    fate = _fate(result.spectrum, leader, unit)
    return Finding(f"Mode {leader + 1} {fate}.", f"{_reasons(result.spectrum, leader, unit)} {_fit_sentence(result)}")


def leading_mode(spectrum: Spectrum) -> int | None:
    """The longest memory among the modes with a trusted interval (all, where there are no intervals) that
    carry a noticeable share of the states; one that no untrained twin has comes first."""
    believed = spectrum.trust >= _TRUSTED if spectrum.has_intervals else np.ones(len(spectrum), bool)
    noticeable = spectrum.shares * np.where(spectrum.eigenvalues.imag != 0, 2, 1) >= _NOTICEABLE
    candidates = np.flatnonzero(believed & noticeable & (spectrum.eigenvalues.imag >= 0))
    if not len(candidates):
        return None
    made_by_training = candidates[spectrum.in_twins[candidates] == 0]
    candidates = made_by_training if len(made_by_training) else candidates
    return int(candidates[np.argmax(np.abs(spectrum.eigenvalues[candidates]))])


def _fate(spectrum: Spectrum, index: int, unit: str) -> str:
    """What becomes of a mode's amplitude, in words."""
    modulus = abs(spectrum.eigenvalues[index])
    if spectrum.modulus_low[index] < 1 < spectrum.modulus_high[index]:
        return "lasts: whether it grows or fades cannot be told apart"
    if np.isinf(spectrum.half_lives[index]):
        return "neither grows nor fades" if modulus == 1 else f"grows, by {100 * (modulus - 1):.2g} % a step"
    return f"keeps half of what it holds for {duration(spectrum.half_lives[index], unit, spectrum.sampling_rate)}"


def verdict(spectrum: Spectrum, index: int, unit: str = "steps") -> str:
    """A mode in one sentence: memory, rhythm, share of the states, interval, twins, residual.

    Source of the twin test: `kann.numerics.trust.inside_ellipse`.
    """
    reasons = _reasons(spectrum, index, unit)
    return f"Mode {index + 1} {_fate(spectrum, index, unit)}; {reasons[0].lower()}{reasons[1:]}"


def _reasons(spectrum: Spectrum, index: int, unit: str) -> str:
    """Why to believe a mode, or not, as one sentence."""
    carried = spectrum.shares[index] * (2 if spectrum.eigenvalues[index].imag else 1)
    cancels = " (below zero: it cancels others)" if carried < 0 else ""
    parts = [f"It carries {100 * carried:.2g} % of the states' variance{cancels}"]
    if spectrum.frequencies[index] > 0:
        parts.append(f"has a period of {duration(1 / spectrum.frequencies[index], unit, spectrum.sampling_rate)}")
    if spectrum.twins and spectrum.has_intervals:
        count = int(spectrum.in_twins[index])
        parts.append(f"is present in {'none' if count == 0 else count} of {spectrum.twins} untrained twins")
    if spectrum.has_intervals:
        low, high = spectrum.modulus_low[index], spectrum.modulus_high[index]
        parts.append(f"its modulus lies in {low:.4f} to {high:.4f} (95 %)")
    parts.append(f"its residual is {number(spectrum.residuals[index])}")
    return f"{', '.join(parts)}."


def _fit_sentence(result: Result) -> str:
    where = "in sample" if result.in_sample else "on held-out sequences"
    own, stays = result.accuracy.R2, result.accuracy.persistence
    sentences = [
        f"One step ahead the operator explains {share(own)} of the variance {where}, persistence {share(stays)}."
    ]
    if 1 - own > _BETTER * (1 - stays):
        sentences.append("It predicts little better than a state that stays: read the modes with care.")
    if result.twins is not None and len(result.twins.R2):
        sentences += _twin_sentences(result.spectrum, own, result.twins.median)
    return " ".join(sentences)


def _twin_sentences(spectrum: Spectrum, own: float, twin: float) -> list[str]:
    """What training changed: the fit, and the memory of the typical mode."""
    as_well = 1 - own > _BETTER * (1 - twin)
    fit = f"An untrained twin is predicted as well ({share(twin)}): the fit alone shows no learning."
    if not as_well:
        fit = f"An untrained twin reaches {share(twin)}."
    here, there = np.median(spectrum.half_lives), np.median(spectrum.twin_half_lives)
    return [fit, f"The median mode's half-life is {number(here)} steps, a twin's {number(there)}."]


def _interval_sentence(spectrum: Spectrum) -> str:
    if not spectrum.has_intervals:
        return ""
    return "Every modulus is known less well than its distance from the unit circle."
