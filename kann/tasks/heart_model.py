"""McSharry's dynamical model of the electrocardiogram.

A point moves round the unit circle, one turn a heartbeat; each wave (P, R, S, T) raises or lowers the voltage as the
point passes its angle, and the voltage relaxes to a baseline modulated by breathing.

Source: McSharry, Clifford, Tarassenko and Smith (2003), "A dynamical model for generating synthetic
electrocardiogram signals", IEEE Trans. Biomed. Eng. 50(3), 289-294, doi:10.1109/TBME.2003.808805.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

BREATHS_PER_SECOND = 0.25
_TURN = 2 * np.pi
_WARM_UP_TURNS = 1.12  # starts on the flat stretch before the R wave, where the voltage is at its baseline


@dataclass(frozen=True)
class Waves:
    """Waves of every beat, by their place on the circle.

    angles and widths in turns, angle 0 where the window opens; a wave alone would lift the voltage by
    its height.
    """

    angles: Float[np.ndarray, "beats waves"]
    heights: Float[np.ndarray, "beats waves"]
    widths: Float[np.ndarray, "beats waves"]


@dataclass(frozen=True)
class Breathing:
    """The baseline that breathing moves: its amplitude, and its phase in turns when the window opens."""

    amplitudes: Float[np.ndarray, " beats"]
    phases: Float[np.ndarray, " beats"]


def voltages(
    waves: Waves,
    intervals: Float[np.ndarray, " beats"],
    breathing: Breathing,
    steps: int,
    sampling_rate: float,
    substeps: int = 2,
) -> Float[np.ndarray, "beats steps"]:
    """Integrate the model for every beat, and return what follows the moment at which its angle is 0.

    `intervals` are seconds a turn. Runge-Kutta of fourth order, `substeps` a sample. The paper's a is
    height * omega / width**2 here, so that a wave keeps its height at every heart rate.

    Source: Eqs. 1 and 2.
    """
    velocity = _velocity(waves, intervals, breathing)
    step = 1 / (sampling_rate * substeps)
    warm_up = int(np.ceil(_WARM_UP_TURNS * intervals.max() / step))
    start = -_TURN * warm_up * step / intervals
    state = np.stack([np.cos(start), np.sin(start), np.zeros_like(start)])
    samples = []
    for index in range(-warm_up, (steps - 1) * substeps + 1):
        if index >= 0 and index % substeps == 0:
            samples.append(state[2])
        state = _runge_kutta(velocity, index * step, state, step)
    return np.stack(samples, axis=1)


def heart_intervals(
    beats: int, mean: float, deviation: float, slow_share: float, random: np.random.Generator
) -> Float[np.ndarray, " beats"]:
    """Seconds between successive beats, with the two slow rhythms of a heart at rest.

    Their spectrum has a peak at 0.1 Hz (Mayer waves) with `slow_share` times the power of the one at
    0.25 Hz (breathing).

    Source: Eq. 3, where the share is 0.5; phases at random, and a little power at all frequencies for
    series too short to hold either peak.
    """
    frequencies = np.fft.rfftfreq(beats, mean)
    slow, breath = (np.exp(-((frequencies - peak) ** 2) / (2 * 0.01**2)) for peak in (0.1, BREATHS_PER_SECOND))
    power = slow_share * slow + breath + 1e-6
    power[0] = 0
    phases = random.uniform(0, _TURN, len(frequencies))
    series = np.fft.irfft(np.sqrt(power) * np.exp(1j * phases), beats)
    return mean + deviation * series / series.std()


def _velocity(waves: Waves, intervals: np.ndarray, breathing: Breathing) -> Callable:
    omega = _TURN / intervals
    centres, widths = _TURN * waves.angles.T, _TURN * waves.widths.T
    pulls = waves.heights.T * omega / widths**2

    def velocity(time: float, state: np.ndarray) -> np.ndarray:
        x, y, z = state
        attraction = 1 - np.hypot(x, y)
        distance = (np.arctan2(y, x) - centres + np.pi) % _TURN - np.pi
        pull = (pulls * distance * np.exp(-(distance**2) / (2 * widths**2))).sum(0)
        baseline = breathing.amplitudes * np.sin(_TURN * (BREATHS_PER_SECOND * time + breathing.phases))
        return np.stack([attraction * x - omega * y, attraction * y + omega * x, -pull - (z - baseline)])

    return velocity


def _runge_kutta(velocity: Callable, time: float, state: np.ndarray, step: float) -> np.ndarray:
    first = velocity(time, state)
    second = velocity(time + step / 2, state + step / 2 * first)
    third = velocity(time + step / 2, state + step / 2 * second)
    fourth = velocity(time + step, state + step * third)
    return state + step / 6 * (first + 2 * second + 2 * third + fourth)
