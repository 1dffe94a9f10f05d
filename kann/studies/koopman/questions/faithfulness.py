"""Faithfulness of shadings: the evidence that remains after the steps with the strongest shading are deleted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Int

from kann.analyses.koopman.highlights import faithfulness
from kann.analyses.koopman.highlights.faithfulness import INTEGRATED, RANDOM, Faithfulness, FaithfulnessSettings
from kann.analyses.koopman.highlights.shadings import SHADINGS, shadings
from kann.analyses.koopman.spectrum.settings import Fit
from kann.backend.engine.question import Asked, Question
from kann.backend.engine.task import Task
from kann.backend.engine.versions import version_of
from kann.backend.opened.pair import OpenedPair
from kann.backend.opened.samples import sample, shortened
from kann.errors import MissingPackage, NotEnoughData, UnknownNetwork
from kann.inputs.hidden_states import hidden_states
from kann.inputs.networks import Network
from kann.interventions.deletion import as_read, decided, evidence_left
from kann.interventions.integrated_gradients import available, integrated_gradients
from kann.records import Dataset
from kann.studies.koopman.facts import outcomes
from kann.studies.koopman.questions.spectrum import OPERATOR
from kann.studies.koopman.questions.states import gradient_of
from kann.studies.koopman.questions.texts import drive_of, evidence_target

# Number of sequences in one batch; a job can be cancelled between batches.
_AT_ONCE = 16


@dataclass(frozen=True)
class Deleted:
    """Modes of a fit (none: all), the settings of the measurement, and the version of captum, which computes integrated
    gradients."""

    fit: Fit
    modes: tuple[int, ...] = ()
    measured: FaithfulnessSettings = field(default_factory=FaithfulnessSettings)
    captum: str | None = field(default_factory=lambda: version_of("captum") if available() else None)


@dataclass(frozen=True)
class _Reader:
    """The network, the sequences in its direction of reading, and the class that it decides for on each."""

    network: Network
    dataset: Dataset
    targets: Int[np.ndarray, " sequences"]


def delete_and_read(task: Task, asked: Deleted) -> Faithfulness:
    """Deletion curves of all shadings by the chosen modes, of integrated gradients and of chance. Progress counts a
    sequence once a method.

    Raises:
        UnknownNetwork: there is no network, or none with a read-out.
        NotEnoughData: fewer than 8 sequences.
    """
    settings, reader = asked.measured, _reader(task.opened, asked)
    task.expect(len(reader.dataset) * (len(SHADINGS) + settings.orders + 2 * bool(asked.captum)))
    scores, notes = _scores(task, asked, reader), ()
    try:
        scores[INTEGRATED] = []
        for steps in integrated_gradients(reader.network, reader.dataset, reader.targets, points=settings.points):
            scores[INTEGRATED].append(steps)
            task.passed()
    except MissingPackage as missing:
        del scores[INTEGRATED]
        notes = (str(missing),)
    left = {name: _left(task, reader, given, settings.shares) for name, given in scores.items()}
    chance = [_left(task, reader, given, settings.shares) for given in _random_orders(reader.dataset, settings)]
    return faithfulness.analyse(left | {RANDOM: np.mean(chance, axis=0)}, settings, notes)


def needs(opened: OpenedPair, asked: Deleted) -> tuple[Asked, ...]:
    """The operator, and the gradient of the read-out."""
    return OPERATOR(asked.fit), gradient_of(asked.fit)


FAITHFULNESS = Question(
    "koopman/faithfulness", 3, Deleted, Faithfulness, delete_and_read, needs,
    doing="Deleting and reading again",
)  # fmt: skip


def _reader(opened: OpenedPair, asked: Deleted) -> _Reader:
    """Sequences to delete from: held out from the fit, of the fitted class, none empty."""
    network, dataset, fit = opened.network, opened.dataset, asked.fit
    if network is None:
        raise UnknownNetwork(
            "Deletion needs the network, and these are states without one: open its checkpoint and the sequences that "
            "it reads."
        )
    rows = opened.split(fit.held_out).held_out
    rows = rows[dataset.lengths[rows] > 0]
    if fit.label is not None:
        rows = rows[dataset.labels[rows] == fit.label]
    if not len(rows):
        raise NotEnoughData(f"None of {len(dataset)} sequences was held out from the fit: give more.")
    rows = sample(rows, asked.measured.sequences, opened.grouped.labels)
    turned, part = as_read(network, shortened(dataset.select(rows), fit.max_length))
    return _Reader(turned, part, decided(turned, part))


def _scores(task: Task, asked: Deleted, reader: _Reader) -> dict[str, list[np.ndarray]]:
    operator = task.answer(OPERATOR(asked.fit))
    targets = [
        evidence_target(task, asked.fit, wanted) for wanted in range(len(outcomes(task.opened, asked.fit.state)))
    ]
    modes, drive = list(asked.modes) or list(range(operator.rank)), drive_of(operator, reader.network)
    scores: dict[str, list[np.ndarray]] = {name: [] for name in SHADINGS}
    for batch in hidden_states(reader.network, reader.dataset, _AT_ONCE, asked.fit.state):
        start = len(scores[SHADINGS[0]])
        of_batch = reader.targets[start : start + len(batch.lengths)]
        for name, found in shadings(operator, batch, targets, of_batch, modes, drive).items():
            scores[name] += found
        task.passed(0)
    return scores


def _random_orders(dataset: Dataset, settings: FaithfulnessSettings) -> Iterator[list[np.ndarray]]:
    for order in range(settings.orders):
        yield [
            np.random.default_rng([settings.seed, order, row]).random(length)
            for row, length in enumerate(dataset.lengths)
        ]


def _left(task: Task, reader: _Reader, scores: list[np.ndarray], shares: tuple[float, ...]) -> np.ndarray:
    """Evidence [sequences shares] that remains, computed in batches."""
    parts = []
    for start in range(0, len(reader.dataset), _AT_ONCE):
        rows = np.arange(start, min(start + _AT_ONCE, len(reader.dataset)))
        part = [scores[row] for row in rows]
        parts.append(evidence_left(reader.network, reader.dataset.select(rows), reader.targets[rows], part, shares))
        task.passed(len(rows))
    return np.concatenate(parts)
