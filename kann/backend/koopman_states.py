"""KANN, strung together: files -> network -> hidden states -> transitions -> result, each level kept.

Two levels: the transitions (unrolling the network, seconds) and the result (solving, milliseconds).
A new rank, label or intercept starts from the transitions and never unrolls.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from torch import nn

from kann.analyses.koopman.modes.mode_traces import Trace, Traces, added, project
from kann.analyses.koopman.spectrum.koopman_states import Result, analyse
from kann.analyses.koopman.spectrum.transitions import Settings, Transitions, sum_further, sum_transitions
from kann.analyses.koopman.spectrum.untrained import Twins, ladder, untrained_spectrum
from kann.analyses.wording import class_name
from kann.backend.engine.jobs import Progress
from kann.backend.engine.record_files import read_record, write_record
from kann.backend.engine.store import Store, key_of
from kann.backend.opened.cards import class_names, initialisation
from kann.backend.opened.library import Library, Source
from kann.errors import NotEnoughData, OutOfRange, UnknownNetwork
from kann.inputs.hidden_states import hidden_states
from kann.inputs.networks import Network
from kann.inputs.recurrent.readouts import readout_of
from kann.inputs.recurrent.unrolling import state_units
from kann.interventions.untrained_twins import kinds_of, untrained_twin
from kann.records import Dataset, StateBatch

T = TypeVar("T")
# Raised whenever the numbers behind a stored file, or the fields in it, change their meaning.
SCHEMA = 5
# More classes than this leave too few sequences in each for an operator of its own.
MOST_CLASSES = 16
PAIRS_A_DIRECTION = 100
# Sequences over which modes are followed for many steps.
MOST_FOLLOWED = 256
# Sequences over which the gradient of a read-out that is not linear is averaged.
_GRADIENT_OVER = 16
# Inputs wider than this are not summed along: their moments would outweigh the states'.
MOST_INPUTS = 512


@dataclass(frozen=True)
class Twin:
    """One untrained network: its kind of initialisation (`kann.interventions.untrained_twins`) and its seed."""

    kind: str
    seed: int


def transitions_key(library: Library, source: Source, settings: Settings, twin: Twin | None = None) -> str:
    """The key of the sums: what the files hold and what is summed, of the network or of an untrained twin."""
    solved = {"rank": None, "intercept": True, "inputs": False, "label": None, "samples": 0, "seed": 0, "twins": 0}
    summed = replace(settings, twin_sequences=settings.twin_sequences if twin else 0, **solved)
    return key_of("transitions", SCHEMA, library.digests(source), summed, twin)


def twins_key(library: Library, source: Source, settings: Settings) -> str:
    """The key of the spectra of all untrained twins: the same at every rank."""
    solved = settings.intercept, settings.inputs, settings.label
    first = starting_rank(library, source, settings)
    many = settings.twins, settings.twin_sequences
    own = initialisation(library, source)
    summed = transitions_key(library, source, replace(settings, groups=0))
    return key_of("twins", SCHEMA, summed, solved, first, many, own)


def operator_key(library: Library, source: Source, settings: Settings) -> str:
    """The key of the operator. Whatever is asked of one makes its own key of this, so that a raised schema, or what
    the sums stand on, reaches all of it."""
    solved = settings.rank, settings.intercept, settings.inputs, settings.label
    return key_of("operator", SCHEMA, transitions_key(library, source, settings), solved)


def result_key(library: Library, source: Source, settings: Settings, twins: bool) -> str:
    beside = twins_key(library, source, settings) if twins else None
    return key_of("result", SCHEMA, operator_key(library, source, settings), settings.samples, settings.seed, beside)


def units(library: Library, source: Source, settings: Settings) -> int:
    """Width of the states that the settings ask for: the largest rank."""
    network = library.network(source)
    if network is None:
        width = library.dataset(source.data, source.vocabulary).width or 1
    else:
        width = state_units(network.layer_maps, settings.state)
    return width * (settings.delays + 1)


def starting_rank(library: Library, source: Source, settings: Settings) -> int:
    """The rank that a page begins with: all directions, or as many as have PAIRS_A_DIRECTION pairs of states each.

    Beyond that modes are fitted to accidents of few sequences: intervals widen, and what one mode does at a
    lower rank is split among several.
    """
    dataset = library.dataset(source.data, source.vocabulary)
    lengths = dataset.lengths if settings.label is None else dataset.lengths[dataset.labels == settings.label]
    lengths = lengths if settings.max_length is None else np.minimum(lengths, settings.max_length)
    pairs = np.maximum(lengths - settings.lag - settings.delays, 0).sum()
    return int(np.clip(pairs // PAIRS_A_DIRECTION, 1, units(library, source, settings)))


def own_label(dataset: Dataset, label: int | str | None) -> int | str | None:
    """The data's own label that reads like this one.

    Raises:
        OutOfRange: no sequence has it.
    """
    known = [] if dataset.labels is None else np.unique(dataset.labels).tolist()
    found = next((name for name in known if str(name) == str(label)), None)
    if label is not None and found is None:
        there = f"there are {', '.join(map(str, known))}" if known else "there are no labels"
        raise OutOfRange(f"No sequence has the label {label}; {there}.")
    return found


def page_settings(library: Library, source: Source, settings: Settings) -> Settings:
    """The settings as a page would begin with them: the label as the data have it, since a file or an address may have
    it as a text, and without a rank that of `starting_rank`.

    Raises:
        OutOfRange: no sequence has the label.
    """
    settings = replace(settings, label=own_label(library.dataset(source.data, source.vocabulary), settings.label))
    if settings.rank is not None:
        return settings
    return replace(settings, rank=starting_rank(library, source, settings))


def compute_transitions(
    library: Library, store: Store, source: Source, settings: Settings, progress: Progress
) -> Transitions:
    """The sums of the trained network over the data set.

    Raises:
        NotEnoughData: no sequence has two states.
    """
    dataset, network = library.dataset(source.data, source.vocabulary), library.network(source)
    return store.remember(
        transitions_key(library, source, settings),
        lambda: _transitions(network, dataset, settings, progress),
        read_transitions,
        write_transitions,
    )


def compute_twins(library: Library, store: Store, source: Source, settings: Settings, progress: Progress) -> Twins:
    """Spectra of untrained networks of every kind that the network can have, on fewer sequences of the label that is
    fitted; none for states without a network. Progress counts networks."""
    return store.remember(
        twins_key(library, source, settings),
        lambda: _twins(library, source, settings, progress),
        partial(read_record, Twins),
        write_record,
    )


def _twins(library: Library, source: Source, settings: Settings, progress: Progress) -> Twins:
    network, dataset = library.network(source), library.dataset(source.data, source.vocabulary)
    ranks = ladder(units(library, source, settings), starting_rank(library, source, settings))
    asked = [] if network is None else [(kind, seed) for kind in kinds_of(network) for seed in range(settings.twins)]
    if settings.label is not None:
        dataset = dataset.select(np.flatnonzero(dataset.labels == settings.label))
    dataset, found = sampled(dataset, settings.twin_sequences), []
    for done, (kind, seed) in enumerate(asked):
        progress(done, len(asked))
        sums = _transitions(untrained_twin(network, seed, kind), dataset, replace(settings, groups=0), bare=True)
        found.append((kind, seed, untrained_spectrum(sums, settings, ranks)))
    kept = [entry for entry in found if entry[2] is not None]
    return Twins(
        kinds=np.array([kind for kind, _, _ in kept], dtype=str),
        seeds=np.array([seed for _, seed, _ in kept], dtype=np.int64),
        ranks=np.array(ranks),
        eigenvalues=np.array([values for _, _, (values, _) in kept], complex).reshape(len(kept), sum(ranks)),
        R2=np.array([R2 for _, _, (_, R2) in kept], float).reshape(len(kept), len(ranks)),
        own=initialisation(library, source),
    )


def compute_twin(
    library: Library, store: Store, source: Source, settings: Settings, twin: Twin, progress: Progress
) -> Transitions:
    """The sums of one untrained twin, on at most `twin_sequences`; groups as the settings say.

    Raises:
        UnknownNetwork: the data are states, and there is no network to be untrained.
    """
    network = library.network(source)
    if network is None:
        raise UnknownNetwork("States come without a network, so that there is no untrained twin: open its checkpoint.")
    dataset = sampled(library.dataset(source.data, source.vocabulary), settings.twin_sequences)
    return store.remember(
        transitions_key(library, source, settings, twin),
        lambda: _transitions(untrained_twin(network, twin.seed, twin.kind), dataset, settings, progress),
        read_transitions,
        write_transitions,
    )


def solve(sums: Transitions, twins: Twins | None, settings: Settings, dataset: Dataset) -> Result:
    """The result at these settings; `twins` None says that they have not been computed."""
    return analyse(sums, settings, twins, dataset.sampling_rate)


def traces(
    library: Library, source: Source, settings: Settings, result: Result, rows: list[int], modes: list[int],
    sums: Transitions | None = None,
) -> Traces:  # fmt: skip
    """The chosen modes on the chosen sequences, unrolled again: a few sequences take milliseconds. `sums` of an
    operator fitted with inputs, which are centred as it was fitted."""
    whole, network = library.dataset(source.data, source.vocabulary), library.network(source)
    dataset = shortened(whole.select(np.array(rows, dtype=np.int64)), settings.max_length)
    mean = None if sums is None else sums.fitted.factors(settings.intercept, settings.label).mean_inputs
    projections, innovations = [], []
    for batch in hidden_states(network, dataset, state=settings.state):
        projections += project(result.operator, batch, modes)
        innovations += added(result.operator, batch, modes, mean, network is not None)
    names = class_names(library, source)
    drawn = dataset.kind in ("signal", "vectors")
    return Traces(
        traces=tuple(
            Trace(
                name=str(dataset.ids[index]),
                label=None if dataset.labels is None else class_name(str(dataset.labels[index]), names),
                projections=projections[index],
                innovations=innovations[index],
                signal=dataset.sequences[index] if drawn else None,
                tokens=None if dataset.tokens is None else dataset.tokens[index],
            )
            for index in range(len(dataset))
        ),
        modes=tuple(modes),
        ids=tuple(result.spectrum.ids[mode] for mode in modes),
        sampling_rate=dataset.sampling_rate,
    )


def read_result(path: Path) -> Result:
    return read_record(Result, path)


def write_result(result: Result, path: Path) -> None:
    write_record(result, path)


def _transitions(
    network: Network | None, dataset: Dataset, settings: Settings, progress: Progress | None = None,
    bare: bool = False,
) -> Transitions:  # fmt: skip
    """Sums over fitted and held-out sequences; `bare`: without all that these settings do not ask for, such as inputs
    and how far modes are predicted."""
    if len(dataset) == 0:
        raise NotEnoughData(f"{dataset.name} holds no sequence: give at least one.")
    rows = np.arange(len(dataset))
    held = rows % settings.held_out == settings.held_out - 1
    total, done = len(dataset), 0

    def statistic(chosen: np.ndarray, groups: int):
        nonlocal done
        part = shortened(dataset.select(chosen), settings.max_length)
        part = replace(part, ids=chosen)
        batches = _ahead(hidden_states(network, part, state=settings.state))

        def counted() -> Iterator[StateBatch]:
            nonlocal done
            for batch in batches:
                yield batch
                done += len(batch.lengths)
                if progress is not None:
                    progress(done, total)

        driven = (settings.inputs or not bare) and _driven(network, part)
        return sum_transitions(counted(), settings, driven, groups)

    classes = 1 if dataset.labels is None else len(np.unique(dataset.labels))
    if classes > MOST_CLASSES:
        dataset, classes = replace(dataset, labels=None), 1
    apart = min(settings.groups, 1)
    fitted = statistic(rows[~held], max(settings.groups // classes, apart))
    scored = rows[held] if held.any() else rows
    return Transitions(
        fitted=fitted,
        held_out=statistic(rows[held], apart) if held.any() else None,
        sequences=total,
        further=() if bare else _further(network, dataset.select(scored), settings),
        gradient=None if bare or network is None else readout_gradient(network, dataset, settings),
        longest=int(shortened(dataset, settings.max_length).lengths.max()),
    )


def _further(network: Network | None, dataset: Dataset, settings: Settings) -> tuple:
    part = shortened(sampled(dataset, MOST_FOLLOWED), settings.max_length)
    return sum_further(hidden_states(network, part, state=settings.state), settings, min(settings.groups, 1))


def readout_gradient(network: Network, dataset: Dataset, settings: Settings) -> np.ndarray | None:
    """[outputs units] of a linear read-out at any state, else its mean over the states of a few sequences; None where
    there is no read-out."""
    readout = readout_of(network, settings.state)
    if readout is None:
        return None
    if isinstance(readout.module, nn.Linear):
        return readout.gradient(np.zeros((1, readout.width)))
    part = shortened(sampled(dataset, _GRADIENT_OVER), settings.max_length)
    batches = hidden_states(network, part, state=settings.state)
    states = [row[:length] for batch in batches for row, length in zip(batch.values, batch.lengths, strict=True)]
    return readout.gradient(np.concatenate(states))


def _driven(network: Network | None, dataset: Dataset) -> bool:
    """Whether inputs come with the states, few enough to be summed along."""
    if network is not None:
        return network.module.input_size <= MOST_INPUTS
    return dataset.inputs is not None and len(dataset) > 0 and dataset.inputs[0].shape[1] <= MOST_INPUTS


def shortened(dataset: Dataset, max_length: int | None) -> Dataset:
    """Every sequence cut behind its first `max_length` steps; None cuts nothing."""
    if max_length is None:
        return dataset
    cut = {
        name: [sequence[:max_length] for sequence in getattr(dataset, name)]
        for name in ("sequences", "tokens", "inputs")
        if getattr(dataset, name) is not None
    }
    return replace(dataset, **cut)


def sampled(dataset: Dataset, count: int) -> Dataset:
    """At most `count` sequences, evenly spaced."""
    if len(dataset) <= count:
        return dataset
    return dataset.select(np.linspace(0, len(dataset) - 1, count).astype(np.int64))


def _ahead(batches: Iterable[T]) -> Iterator[T]:
    """The same batches, the next one made in a thread while the last one is used: unrolling and summing
    share two cores. The order stays, and with it every byte of the sums."""
    iterator = iter(batches)
    with ThreadPoolExecutor(1) as pool:
        upcoming = pool.submit(next, iterator, None)
        while (batch := upcoming.result()) is not None:
            upcoming = pool.submit(next, iterator, None)
            yield batch


def write_transitions(transitions: Transitions, path: Path) -> None:
    with open(path, "wb") as file:
        np.savez(file, **transitions.arrays())


def read_transitions(path: Path) -> Transitions:
    with np.load(path, allow_pickle=False) as file:
        return Transitions.from_arrays({name: file[name] for name in file.files})
