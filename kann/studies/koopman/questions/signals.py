"""Signals: energy of the modes over time, by wave of a heartbeat and by class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from kann.analyses.koopman.highlights.signal_highlights import (
    FIFTHS,
    EnergyBySegment,
    SignalReading,
    Waves,
    energy_by_segment,
    fifths,
    step_energies,
)
from kann.analyses.koopman.spectrum.mode_table import upper_modes
from kann.analyses.koopman.spectrum.settings import Fit
from kann.analyses.wording import class_name
from kann.backend.engine.question import Asked, Question
from kann.backend.engine.task import Task
from kann.backend.engine.versions import version_of
from kann.backend.opened.pair import OpenedPair
from kann.inputs.data.waves import WAVES, find_waves
from kann.inputs.hidden_states import hidden_states
from kann.numerics.operator.koopman import Operator
from kann.studies.koopman.questions.modes import Scored, operator_of
from kann.studies.koopman.questions.spectrum import OPERATOR
from kann.studies.koopman.questions.states import chosen_rows, scored_states

BATCH = 64


@dataclass(frozen=True)
class WaveFinder:
    """How waves are found: the sampling `rate` in Hz (None: fifths of the sequence instead of waves), and the `version`
    of NeuroKit2."""

    rate: float | None = None
    version: str | None = field(default_factory=lambda: version_of("neurokit2"))


@dataclass(frozen=True)
class WaveSettings:
    """Chosen rows, read up to `max_length` steps, and how their waves are found."""

    max_length: int | None
    rows: tuple[int, ...]
    finder: WaveFinder


@dataclass(frozen=True)
class Signals:
    """A fit on chosen rows; `finder`: None without waves."""

    fit: Fit
    rows: tuple[int, ...]
    finder: WaveFinder | None = None


@dataclass(frozen=True)
class Segmented(Scored):
    """A fit, the sequences, and how segments are found."""

    finder: WaveFinder = field(default_factory=WaveFinder)


def find_all_waves(task: Task, asked: WaveSettings) -> Waves:
    """P, QRS and T of the chosen sequences."""
    dataset = chosen_rows(task.opened, asked.rows, asked.max_length)
    segment = np.full((len(dataset), int(dataset.lengths.max(initial=0))), -1)
    task.expect(len(dataset))
    for row, sequence in enumerate(dataset.sequences):
        segment[row, : len(sequence)] = find_waves(sequence[:, 0], asked.finder.rate)
        task.passed()
    return Waves(segment, np.array(WAVES))


def read_signals(task: Task, asked: Signals) -> tuple[SignalReading, ...]:
    """The chosen sequences with the energy of every mode at every step; without waves they are cut into fifths."""
    opened: OpenedPair = task.opened
    operator, dataset = task.answer(OPERATOR(asked.fit)), chosen_rows(opened, asked.rows, asked.fit.max_length)
    waves = None if asked.finder is None else task.answer(_waves(asked))
    energy = [
        found
        for batch in hidden_states(opened.network, dataset, state=asked.fit.state)
        for found in step_energies(operator, batch, **_drive(opened, operator))
    ]
    return tuple(
        SignalReading(
            name=str(dataset.ids[row]),
            label=None if dataset.labels is None else class_name(str(dataset.labels[row]), opened.class_names),
            signal=_drawn(dataset.sequences[row], dataset.kind),
            energy=energy[row],
            modes=upper_modes(operator.eigenvalues),
            segment=fifths(steps) if waves is None else waves.segment[row, :steps],
            segments=FIFTHS if waves is None else tuple(waves.segments.tolist()),
        )
        for row, steps in enumerate(dataset.lengths.tolist())
    )


def measure_segments(task: Task, asked: Segmented) -> EnergyBySegment:
    """Energy of every mode by class and wave, or, without a rate, by fifths."""
    opened: OpenedPair = task.opened
    operator, rate = task.answer(OPERATOR(asked.fit)), asked.finder.rate

    def read() -> Iterator[tuple]:
        for batch in scored_states(task, asked.fit, asked.everything, BATCH):
            dataset = chosen_rows(opened, tuple(batch.ids.tolist()), asked.fit.max_length)
            segments = [_segment(sequence, rate) for sequence in dataset.sequences]
            yield batch, step_energies(operator, batch, **_drive(opened, operator)), segments

    return energy_by_segment(read(), upper_modes(operator.eigenvalues), FIFTHS if rate is None else WAVES)


def _waves(asked: Signals) -> Asked[Waves]:
    return WAVES_FOUND(WaveSettings(asked.fit.max_length, asked.rows, asked.finder))


def _signal_needs(opened: object, asked: Signals) -> tuple[Asked, ...]:
    return (OPERATOR(asked.fit), *([] if asked.finder is None else [_waves(asked)]))


def _segment(sequence: np.ndarray, rate: float | None) -> np.ndarray:
    return fifths(len(sequence)) if rate is None else find_waves(sequence[:, 0], rate)


def _drive(opened: OpenedPair, operator: Operator) -> dict:
    """What the innovation needs beside the states: mean of the fitted inputs, whether sequences start from the zero
    state, and the direction of reading."""
    network = opened.network
    return {
        "mean_inputs": operator.mean_inputs,
        "from_zeros": network is not None,
        "backward": network is not None and network.direction == "backward",
    }


def _drawn(sequence: np.ndarray, kind: str) -> np.ndarray:
    """[steps channels]: the signal itself; of states their norm, of symbols their numbers."""
    if kind == "states":
        return np.linalg.norm(sequence, axis=1, keepdims=True)
    return sequence if sequence.ndim == 2 else sequence[:, None]


WAVES_FOUND = Question("koopman/waves", 4, WaveSettings, Waves, find_all_waves, doing="Finding P, QRS and T")
SIGNALS = Question("koopman/signals", 4, Signals, tuple, read_signals, _signal_needs, at_once=True, stored=False)
ENERGY_BY_SEGMENT = Question(
    "koopman/energy by segment", 4, Segmented, EnergyBySegment, measure_segments, operator_of,
    doing="Measuring every mode by segment",
)  # fmt: skip
