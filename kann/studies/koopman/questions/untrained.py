"""Spectra of untrained networks, the null model of a spectrum."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from kann.analyses.koopman.spectrum.settings import Fit, Settings, States
from kann.analyses.koopman.spectrum.untrained import Twins, ladder, untrained_spectrum
from kann.backend.engine.question import Asked, Question
from kann.backend.engine.task import Task
from kann.backend.opened.pair import OpenedPair
from kann.backend.opened.samples import Split
from kann.interventions.untrained_twins import untrained_twin
from kann.studies.koopman.facts import starting_rank, twin_kinds, units
from kann.studies.koopman.questions.states import few_of, network_sums


@dataclass(frozen=True)
class UntrainedSettings(States):
    """How each untrained network is fitted; the number of `twins` of each kind and of their sequences. There is no
    rank: the answer covers a ladder of ranks, and a rank between two of them uses both."""

    held_out: int = 5
    intercept: bool = True
    inputs: bool = False
    label: int | str | None = None
    twins: int = 19
    twin_sequences: int = 128


def compute_twins(task: Task, asked: UntrainedSettings) -> Twins:
    """Spectra of untrained networks of every possible kind, on a sample of the sequences of the fitted label; none for
    states without a network."""
    opened: OpenedPair = task.opened
    network, chosen = opened.network, _few_of_label(opened, asked)
    ranks = ladder(units(opened, asked), starting_rank(opened, asked, asked.label))
    wanted = [(kind, seed) for kind in twin_kinds(opened) for seed in range(asked.twins)]
    fit = _fit(asked)
    task.expect(len(wanted))
    found = []
    for kind, seed in wanted:
        sums = network_sums(task.uncounted, untrained_twin(network, seed, kind), chosen, fit, driven=fit.inputs)
        found.append((kind, seed, untrained_spectrum(sums, fit, ranks)))
        task.passed()
    kept = [entry for entry in found if entry[2] is not None]
    return Twins(
        kinds=np.array([kind for kind, _, _ in kept], dtype=str),
        seeds=np.array([seed for _, seed, _ in kept], dtype=np.int64),
        ranks=np.array(ranks),
        eigenvalues=np.array([values for _, _, (values, _) in kept], complex).reshape(len(kept), sum(ranks)),
        R2=np.array([R2 for _, _, (_, R2) in kept], float).reshape(len(kept), len(ranks)),
        own=opened.initialisation,
    )


UNTRAINED = Question(
    "koopman/untrained networks", 6, UntrainedSettings, Twins, compute_twins, doing="Untrained twins, for comparison",
    counts="networks",
)  # fmt: skip


def untrained_beside(settings: Settings) -> Asked[Twins]:
    """The question for the untrained networks beside a spectrum at these settings."""
    return UNTRAINED(
        UntrainedSettings(**{field.name: getattr(settings, field.name) for field in fields(UntrainedSettings)})
    )


def _fit(asked: UntrainedSettings) -> Fit:
    """The settings of a fit without labels: only sequences of the fitted class are summed."""
    own = {field.name: getattr(asked, field.name) for field in fields(States)}
    return Fit(**own, held_out=asked.held_out, groups=0, intercept=asked.intercept, inputs=asked.inputs)


def _few_of_label(opened: OpenedPair, asked: UntrainedSettings) -> Split:
    chosen = opened.split(asked.held_out)
    if asked.label is not None:
        of_class = opened.dataset.labels == asked.label
        chosen = Split(chosen.fitted[of_class[chosen.fitted]], chosen.held_out[of_class[chosen.held_out]])
    return few_of(opened, chosen, asked.twin_sequences)
