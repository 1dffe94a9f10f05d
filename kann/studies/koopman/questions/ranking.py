"""The rank of the opened network among untrained ones, all on the same sequences."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from kann.analyses.koopman.comparison.untrained_ranking import (
    RankingSettings,
    Spectra,
    UntrainedRanking,
    rank_among_untrained,
    spectra,
)
from kann.analyses.koopman.spectrum.settings import Fit, States
from kann.analyses.koopman.spectrum.transitions import sum_transitions
from kann.backend.engine.question import Asked, Question
from kann.backend.engine.task import Task
from kann.backend.opened.pair import OpenedPair
from kann.backend.opened.samples import Rows, sample
from kann.errors import UnknownNetwork
from kann.interventions.untrained_twins import untrained_twin
from kann.studies.koopman.facts import affordable_rank, twin_kinds
from kann.studies.koopman.questions.states import Twin, states_of


@dataclass(frozen=True)
class Leading(States):
    """How one network is fitted: the largest `rank`, the largest number of `sequences`, of one class or of all; `twin`:
    None for the network itself. Nothing is held out."""

    intercept: bool = True
    label: int | str | None = None
    rank: int = 32
    sequences: int = 128
    twin: Twin | None = None


@dataclass(frozen=True)
class Ranked:
    """How each network is fitted, the largest `rank` of the comparison, and the number of `twins` of each kind."""

    each: Leading
    rank: int
    twins: int


def take_factors(task: Task, asked: Leading) -> Spectra:
    """The leading factors of one network, which give the spectrum at every smaller rank."""
    network, twin = task.opened.network, asked.twin
    read = network if twin is None else untrained_twin(network, twin.seed, twin.kind)
    rows, fit = _rows(task.opened, asked), Fit(**_states(asked), groups=0, intercept=asked.intercept)
    states = task.watch(states_of(task.opened, read, rows, fit))
    return spectra(sum_transitions(states, fit, inputs=False, groups=0), fit, asked.rank)


FACTORS = Question("koopman/leading factors", 2, Leading, Spectra, take_factors, doing="Unrolling untrained networks")


def rank_network(task: Task, asked: Ranked) -> UntrainedRanking:
    """The opened network and its untrained twins of every kind, all on the same sequences.

    Raises:
        UnknownNetwork: the data are states without a network.
    """
    opened: OpenedPair = task.opened
    if opened.network is None:
        raise UnknownNetwork("States come without a network, so that there is no untrained twin: open its checkpoint.")
    kinds, rows = twin_kinds(opened), _rows(opened, asked.each)
    task.expect(1 + len(kinds) * asked.twins)

    def one(twin: Twin | None) -> Spectra:
        found = task.answer(_factors(asked, twin))
        task.passed()
        return found

    rank = affordable_rank(opened.dataset.lengths[rows], asked.each, min(asked.rank, asked.each.rank))
    own = one(None)
    return rank_among_untrained(
        kinds, rank, len(rows), own, lambda kind: [one(Twin(kind, seed)) for seed in range(asked.twins)]
    )


def needs(opened: OpenedPair, asked: Ranked) -> tuple[Asked, ...]:
    """The factors of every network, computed inside the job: after a cancellation those already computed are reused."""
    twins = [Twin(kind, seed) for kind in twin_kinds(opened) for seed in range(asked.twins)]
    return tuple(_factors(asked, twin).as_part for twin in (None, *twins))


def ranked(fit: Fit, settings: RankingSettings) -> Ranked:
    """The settings of the ranking of a fit; inputs, intervals and ranks above its own do not affect it."""
    each = Leading(
        **_states(fit),
        intercept=fit.intercept,
        label=fit.label,
        rank=settings.rank,
        sequences=settings.sequences,
    )
    return Ranked(each, min(fit.rank or settings.rank, settings.rank), settings.twins)


RANKING = Question(
    "koopman/ranking",
    2,
    Ranked,
    UntrainedRanking,
    rank_network,
    needs,
    doing="Unrolling untrained networks",
    counts="networks",
)


def _factors(asked: Ranked, twin: Twin | None) -> Asked[Spectra]:
    return FACTORS(replace(asked.each, twin=twin))


def _states(settings: States) -> dict:
    return {field.name: getattr(settings, field.name) for field in fields(States)}


def _rows(opened: OpenedPair, asked: Leading) -> Rows:
    """The sequences of every network: of the fitted class, or of all."""
    labels = opened.dataset.labels
    rows = np.arange(len(opened.dataset)) if asked.label is None else np.flatnonzero(labels == asked.label)
    return sample(rows, asked.sequences, opened.grouped.labels)
