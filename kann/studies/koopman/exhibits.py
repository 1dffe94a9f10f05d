"""Exhibits of the hidden states' operator: titles, alternative texts and drawing functions."""

from __future__ import annotations

from dataclasses import dataclass

from kann.analyses.koopman.highlights.text_highlights import TextReading
from kann.analyses.koopman.spectrum.mode_table import mode_table
from kann.figures.koopman.beats import Shown, beat, segment_energies
from kann.figures.koopman.comparison import compared_memory, compared_planes, null_model_figure
from kann.figures.koopman.complex_plane import complex_plane
from kann.figures.koopman.decision import decision
from kann.figures.koopman.delay_replacement import error_by_delay, recall_by_delay
from kann.figures.koopman.deletion import deletion_areas, deletion_curves
from kann.figures.koopman.dominance import dominance
from kann.figures.koopman.memory_rhythm import memory_rhythm
from kann.figures.koopman.mode_over_time import mode_over_time
from kann.figures.koopman.modes_by_class import modes_by_class
from kann.figures.koopman.reconstruction import reconstruction
from kann.figures.koopman.roll_outs import agreement_by_horizon, error_by_horizon
from kann.figures.koopman.state_norms import state_norms
from kann.studies.koopman.questions import modes
from kann.studies.koopman.questions.spectrum import BESIDE_UNTRAINED
from kann.studies.study import Exhibit


@dataclass(frozen=True)
class ReadText:
    """A reading of a text: its `words`, positions of the `picked` words, the name of its `evidence`, and the name of
    the modes (`called`)."""

    reading: TextReading
    words: list[str]
    picked: list[int]
    evidence: str
    called: str


PLANE = Exhibit(
    "plane", "Eigenvalues on the complex plane", "Eigenvalues on the complex plane, against the unit circle",
    lambda result, view: complex_plane(result.spectrum, view.chosen, view.palette), BESIDE_UNTRAINED,
)  # fmt: skip
RHYTHM = Exhibit(
    "rhythm", "Half-life against frequency", "Half-life of each mode against its frequency",
    lambda result, view: memory_rhythm(result.spectrum, view.chosen, view.palette), BESIDE_UNTRAINED,
)  # fmt: skip
MODES = Exhibit(
    "table", "All modes",
    "Table of modes: eigenvalue, half-life, period, share of variance, residual, trust and interval of each",
    lambda result, view: mode_table(result.spectrum), BESIDE_UNTRAINED,
)  # fmt: skip
OVER_TIME = Exhibit(
    "modes-over-time", "Modes over time", "Chosen modes over the steps of the chosen sequences",
    lambda traces, view: mode_over_time(traces, view.part, view.palette),
)  # fmt: skip
DOMINANCE = Exhibit(
    "dominance", "How much there is of each mode", "Modes by how much they carry",
    lambda found, view: dominance(found, view.spectrum, view.chosen, view.palette),
    lambda settings: modes.DOMINANCE(modes.Scored(settings)),
)  # fmt: skip
NORMS = Exhibit(
    "norms", "Norm of the state over time, by class", "Median norm of the state at each step, with bands, by class",
    lambda found, view: state_norms(found, view.classes, view.sampling_rate, view.palette),
    lambda settings: modes.STATE_NORMS(modes.NormSettings(settings)),
)  # fmt: skip
RECONSTRUCTION = Exhibit(
    "reconstruction", "What the modes in use rebuild, by class",
    "Median output from the modes in use, beside the whole state's",
    lambda found, view: reconstruction(found, view.classes, view.channel, view.sampling_rate, view.palette),
)  # fmt: skip
BY_CLASS = Exhibit(
    "courses", "Modes in use over time, by class",
    "Median of each mode over time, with the spread over sequences, by class",
    lambda found, view: modes_by_class(
        found, view.measure, view.chosen, view.classes, view.sampling_rate, view.palette
    ),
)  # fmt: skip
RECALL = Exhibit(
    "recall", "Symbols recalled", "Symbols recalled against the delay",
    lambda found, view: recall_by_delay(found, view.palette),
)  # fmt: skip
DELAY_ERROR = Exhibit(
    "error", "Error of the state", "Error of the state at the delay's end",
    lambda found, view: error_by_delay(found, view.palette),
)  # fmt: skip
ROLL_OUT_ERROR = Exhibit(
    "roll-out-error", "Error of roll-outs", "Error against the horizon",
    lambda found, view: error_by_horizon(found, view.palette),
)  # fmt: skip
ROLL_OUT_DECISIONS = Exhibit(
    "roll-out-decisions", "Decisions of roll-outs", "Decisions that agree against the horizon",
    lambda found, view: agreement_by_horizon(found, view.palette),
)  # fmt: skip
DECISION = Exhibit(
    "decision", "The decision while reading", "Evidence after each word, by the network and the modes alone",
    lambda text, view: decision(text.reading, text.words, text.picked, text.evidence, text.called, view.palette),
)  # fmt: skip
SIGNAL = Exhibit(
    "signal", "When modes are at work", "Signal shaded by the energy of the modes in use",
    lambda reading, view: beat(
        reading, Shown(view.measure, view.chosen, view.window, view.channel), view.sampling_rate, view.palette
    ),
)  # fmt: skip
SEGMENTS = Exhibit(
    "segments", "Energy by segment and class", "Energy of the modes in use by segment and class",
    lambda found, view: segment_energies(found, view.measure, view.chosen, view.classes, view.palette),
)  # fmt: skip
DELETION = Exhibit(
    "deletion-curves", "Evidence left", "Evidence left against the share deleted, one line a shading",
    lambda found, view: deletion_curves(found, view.unit, view.palette),
)  # fmt: skip
AREAS = Exhibit(
    "deletion-areas", "Area under the curve", "Area under each curve with its interval, beside random deletion",
    lambda found, view: deletion_areas(found, view.palette),
)  # fmt: skip
TWO_PLANES = Exhibit(
    "planes", "Both spectra on the complex plane", "Both spectra on the complex plane",
    lambda found, view: compared_planes(found, view.palette),
)  # fmt: skip
TWO_RHYTHMS = Exhibit(
    "memories", "Both spectra, half-life against frequency", "Both spectra, half-life against frequency",
    lambda found, view: compared_memory(found, view.palette),
)  # fmt: skip
CHANCE = Exhibit(
    "chance", "Is the distance larger than chance?", "Distances by chance, and the one seen",
    lambda found, view: null_model_figure(found, view.palette),
)  # fmt: skip

# What each page shows of nothing but the settings; a report shows them all.
ON_SPECTRUM, ON_MODES = (PLANE, RHYTHM, MODES), (DOMINANCE, NORMS)
