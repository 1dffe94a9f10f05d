"""Sums over the states of a network, on which every operator is fitted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from jaxtyping import Float
from torch import nn

from kann.analyses.koopman.spectrum.settings import States, Summed
from kann.analyses.koopman.spectrum.transitions import Transitions, sum_further, sum_transitions
from kann.backend.engine.question import Asked, Question
from kann.backend.engine.reduction import ahead
from kann.backend.engine.task import Task
from kann.backend.opened.pair import OpenedPair
from kann.backend.opened.samples import Rows, Split, sample, shortened
from kann.errors import NotEnoughData, UnknownNetwork
from kann.inputs.hidden_states import hidden_states
from kann.inputs.networks import Network
from kann.inputs.recurrent.readouts import readout_of
from kann.interventions.untrained_twins import untrained_twin
from kann.numerics.moments.statistic import Statistic
from kann.records import Dataset, StateBatch

# Sequences in one partial sum: the unit of work for several machines.
A_PART = 2**14
# Largest number of held-out sequences in a second pass, unless all are requested.
MOST_SCORED = 512
# Sequences over which modes are followed for many steps.
MOST_FOLLOWED = 256
# Sequences over which the gradient of a read-out that is not linear is averaged.
_GRADIENT_OVER = 16
# Wider inputs are left out of the sums: their moments would take more memory than those of the states.
MOST_INPUTS = 512
_NO_NETWORK = "States come without a network, so that there is no untrained twin: open its checkpoint."


@dataclass(frozen=True)
class ReadOut:
    """The states that a read-out takes, and the length limit of the sequences over which its gradient is averaged."""

    state: str = "full"
    max_length: int | None = None


@dataclass(frozen=True)
class Gradient:
    """Derivatives of the `outputs` of a read-out by the state; None without a read-out."""

    outputs: Float[np.ndarray, "outputs units"] | None


@dataclass(frozen=True)
class Twin:
    """One untrained network: its kind of initialisation (`kann.interventions.untrained_twins`) and its seed."""

    kind: str
    seed: int


@dataclass(frozen=True)
class TwinSums:
    """The settings of the sums of one untrained network, over at most `sequences` sequences."""

    summed: Summed
    twin: Twin
    sequences: int


def take_gradient(task: Task, asked: ReadOut) -> Gradient:
    """The gradient of the read-out: constant if it is linear, else its mean over the states of a few sequences."""
    network, dataset = task.opened.network, task.opened.dataset
    readout = readout_of(network, asked.state)
    if readout is None:
        return Gradient(None)
    if isinstance(readout.module, nn.Linear):
        return Gradient(readout.gradient(np.zeros((1, readout.width))))
    rows = sample(np.arange(len(dataset)), _GRADIENT_OVER, task.opened.grouped.labels)
    part = shortened(dataset.select(rows), asked.max_length)
    batches = hidden_states(network, part, state=asked.state)
    states = [row[:length] for batch in batches for row, length in zip(batch.values, batch.lengths, strict=True)]
    return Gradient(readout.gradient(np.concatenate(states)))


GRADIENT = Question("koopman/gradient", 1, ReadOut, Gradient, take_gradient, at_once=True, stored=False)


def gradient_of(settings: States) -> Asked[Gradient]:
    """The question for the gradient of the read-out on these states."""
    return GRADIENT(ReadOut(settings.state, settings.max_length))


def sum_states(task: Task, summed: Summed) -> Transitions:
    """The sums of the trained network over the data set.

    Raises:
        NotEnoughData: no sequence, or none with two states.
    """
    opened: OpenedPair = task.opened
    if not len(opened.dataset):
        raise NotEnoughData(f"{opened.dataset.name} holds no sequence: give at least one.")
    chosen = opened.split(summed.held_out)
    few = sample(chosen.scored, MOST_FOLLOWED, opened.grouped.labels)
    task.expect(len(opened.dataset) + len(few))
    found = network_sums(task, opened.network, chosen, summed, driven=True)
    further = states_of(task.opened, opened.network, few, summed)
    return replace(
        found,
        further=sum_further(task.watch(further), summed, min(summed.groups, 1)),
        gradient=task.answer(gradient_of(summed)).outputs,
    )


def sum_twin(task: Task, asked: TwinSums) -> Transitions:
    """The sums of one untrained network.

    Raises:
        UnknownNetwork: the data are states without a network.
    """
    opened: OpenedPair = task.opened
    if opened.network is None:
        raise UnknownNetwork(_NO_NETWORK)
    chosen = few_of(opened, opened.split(asked.summed.held_out), asked.sequences)
    task.expect(len(chosen.fitted) + len(chosen.held_out))
    twin = untrained_twin(opened.network, asked.twin.seed, asked.twin.kind)
    return network_sums(task, twin, chosen, asked.summed, driven=True)


SUMS = Question(
    "koopman/sums", 6, Summed, Transitions, sum_states, lambda opened, summed: (gradient_of(summed),),
    doing="Unrolling the network",
)  # fmt: skip
TWIN_SUMS = Question("koopman/sums of a twin", 6, TwinSums, Transitions, sum_twin, doing="Unrolling an untrained twin")


def network_sums(task: Task, network: Network | None, chosen: Split, summed: Summed, driven: bool) -> Transitions:
    """Sums over the fitted and over the held-out sequences; `driven`: with the inputs, if they are
    narrow enough."""
    dataset = task.opened.grouped
    classes = 1 if dataset.labels is None else len(np.unique(dataset.labels))
    apart = min(summed.groups, 1)
    driven = driven and _few_inputs(network, dataset)
    rows = np.concatenate([chosen.fitted, chosen.held_out])

    def sums(some: Rows, groups: int) -> Statistic:
        return _sums(task, network, some, replace(summed, groups=groups), driven)

    return Transitions(
        fitted=sums(chosen.fitted, max(summed.groups // classes, apart)),
        held_out=sums(chosen.held_out, apart) if len(chosen.held_out) else None,
        sequences=len(rows),
        longest=int(shortened(dataset.select(rows), summed.max_length).lengths.max()),
    )


def few_of(opened: OpenedPair, chosen: Split, most: int) -> Split:
    """At most `most` sequences in total, fitted and held-out ones in proportion."""
    total = len(chosen.fitted) + len(chosen.held_out)
    held = len(chosen.held_out) * min(most, total) // max(total, 1)
    labels = opened.grouped.labels
    return Split(sample(chosen.fitted, most - held, labels), sample(chosen.held_out, held, labels))


def states_of(
    opened: OpenedPair, network: Network | None, rows: Rows, states: States, batch_size: int = 256
) -> Iterator:
    """The states of these sequences, batch by batch, the batch's ids their row numbers."""
    part = shortened(opened.grouped.select(rows), states.max_length)
    return hidden_states(network, replace(part, ids=rows), batch_size, states.state)


def chosen_rows(opened: OpenedPair, rows: tuple[int, ...], max_length: int | None) -> Dataset:
    """The sequences of these rows, cut at the length limit."""
    return shortened(opened.dataset.select(np.array(rows, dtype=np.int64)), max_length)


def scored_states(task: Task, fit: Summed, everything: bool, batch_size: int) -> Iterator[StateBatch]:
    """States for a second pass: of at most MOST_SCORED held-out sequences, or (`everything`) of all sequences."""
    opened: OpenedPair = task.opened
    rows = np.arange(len(opened.dataset)) if everything else few_scored(opened, fit)
    task.expect(len(rows))
    return task.watch(states_of(task.opened, opened.network, rows, fit, batch_size))


def few_scored(opened: OpenedPair, summed: Summed) -> Rows:
    """At most MOST_SCORED of the held-out sequences; of the fitted ones if none is held out."""
    return sample(opened.split(summed.held_out).scored, MOST_SCORED, opened.grouped.labels)


def _sums(task: Task, network: Network | None, rows: Rows, summed: Summed, driven: bool) -> Statistic:
    def part(some: Rows) -> Statistic | NotEnoughData:
        batches: Iterator[StateBatch] = ahead(states_of(task.opened, network, some, summed))
        try:
            return sum_transitions(task.watch(batches), summed, driven, summed.groups)
        except NotEnoughData as reason:  # another part may have enough
            return reason

    cuts = range(0, max(len(rows), 1), A_PART)
    found = task.reduce([partial(part, rows[start : start + A_PART]) for start in cuts], _joined)
    if isinstance(found, NotEnoughData):
        raise found
    return found


def _joined(one: Statistic | NotEnoughData, other: Statistic | NotEnoughData) -> Statistic | NotEnoughData:
    if isinstance(one, NotEnoughData):
        return other
    return one if isinstance(other, NotEnoughData) else one + other


def _few_inputs(network: Network | None, dataset: Dataset) -> bool:
    """Whether the states have inputs of at most MOST_INPUTS channels."""
    if network is not None:
        return network.module.input_size <= MOST_INPUTS
    return dataset.inputs is not None and len(dataset) > 0 and dataset.inputs[0].shape[1] <= MOST_INPUTS
