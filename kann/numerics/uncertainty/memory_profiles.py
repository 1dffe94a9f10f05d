"""Memory of a whole spectrum, and whether a network's stands out among others: a test that holds for all its modes
together.

The profile of a spectrum is the half-life of its longest mode, of its second longest, and so on. Networks that were
made alike have profiles that can be exchanged, so that the one that stands out most is any of them with the same
probability: with n others a rate of false alarms of 1 / (n + 1) is exact, whatever the profiles' distribution.

Source: the studentised envelope of Myllymaki, Mrkvicka, Grabarnik, Seijo and Hahn (2017), "Global envelope tests for
spatial processes", one-sided, each profile against all others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Complex, Float

from kann.numerics.operator.memory import half_life

# Half-lives below this, in steps, are not told apart: what they hold is gone at the next step but one.
SHORTEST = 0.5
# Profiles that differ by less than this part of a half-life do not differ.
_SAME = 0.05
ALPHA = 0.05


@dataclass(frozen=True)
class Standing:
    """`p_value`: the share of networks, this one among them, that stand out as much. `beyond` [modes]: which places
    of the profile lie beyond all that chance explains, at a rate of false alarms of ALPHA for all of them together.
    """

    p_value: float
    beyond: Bool[np.ndarray, " modes"]


def memory_profile(eigenvalues: Complex[np.ndarray, " modes"], longest: float | int) -> Float[np.ndarray, " modes"]:
    """Logarithms of the half-lives in steps, longest first, none above `longest`: sequences of so many steps do not
    tell longer ones apart, nor from growth."""
    return np.log(np.clip(np.sort(half_life(eigenvalues))[::-1], SHORTEST, max(longest, SHORTEST)))


def standing(own: Float[np.ndarray, " modes"], others: Float[np.ndarray, "networks modes"]) -> Standing:
    """How far one profile stands out above others.

    Each network's score is its largest excess over the mean of all others, in their standard deviations; a place of
    `own` counts as beyond where its excess is larger than the score of any other network but the ALPHA-th part of
    them. With fewer than 1 / ALPHA - 1 others no place does.
    """
    profiles = np.vstack([own, others])
    excess = np.stack([_excess(profiles, index) for index in range(len(profiles))])
    scores = excess.max(axis=1, initial=-np.inf)
    allowed = int(np.floor(ALPHA * len(profiles) + 1e-9)) - 1
    if allowed < 0:
        return Standing(float((scores >= scores[0]).mean()), np.zeros(len(own), bool))
    critical = np.sort(scores[1:])[::-1][allowed]
    return Standing(float((scores >= scores[0]).mean()), excess[0] > critical)


def _excess(profiles: np.ndarray, index: int) -> np.ndarray:
    rest = np.delete(profiles, index, axis=0)
    spread = rest.std(axis=0, ddof=1) if len(rest) > 1 else np.zeros(rest.shape[1])
    return (profiles[index] - rest.mean(axis=0)) / np.maximum(spread, _SAME)
