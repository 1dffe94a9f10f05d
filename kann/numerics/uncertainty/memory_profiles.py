"""Memory profiles of spectra, and a test of one profile against others that holds for all modes together.

The profile of a spectrum is the half-life of its longest mode, of its second longest, and so on. Profiles of networks
that were made in the same way are exchangeable, so that each of them has the largest excess with equal probability:
with n others a false-alarm rate of 1 / (n + 1) is exact, whatever the profiles' distribution.

Source: the studentised envelope of Myllymaki, Mrkvicka, Grabarnik, Seijo and Hahn (2017), "Global envelope tests for
spatial processes", one-sided, each profile against all others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Complex, Float

from kann.numerics.operator.memory import half_life

# Half-lives below this, in steps, are treated as equal.
SHORTEST = 0.5
# Profiles that differ by less than this part of a half-life do not differ.
_SAME = 0.05
ALPHA = 0.05


@dataclass(frozen=True)
class EnvelopeTest:
    """`p_value`: the share of networks, this one among them, whose score is at least as large. `beyond` [modes]: the
    places of the profile that exceed the null model, at a false-alarm rate of ALPHA for all of them together."""

    p_value: float
    beyond: Bool[np.ndarray, " modes"]


def memory_profile(eigenvalues: Complex[np.ndarray, " modes"], longest: float | int) -> Float[np.ndarray, " modes"]:
    """Logarithms of the half-lives in steps, longest first, none above `longest`: sequences of so many steps do not
    distinguish longer ones, nor growth."""
    return np.log(np.clip(np.sort(half_life(eigenvalues))[::-1], SHORTEST, max(longest, SHORTEST)))


def envelope_test(own: Float[np.ndarray, " modes"], others: Float[np.ndarray, "networks modes"]) -> EnvelopeTest:
    """The score of one profile above others, and its p-value.

    Each network's score is its largest excess over the mean of all others, in their standard deviations; a place of
    `own` is beyond where its excess is larger than the scores of all but the ALPHA-th part of the other networks. With
    fewer than 1 / ALPHA - 1 others no place is."""
    profiles = np.vstack([own, others])
    excess = np.stack([_excess(profiles, index) for index in range(len(profiles))])
    scores = excess.max(axis=1, initial=-np.inf)
    allowed = int(np.floor(ALPHA * len(profiles) + 1e-9)) - 1
    if allowed < 0:
        return EnvelopeTest(float((scores >= scores[0]).mean()), np.zeros(len(own), bool))
    critical = np.sort(scores[1:])[::-1][allowed]
    return EnvelopeTest(float((scores >= scores[0]).mean()), excess[0] > critical)


def _excess(profiles: np.ndarray, index: int) -> np.ndarray:
    rest = np.delete(profiles, index, axis=0)
    spread = rest.std(axis=0, ddof=1) if len(rest) > 1 else np.zeros(rest.shape[1])
    return (profiles[index] - rest.mean(axis=0)) / np.maximum(spread, _SAME)
