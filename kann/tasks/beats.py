"""The heartbeats that ship: simulated, segmented and normalised like ECG5000, with several rhythms and three
anomalies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from kann.errors import OutOfRange
from kann.tasks.ecg5000 import STEPS, Beats
from kann.tasks.heart_model import BREATHS_PER_SECOND, Breathing, Waves, heart_intervals, voltages

SAMPLING_RATE = 250.0
SEED = 0
SOURCE = "simulated: dynamical model of McSharry et al. 2003, doi:10.1109/TBME.2003.808805"
BREATH = 0.15  # amplitude of the baseline, as in the paper (there in millivolts)
NOISE = 0.03

# Waves as (angle in turns, height, width in turns). Those of the normal beat, and the order of magnitude of the
# others, come from least squares of the model against the average course of ECG5000's classes; none of its beats
# is kept. The window opens on the falling flank of R, so S comes first and R last; S has a steep and a slow part,
# T an inverted and a late upright one.
_NORMAL = {
    "S": (0.019, -3.35, 0.011),
    "S slow": (0.037, -2.63, 0.015),
    "T": (0.249, -0.66, 0.043),
    "T late": (0.567, 0.94, 0.118),
    "P": (0.746, 2.16, 0.035),
    "R": (0.951, 1.75, 0.026),
}
_R_ON_T = {
    "S": (0.031, -2.2, 0.015),
    "S slow": (0.059, -1.7, 0.023),
    "T": (0.20, 0.47, 0.116),
    "T late": (0.722, 0.96, 0.152),
    "premature S": (0.962, -3.9, 0.021),
}
_PREMATURE_VENTRICULAR = {
    "S": (0.035, -1.9, 0.022),
    "S slow": (0.075, -1.3, 0.030),
    "T": (0.55, 1.3, 0.100),
    "premature S": (0.975, -3.0, 0.018),
}
_SUPRAVENTRICULAR = {
    "S": (0.028, -2.6, 0.016),
    "S slow": (0.052, -1.9, 0.026),
    "T": (0.30, -0.25, 0.08),
    "early P on T": (0.56, 0.75, 0.040),
    "T late": (0.72, 0.75, 0.180),
    "R": (0.90, 0.5, 0.020),
    "premature S": (0.966, -2.0, 0.015),
}


@dataclass(frozen=True)
class Rhythm:
    """Beats of one kind: their waves, and the mean and deviation of the seconds between them.

    `label` is ECG5000's class; from beat to beat, heights and widths vary by a factor of exp(+-`spread`),
    angles by `jitter` turns. `slow_share` is the power of the Mayer waves over that of breathing in the intervals.
    """

    name: str
    label: int
    waves: dict[str, tuple[float, float, float]]
    interval: float
    deviation: float
    spread: float = 0.06
    jitter: float = 0.004
    slow_share: float = 0.5


RHYTHMS = (
    Rhythm("sinus rhythm", 1, _NORMAL, 0.560, 0.003),
    Rhythm("slower sinus rhythm", 1, _NORMAL, 0.568, 0.003),
    Rhythm("respiratory sinus arrhythmia", 1, _NORMAL, 0.560, 0.008, slow_share=0.05),
    Rhythm("R on T", 2, _R_ON_T, 0.560, 0.010, 0.10),
    Rhythm("premature ventricular contraction", 3, _PREMATURE_VENTRICULAR, 0.560, 0.010, 0.10),
    Rhythm("supraventricular premature beat", 4, _SUPRAVENTRICULAR, 0.560, 0.010, 0.10),
)
SHIPPED = dict(zip((rhythm.name for rhythm in RHYTHMS), (100, 100, 100, 80, 50, 50), strict=True))


def simulate_rhythm(rhythm: Rhythm, beats: int, seed: int = SEED) -> Float[np.ndarray, "beats steps 1"]:
    """Windows of 140 samples at 250 Hz, each of mean 0 and standard deviation 1 (n - 1) as in ECG5000.

    Raises:
        OutOfRange: fewer than two beats.
    """
    if beats < 2:
        raise OutOfRange(f"A rhythm needs at least 2 beats, not {beats}.")
    random = np.random.default_rng([seed, *rhythm.name.encode()])
    intervals = heart_intervals(beats, rhythm.interval, rhythm.deviation, rhythm.slow_share, random)
    waves = _vary(rhythm, beats, random)
    breathing = Breathing(np.full(beats, BREATH), np.cumsum(intervals) * BREATHS_PER_SECOND)
    signals = voltages(waves, intervals, breathing, STEPS, SAMPLING_RATE)
    signals = signals + NOISE * random.standard_normal(signals.shape)
    return normalise(signals)[:, :, None].astype(np.float32)


def normalise(signals: Float[np.ndarray, "beats steps"]) -> Float[np.ndarray, "beats steps"]:
    """Each row shifted to mean 0 and scaled to standard deviation 1 (n - 1)."""
    centred = signals - signals.mean(axis=1, keepdims=True)
    return centred / centred.std(axis=1, ddof=1, keepdims=True)


def simulate_beats(beats: Mapping[str, int] = SHIPPED, seed: int = SEED) -> tuple[Beats, np.ndarray]:
    """So many beats of each rhythm, shuffled, and their ids: the rhythm's name and the beat's place in it."""
    chosen = [rhythm for rhythm in RHYTHMS if rhythm.name in beats]
    signals = np.concatenate([simulate_rhythm(rhythm, beats[rhythm.name], seed) for rhythm in chosen])
    labels = np.repeat([rhythm.label for rhythm in chosen], [beats[rhythm.name] for rhythm in chosen])
    ids = np.array([f"{rhythm.name} {place}" for rhythm in chosen for place in range(1, beats[rhythm.name] + 1)])
    order = np.random.default_rng(seed).permutation(len(signals))
    return Beats(signals[order], labels[order].astype(np.int64)), ids[order]


def write_beats(path: Path, beats: Mapping[str, int] = SHIPPED, seed: int = SEED) -> Beats:
    """Simulate beats and write them as `.npz` with `signals`, `labels`, `ids` and `sampling_rate`; returns them."""
    simulated, ids = simulate_beats(beats, seed)
    np.savez_compressed(
        path, signals=simulated.signals, labels=simulated.labels, ids=ids, sampling_rate=np.float64(SAMPLING_RATE)
    )
    return simulated


def describe(beats: Mapping[str, int] = SHIPPED, seed: int = SEED) -> dict[str, Any]:
    """The model card's description of the simulated beats."""
    rhythms = [
        {"rhythm": rhythm.name, "class": rhythm.label, "beats": beats[rhythm.name], "seconds": rhythm.interval}
        for rhythm in RHYTHMS
        if rhythm.name in beats
    ]
    return {"source": SOURCE, "seed": seed, "sampling_rate": SAMPLING_RATE, "rhythms": rhythms}


def _vary(rhythm: Rhythm, beats: int, random: np.random.Generator) -> Waves:
    """The rhythm's waves for every beat, with random variations of position, height and width."""
    angles, heights, widths = np.array(list(rhythm.waves.values())).T
    shape = (beats, len(angles))
    return Waves(
        angles + rhythm.jitter * random.standard_normal(shape),
        heights * np.exp(rhythm.spread * random.standard_normal(shape)),
        widths * np.exp(rhythm.spread * random.standard_normal(shape)),
    )
