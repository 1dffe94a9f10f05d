"""The delay test on the data of a source: the operator fitted on some sequences' delays replaces those of others."""

from __future__ import annotations

import numpy as np

from kann.analyses.koopman.controls.delay_replacement import DelayReplacement, by_delay, no_delays
from kann.analyses.koopman.spectrum.transitions import Settings, sum_transitions
from kann.backend.engine.jobs import Progress
from kann.backend.engine.store import key_of
from kann.backend.held_out import counted, held_out
from kann.backend.koopman_states import operator_key, sampled, shortened
from kann.backend.opened.library import Library, Source
from kann.interventions.autonomous_stretch import Replay, Stretches, constant_stretches, replay, stretch_states
from kann.records import Dataset
from kann.tasks.copy import recalled

SCHEMA = 2
# At most so many sequences are fitted.
MOST_FITTED = 2048


def delay_test_key(library: Library, source: Source, settings: Settings) -> str:
    """Of what decides the test: the files, and an operator with the settings that it heeds."""
    heeded = ("rank", "intercept", "max_length", "held_out")
    fit = Settings(**{name: getattr(settings, name) for name in heeded})
    return key_of("delay test", SCHEMA, operator_key(library, source, fit))


def compute_delay_test(library: Library, source: Source, settings: Settings, progress: Progress) -> DelayReplacement:
    """The test at the rank and intercept of the settings, always on all that the network carries, one step at a
    time and without inputs; no entry where no sequence keeps an input long enough, or nothing runs forward.
    """
    network, dataset = library.network(source), library.dataset(source.data, source.vocabulary)
    if network is None or dataset.kind == "states" or network.direction == "backward":
        return no_delays()
    fitted, scored = _fitted(dataset, settings), held_out(dataset, settings)
    stretches = [constant_stretches(part.sequences) for part in (fitted, scored)]
    if not all(map(len, stretches)):
        return no_delays()
    first, total = len(stretches[0]), sum(map(len, stretches))
    states = counted(stretch_states(network, fitted, stretches[0]), total, progress)
    statistic = sum_transitions(states, Settings(), inputs=False, groups=0)
    operator = statistic.solve(min(settings.rank or statistic.units, statistic.units), settings.intercept)
    found = replay(network, scored, stretches[1], operator, lambda done: progress(first + done, total))
    return by_delay(
        found.steps,
        (found.e_rel, found.skipped_e_rel),
        (found.network, found.operator, found.skipped),
        _targets(scored, stretches[1], found),
        eigenvalues=operator.eigenvalues,
        fitted=first,
        in_sample=len(dataset) < settings.held_out,
        guess=1 / max(found.outputs, 2),
        cell=network.layer.cell,
    )


def _fitted(dataset: Dataset, settings: Settings) -> Dataset:
    """The sequences that are not held out, evenly sampled."""
    rows = np.flatnonzero(np.arange(len(dataset)) % settings.held_out != settings.held_out - 1)
    return shortened(sampled(dataset.select(rows), MOST_FITTED), settings.max_length)


def _targets(dataset: Dataset, stretches: Stretches, found: Replay) -> list[np.ndarray | None]:
    """What the copy task asks to recall behind each stretch; None for other data, or for other outputs."""
    if dataset.kind != "symbols":
        return [None] * len(stretches)
    wanted = [recalled(dataset.sequences[row]) for row in stretches.rows]
    return [None if ids is None or ids.max() >= found.outputs else ids for ids in wanted]
