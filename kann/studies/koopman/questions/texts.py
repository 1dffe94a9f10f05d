"""Texts by chosen modes: the reading of one text at once, effects of the words of all texts as a second pass."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kann.analyses.koopman.highlights.text_highlights import (
    Target,
    TextReading,
    Unrolling,
    class_target,
    decisive_mode,
    read,
    step_effects,
)
from kann.analyses.koopman.highlights.word_effects import WordEffects, word_effects
from kann.analyses.koopman.spectrum.settings import Fit
from kann.backend.engine.question import Asked, Question
from kann.backend.engine.task import Task
from kann.backend.opened.pair import OpenedPair
from kann.backend.opened.samples import Rows, shortened
from kann.errors import NotEnoughData
from kann.inputs.hidden_states import hidden_states
from kann.inputs.networks import Network
from kann.numerics.operator.koopman import Operator
from kann.records import Dataset
from kann.studies.koopman.questions.spectrum import OPERATOR
from kann.studies.koopman.questions.states import MOST_SCORED, few_scored, gradient_of, states_of

_AT_ONCE = 32


@dataclass(frozen=True)
class Decided:
    """A fit, and the `target` class of the evidence (None: no target)."""

    fit: Fit
    target: int | None = None


@dataclass(frozen=True)
class ReadBy(Decided):
    """Chosen modes, and one sequence: a `row` of the data, or a typed `text`."""

    modes: tuple[int, ...] = ()
    row: int | None = None
    text: str | None = None


@dataclass(frozen=True)
class Effects(Decided):
    """Chosen modes; `everything`: use all texts instead of held-out ones."""

    modes: tuple[int, ...] = ()
    everything: bool = False


@dataclass(frozen=True)
class Decisive:
    """The index of the mode with the largest share, and that share."""

    mode: int
    share: float


def operator_and_gradient(opened: object, asked: Decided) -> tuple[Asked, ...]:
    """The operator, and the gradient of the read-out."""
    return OPERATOR(asked.fit), gradient_of(asked.fit)


def evidence_target(task: Task, fit: Fit, target: int | None) -> Target | None:
    """The evidence for a class as a target; None without a class or a read-out."""
    outputs = task.answer(gradient_of(fit)).outputs
    return None if outputs is None or target is None else class_target(outputs, target, fit.delays)


def drive_of(operator: Operator, network: Network | None) -> Unrolling:
    """What the innovation needs beside the states; inputs are centred as the operator was fitted."""
    backward = network is not None and network.direction == "backward"
    return Unrolling(operator.mean_inputs, network is not None, backward)


def find_decisive(task: Task, asked: Decided) -> Decisive:
    """The mode that carries most of the evidence for a class (without a class: of the states' variance)."""
    return Decisive(*decisive_mode(task.answer(OPERATOR(asked.fit)), evidence_target(task, asked.fit, asked.target)))


def read_sequence(task: Task, asked: ReadBy) -> TextReading:
    """The reading of one sequence.

    Raises:
        NotEnoughData: the sequence is empty.
        KannError: the text is blank, too long or without a known word; or the network cannot be unrolled.
    """
    opened: OpenedPair = task.opened
    operator, sequence = task.answer(OPERATOR(asked.fit)), _sequence(opened, asked)
    cut = shortened(sequence, asked.fit.max_length)
    batch = next(hidden_states(opened.network, cut, state=asked.fit.state), None)
    if batch is None or not batch.lengths[0]:
        raise NotEnoughData("There is no step to read: choose a sequence that is not empty.")
    target = evidence_target(task, asked.fit, asked.target)
    return read(operator, batch, asked.modes, target, drive_of(operator, opened.network))


def measure_words(task: Task, asked: Effects) -> WordEffects:
    """Effects of the words of all sequences, or of held-out ones, on the chosen modes.

    Raises:
        NotEnoughData: no token has an effect.
    """
    opened: OpenedPair = task.opened
    operator, target = task.answer(OPERATOR(asked.fit)), evidence_target(task, asked.fit, asked.target)
    rows, drive = rows_read(opened, asked), drive_of(operator, opened.network)
    effects: list[np.ndarray] = []
    task.expect(len(rows))
    for batch in task.watch(states_of(task.opened, opened.network, rows, asked.fit, _AT_ONCE)):
        effects += step_effects(operator, batch, asked.modes, target, drive)
    return word_effects(opened.dataset, rows, effects, target is not None)


def rows_read(opened: OpenedPair, asked: Effects) -> Rows:
    """All rows if they are requested or at most MOST_SCORED; else held-out ones."""
    rows = np.arange(len(opened.dataset))
    return rows if asked.everything or len(rows) <= MOST_SCORED else few_scored(opened, asked.fit)


def _sequence(opened: OpenedPair, asked: ReadBy) -> Dataset:
    if asked.text is not None:
        return opened.typed(asked.text)
    return opened.dataset.select(np.array([asked.row], dtype=np.int64))


DECISIVE = Question(
    "koopman/decisive mode", 4, Decided, Decisive, find_decisive, operator_and_gradient, at_once=True, stored=False
)
READING = Question(
    "koopman/reading", 4, ReadBy, TextReading, read_sequence, operator_and_gradient, at_once=True, stored=False
)
WORD_EFFECTS = Question(
    "koopman/word effects", 4, Effects, WordEffects, measure_words, operator_and_gradient, doing="Reading all texts"
)
