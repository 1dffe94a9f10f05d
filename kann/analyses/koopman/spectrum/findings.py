"""Findings of a result in words, with their numbers and the reasons for or against them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kann.analyses.koopman.spectrum.koopman_states import Result
from kann.analyses.koopman.spectrum.training_credit import mode_credit, network_credit
from kann.analyses.wording import duration, number, percent, share
from kann.records import Spectrum

# A fit is better than another where it leaves at most this part of the other's unexplained variance.
_BETTER = 0.8
# Below this R2 nothing is predicted.
_NOTHING = 0.02
# Least share of a mode in a headline, and of one named for its long memory.
_NOTICEABLE, _LARGE = 0.01, 0.05
# Least trust for a claim: 2.8 standard errors from 0 (a pair: 3.5).
_TRUSTED = 0.5
# Moduli that agree to the digits of a mode's id are equal.
_SAME = 1e-6


@dataclass(frozen=True)
class Finding:
    """A headline, and the sentences that support or qualify it."""

    headline: str
    support: str


def finding(result: Result, unit: str = "steps") -> Finding:
    """The finding of a result: half-life and period of the mode with the largest share of the decision, or the
    states."""
    spectrum = result.spectrum
    if result.accuracy.R2 < _NOTHING:
        explained = f"one step ahead the operator explains {share(result.accuracy.R2)} of the variance {_where(result)}"
        stays = f"Persistence explains {share(result.accuracy.persistence)}: do not interpret the modes."
        return Finding(f"Nothing is predicted: {explained}.", stays)
    leader = leading_mode(spectrum)
    if leader is None:
        headline = "No mode with a share of at least 1 % has an eigenvalue that differs significantly from 0."
        return Finding(headline, _fit_sentence(result))
    credit = "" if spectrum.untrained is None else network_credit(spectrum, leader)
    known = _sentence(_known(spectrum, leader, unit))
    support = [known, credit, _longest(spectrum, leader, unit), _fit_sentence(result)]
    weight = spectrum.weights[leader]
    rest = " (above 100 %: other modes cancel part of it)" if weight > 1 else ""
    sentence = f"Mode {leader + 1} carries {percent(weight)} of {_what(spectrum)}{rest} and "
    return Finding(f"{sentence}{_fate(spectrum, leader, unit)}.", " ".join(filter(None, support)))


def leading_mode(spectrum: Spectrum) -> int | None:
    """The mode with the largest share of the decision, where there is a read-out, else of the states, among those whose
    eigenvalue differs significantly from 0 (all, where there are no intervals)."""
    candidates = _candidates(spectrum, _NOTICEABLE)
    return int(candidates[np.argmax(spectrum.weights[candidates])]) if len(candidates) else None


def verdict(spectrum: Spectrum, index: int, unit: str = "steps") -> str:
    """A mode in one sentence: half-life, period, share, untrained networks, interval, residual."""
    reasons = _reasons(spectrum, index, unit)
    return f"Mode {index + 1} {_fate(spectrum, index, unit)}; {reasons[0].lower()}{reasons[1:]}"


def _candidates(spectrum: Spectrum, least: float) -> np.ndarray:
    believed = spectrum.trust >= _TRUSTED if spectrum.has_intervals else np.ones(len(spectrum), bool)
    return np.flatnonzero(believed & (spectrum.weights >= least) & (spectrum.eigenvalues.imag >= 0))


def _what(spectrum: Spectrum) -> str:
    return "the decision" if spectrum.decides else "the states' variance"


def _fate(spectrum: Spectrum, index: int, unit: str) -> str:
    """Growth or decay of a mode in words, with its period where roll-outs confirm it."""
    return _size(spectrum, index, unit) + _rhythm(spectrum, index, unit)


def _size(spectrum: Spectrum, index: int, unit: str) -> str:
    modulus, life = abs(spectrum.eigenvalues[index]), spectrum.half_lives[index]
    if abs(modulus - 1) < _SAME:
        return "neither grows nor fades"
    if spectrum.modulus_low[index] <= 1 <= spectrum.modulus_high[index]:
        least = _length(spectrum, spectrum.half_life_low[index], unit)
        return f"lasts: its modulus does not differ significantly from 1, its half-life is at least {least}"
    if modulus > 1:
        return _growth(spectrum, index, unit)
    if spectrum.longest and life > spectrum.longest:
        return f"keeps more than half of its amplitude over the longest sequence ({spectrum.longest} {unit})"
    return f"keeps half of its amplitude for {_length(spectrum, life, unit)}"


def _growth(spectrum: Spectrum, index: int, unit: str) -> str:
    """Growth is stated only over the steps for which it predicts held-out sequences."""
    reach, rate = spectrum.size_reach[index], percent(abs(spectrum.eigenvalues[index]) - 1)
    if reach > 0:
        return f"grows by {rate} a step, confirmed over {_length(spectrum, reach, unit)}"
    tried = "was not tested over several steps" if np.isnan(reach) else "is not confirmed by roll-outs"
    return f"does not fade; a growth of {rate} a step {tried}"


def _rhythm(spectrum: Spectrum, index: int, unit: str) -> str:
    """A period is stated only where rotation predicts better than no rotation over at least half a period."""
    cycles = spectrum.frequencies[index]
    if not cycles or not spectrum.rhythm_reach[index] >= 0.5 / cycles:
        return ""
    return f", with a period of {_length(spectrum, 1 / cycles, unit)}"


def _length(spectrum: Spectrum, steps: float, unit: str) -> str:
    return duration(steps, unit, spectrum.sampling_rate)


def _reasons(spectrum: Spectrum, index: int, unit: str) -> str:
    """Reasons for or against a mode in one sentence, and whether training made it."""
    carried = spectrum.carried[index]
    cancels = " (below 0: it cancels other modes)" if carried < 0 else ""
    decides = f" and {percent(spectrum.weights[index])} of the decision" if spectrum.decides else ""
    parts = [f"it carries {percent(carried)} of the states' variance{cancels}{decides}"]
    parts += [*_known(spectrum, index, unit), f"its residual is {number(spectrum.residuals[index])}"]
    credit = "" if spectrum.untrained is None else f" {mode_credit(spectrum, index)}"
    return f"{_sentence(parts)}{credit}"


def _known(spectrum: Spectrum, index: int, unit: str) -> list[str]:
    """The interval of the eigenvalue's modulus, and how far it predicts."""
    parts = []
    if spectrum.has_intervals:
        low, high = spectrum.modulus_low[index], spectrum.modulus_high[index]
        parts.append(f"its modulus lies in {low:.4f} to {high:.4f} (95 %)")
    if spectrum.predicts[index] > 0:
        parts.append(f"its eigenvalue predicts it over {_length(spectrum, spectrum.predicts[index], unit)}")
    elif spectrum.predicts[index] == 0:
        parts.append("its eigenvalue predicts less than 10 % of its variance even one step ahead")
    return parts


def _sentence(parts: list[str]) -> str:
    """The parts joined to one sentence."""
    said = ", ".join(parts)
    return f"{said[0].upper()}{said[1:]}." if said else ""


def _longest(spectrum: Spectrum, leader: int, unit: str) -> str:
    """The longest memory of a mode with a large share, where it is not the leading mode."""
    candidates = _candidates(spectrum, _LARGE)
    lives = np.minimum(spectrum.half_lives, spectrum.longest or np.inf)
    longer = candidates[lives[candidates] > 1.5 * lives[leader]]
    if not len(longer):
        return ""
    mode = int(longer[np.argmax(lives[longer])])
    return f"Mode {mode + 1}, {percent(spectrum.weights[mode])}, {_fate(spectrum, mode, unit)}."


def _where(result: Result) -> str:
    return "in sample" if result.in_sample else "on held-out sequences"


def _fit_sentence(result: Result) -> str:
    own, stays, untrained = result.accuracy.R2, result.accuracy.persistence, result.spectrum.untrained
    beside = f"persistence {share(stays)}" + (
        f", an untrained network's {share(untrained.median)}" if untrained else ""
    )
    sentences = [f"One step ahead the operator explains {share(own)} of the variance {_where(result)}, {beside}."]
    if 1 - own > _BETTER * (1 - stays):
        sentences.append("It predicts little better than persistence: interpret the modes with care.")
    if untrained is not None and 1 - own > _BETTER * (1 - untrained.median):
        sentences.append("The fit is little better than an untrained network's and by itself shows no training.")
    if not result.spectrum.has_intervals:
        sentences.append("There are no intervals, so that no eigenvalue's error is known.")
    return " ".join(sentences)
