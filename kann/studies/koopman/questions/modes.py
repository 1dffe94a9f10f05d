"""Modes over sequences: their dominance, their course over time by class, the output they reconstruct."""

from __future__ import annotations

from dataclasses import dataclass, field

from kann.analyses.koopman.modes.mode_classes import Dominance, ModesByClass, dominance, modes_by_class
from kann.analyses.koopman.modes.mode_traces import Trace, Traces, added, project
from kann.analyses.koopman.modes.reconstructions import Reconstructions, reconstructions
from kann.analyses.koopman.modes.state_norms import StateNorms, state_norms
from kann.analyses.koopman.spectrum.settings import Fit, Summed
from kann.analyses.wording import class_name
from kann.backend.engine.question import Asked, Question
from kann.backend.engine.task import Task
from kann.backend.opened.pair import OpenedPair
from kann.inputs.hidden_states import hidden_states
from kann.interventions.reconstruction import rebuild, way_out
from kann.numerics.operator.matching import mode_id
from kann.studies.koopman.questions.spectrum import OPERATOR
from kann.studies.koopman.questions.states import chosen_rows, scored_states

# Smaller batches than for unrolling: the eigenfunctions of all modes are held in memory with the states.
BATCH = 64


@dataclass(frozen=True)
class Scored:
    """A fit; `everything`: use all sequences instead of held-out ones."""

    fit: Fit = field(default_factory=Fit)
    everything: bool = False


@dataclass(frozen=True)
class OfModes(Scored):
    """The same for chosen modes, by their indices."""

    modes: tuple[int, ...] = ()


@dataclass(frozen=True)
class RebuiltModes(OfModes):
    """Chosen modes, and the class `target` whose evidence is computed from a read-out's outputs."""

    target: int = 1


@dataclass(frozen=True)
class NormSettings:
    """The states; `everything`: use all sequences instead of held-out ones."""

    summed: Summed = field(default_factory=Summed)
    everything: bool = False


@dataclass(frozen=True)
class Traced:
    """Chosen modes of a fit on the sequences of chosen rows."""

    fit: Fit
    rows: tuple[int, ...]
    modes: tuple[int, ...]


def operator_of(opened: object, asked: Scored | Traced) -> tuple[Asked, ...]:
    """The operator, which every question about modes needs."""
    return (OPERATOR(asked.fit),)


def measure_dominance(task: Task, asked: Scored) -> Dominance:
    """The size of each mode's part of the state, by class."""
    return dominance(task.answer(OPERATOR(asked.fit)), scored_states(task, asked.fit, asked.everything, BATCH))


def follow_by_class(task: Task, asked: OfModes) -> ModesByClass:
    """The chosen modes over time, by class."""
    operator, states = task.answer(OPERATOR(asked.fit)), scored_states(task, asked.fit, asked.everything, BATCH)
    from_zeros = task.opened.network is not None
    return modes_by_class(operator, states, asked.modes, operator.mean_inputs, from_zeros)


def rebuild_outputs(task: Task, asked: RebuiltModes) -> Reconstructions:
    """The output reconstructed from the chosen modes through the decoder, or else the read-out.

    Raises:
        UnknownNetwork: the network has neither.
    """
    network, operator = task.opened.network, task.answer(OPERATOR(asked.fit))
    states = scored_states(task, asked.fit, asked.everything, BATCH)
    rebuilt = ((rebuild(network, operator, batch, asked.modes, asked.fit.state), batch.labels) for batch in states)
    return reconstructions(rebuilt, way_out(network) or "readout", asked.target)


def measure_norms(task: Task, asked: NormSettings) -> StateNorms:
    """The distribution of the states' norm over the steps, by class."""
    return state_norms(scored_states(task, asked.summed, asked.everything, BATCH))


def trace(task: Task, asked: Traced) -> Traces:
    """The chosen modes on the chosen sequences, unrolled again: a few sequences take milliseconds."""
    opened: OpenedPair = task.opened
    operator, dataset = task.answer(OPERATOR(asked.fit)), chosen_rows(opened, asked.rows, asked.fit.max_length)
    from_zeros = opened.network is not None
    projections, innovations = [], []
    for batch in hidden_states(opened.network, dataset, state=asked.fit.state):
        projections += project(operator, batch, asked.modes)
        innovations += added(operator, batch, asked.modes, operator.mean_inputs, from_zeros)
    drawn = dataset.kind in ("signal", "vectors")
    return Traces(
        traces=tuple(
            Trace(
                name=str(dataset.ids[index]),
                label=None if dataset.labels is None else class_name(str(dataset.labels[index]), opened.class_names),
                projections=projections[index],
                innovations=innovations[index],
                signal=dataset.sequences[index] if drawn else None,
                tokens=None if dataset.tokens is None else dataset.tokens[index],
            )
            for index in range(len(dataset))
        ),
        modes=asked.modes,
        ids=tuple(mode_id(operator.eigenvalues[mode], operator.rank) for mode in asked.modes),
        sampling_rate=dataset.sampling_rate,
    )


DOMINANCE = Question(
    "koopman/dominance", 4, Scored, Dominance, measure_dominance, operator_of, doing="Measuring every mode"
)
MODES_BY_CLASS = Question(
    "koopman/modes by class", 4, OfModes, ModesByClass, follow_by_class, operator_of, doing="Following the modes in use"
)
RECONSTRUCTIONS = Question(
    "koopman/reconstructions", 4, RebuiltModes, Reconstructions, rebuild_outputs, operator_of,
    doing="Rebuilding from the modes in use",
)  # fmt: skip
STATE_NORMS = Question(
    "koopman/state norms", 1, NormSettings, StateNorms, measure_norms, doing="Measuring the norm of every state"
)
TRACES = Question("koopman/traces", 4, Traced, Traces, trace, operator_of, at_once=True, stored=False)
