"""Controls of a fit: the sequences and the networks on which it is tested."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from kann.analyses.koopman.controls import control_passes
from kann.analyses.koopman.controls.control_passes import Examined, SplitStates
from kann.analyses.koopman.controls.measured import Controls, ControlSettings, Tried
from kann.analyses.koopman.spectrum.settings import Fit, Settings
from kann.backend.engine.question import Asked, Question
from kann.backend.engine.task import Task
from kann.backend.opened.pair import OpenedPair
from kann.backend.opened.samples import Rows, sample
from kann.inputs.networks import Network
from kann.interventions.detection import Detection, detection
from kann.interventions.untrained_twins import untrained_twin
from kann.records import StateBatch
from kann.studies.koopman.facts import twin_kinds
from kann.studies.koopman.questions.spectrum import BESIDE_UNTRAINED, OPERATOR
from kann.studies.koopman.questions.states import SUMS, TWIN_SUMS, Twin, TwinSums, few_of, states_of
from kann.studies.koopman.questions.untrained import untrained_beside

# Largest number of untrained networks that are scored on held-out sequences.
MOST_TWINS = 5


@dataclass(frozen=True)
class Controlled:
    """The settings of the fit and of the measurement."""

    settings: Settings
    measured: ControlSettings = field(default_factory=ControlSettings)


def measure_controls(task: Task, asked: Controlled) -> Controls:
    """The controls of a fit, on held-out sequences of its label.

    Twins are scored on the sequences of the same label that were left out of their sums.

    Raises:
        NotEnoughData: no sequence holds a transition.
    """
    opened, settings, measured = task.opened, asked.settings, asked.measured
    inside, held_out = _rows(opened, settings)
    outside = sample(held_out, measured.sequences, opened.grouped.labels)
    inside = sample(inside, measured.sequences, opened.grouped.labels)
    tried = inside, outside if len(outside) else inside
    twins, left_out = _strictest(task, settings), _left_out(opened, settings)
    task.expect(sum(map(len, tried)) + len(twins) * len(left_out))
    operator, decide = task.answer(OPERATOR(settings)), _detection(opened, settings)
    streams = (_watched(task, opened.network, rows, settings) for rows in tried)
    own = control_passes.examine_network(
        task.answer(SUMS(settings)), operator, SplitStates(*streams), settings, measured, decide
    )
    others = []
    for twin in twins:
        read = task.answer(_twin_sums(settings, twin))
        if read.fitted.holds(settings.label):
            states = _watched(task, untrained_twin(opened.network, twin.seed, twin.kind), left_out, settings)
            others.append(control_passes.examine_twin(read, states, twin.seed, operator.rank, settings, measured))
    about = Tried(
        decision=_decision(own, decide),
        inputs=settings.inputs,
        intercept=settings.intercept,
        rank=operator.rank,
        lag=settings.lag,
        scored=len(tried[1]),
        held_out=len(held_out),
        in_sample=not len(outside),
    )
    return control_passes.gather(own, others, about)


def needs(opened: OpenedPair, asked: Controlled) -> tuple[Asked, ...]:
    """The fit, its untrained networks, and the sums of those that may be of the strictest kind."""
    settings = asked.settings
    twins = [Twin(kind, seed) for kind in twin_kinds(opened) for seed in range(settings.twins)]
    fit = SUMS(settings), OPERATOR(settings), BESIDE_UNTRAINED(settings), untrained_beside(settings)
    return (*fit, *(_twin_sums(settings, twin).as_part for twin in twins))


CONTROLS = Question(
    "koopman/controls", 6, Controlled, Controls, measure_controls, needs, doing="Measuring the controls"
)


def _strictest(task: Task, settings: Settings) -> list[Twin]:
    """At most MOST_TWINS networks of the strictest kind; none without a network."""
    found = task.answer(BESIDE_UNTRAINED(settings)).spectrum.untrained
    if found is None:
        return []
    twins = task.answer(untrained_beside(settings))
    return [Twin(found.strictest, int(seed)) for seed in twins.seeds[twins.kinds == found.strictest][:MOST_TWINS]]


def _twin_sums(settings: Settings, twin: Twin) -> Asked:
    summed = replace(settings, groups=min(settings.groups, 1))
    return TWIN_SUMS(TwinSums(summed, twin, settings.twin_sequences))


def _watched(task: Task, network: Network | None, rows: Rows, fit: Fit) -> Iterator[StateBatch]:
    return task.watch(states_of(task.opened, network, rows, fit))


def _rows(opened: OpenedPair, fit: Fit) -> tuple[Rows, Rows]:
    """Fitted and held-out sequences of the label that is fitted."""
    chosen = opened.split(fit.held_out)
    return _of_label(opened, chosen.fitted, fit), _of_label(opened, chosen.held_out, fit)


def _left_out(opened: OpenedPair, settings: Settings) -> Rows:
    """The sequences held out from the twins' sums; those that were fitted if none is held out."""
    chosen = few_of(opened, opened.split(settings.held_out), settings.twin_sequences)
    held = _of_label(opened, chosen.held_out, settings)
    return held if len(held) else _of_label(opened, chosen.fitted, settings)


def _of_label(opened: OpenedPair, rows: Rows, fit: Fit) -> Rows:
    return rows if fit.label is None else rows[opened.dataset.labels[rows] == fit.label]


def _detection(opened: OpenedPair, fit: Fit) -> Detection | None:
    """An autoencoder's decision, if its card has a threshold and whole sequences are analysed."""
    if opened.detector is None or fit.steps is not None or fit.max_length is not None:
        return None
    return detection(opened.network, opened.detector.threshold, fit.state)


def _decision(own: Examined, decide: Detection | None) -> str | None:
    if own.fits[0].held_out.agreement is None:
        return None
    return "read-out" if decide is None else "reconstruction"
