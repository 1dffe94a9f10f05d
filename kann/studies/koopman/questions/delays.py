"""Delays replaced by the operator: it is fitted on the delays of some sequences and replaces those of others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kann.analyses.koopman.controls.delay_replacement import DelayReplacement, by_delay, no_delays
from kann.analyses.koopman.spectrum.settings import States, Summed
from kann.analyses.koopman.spectrum.transitions import sum_transitions
from kann.backend.engine.question import Question
from kann.backend.engine.task import Task
from kann.backend.opened.pair import OpenedPair
from kann.backend.opened.samples import sample, shortened
from kann.interventions.autonomous_stretch import Replay, Stretches, constant_stretches, replay, stretch_states
from kann.records import Dataset
from kann.studies.koopman.questions.states import few_scored
from kann.tasks.copy import recalled

# Largest number of fitted sequences.
MOST_FITTED = 2048


@dataclass(frozen=True)
class Replaced:
    """The operator's rank and intercept, and the sequences on which it is fitted; always on the full state, at lag 1
    and without inputs."""

    rank: int | None = None
    intercept: bool = True
    max_length: int | None = None
    held_out: int = 5


def replace_delays(task: Task, asked: Replaced) -> DelayReplacement:
    """Recalled symbols and errors of the states by length of the delay; no entry if no sequence has a long enough
    stretch of constant input, or the network does not run forward."""
    opened: OpenedPair = task.opened
    network, dataset = opened.network, opened.dataset
    if network is None or dataset.kind == "states" or network.direction == "backward":
        return no_delays()
    fitted, scored = _parts(opened, asked)
    stretches = [constant_stretches(part.sequences) for part in (fitted, scored)]
    if not all(map(len, stretches)):
        return no_delays()
    task.expect(sum(map(len, stretches)))
    states = task.watch(stretch_states(network, fitted, stretches[0]))
    statistic = sum_transitions(states, States(), inputs=False, groups=0)
    operator = statistic.solve(min(asked.rank or statistic.units, statistic.units), asked.intercept)
    found = replay(network, scored, stretches[1], operator, task.passed)
    return by_delay(
        found.steps,
        (found.e_rel, found.skipped_e_rel),
        (found.network, found.operator, found.skipped),
        _targets(scored, stretches[1], found),
        eigenvalues=operator.eigenvalues,
        fitted=len(stretches[0]),
        in_sample=len(dataset) < asked.held_out,
        guess=1 / max(found.outputs, 2),
        cell=network.layer.cell,
    )


DELAYS = Question(
    "koopman/delays replaced", 3, Replaced, DelayReplacement, replace_delays, doing="Replacing delays by the operator"
)


def _parts(opened: OpenedPair, asked: Replaced) -> tuple[Dataset, Dataset]:
    """The sequences that are fitted, and those that are scored."""
    labels, summed = opened.grouped.labels, Summed(max_length=asked.max_length, held_out=asked.held_out)
    fitted = sample(opened.split(asked.held_out).fitted, MOST_FITTED, labels)
    return tuple(
        shortened(opened.dataset.select(rows), asked.max_length) for rows in (fitted, few_scored(opened, summed))
    )


def _targets(dataset: Dataset, stretches: Stretches, found: Replay) -> list[np.ndarray | None]:
    """Symbols that the copy task asks to recall after each stretch; None for other data or outputs."""
    if dataset.kind != "symbols":
        return [None] * len(stretches)
    wanted = [recalled(dataset.sequences[row]) for row in stretches.rows]
    return [None if ids is None or ids.max() >= found.outputs else ids for ids in wanted]
