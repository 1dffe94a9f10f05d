"""Readings of single sequences, at once; and the effects of all words of a data set, as a second pass."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kann.analyses.koopman.highlights.text_highlights import (
    Target,
    TextReading,
    Unrolling,
    class_target,
    read,
    step_effects,
)
from kann.analyses.koopman.highlights.word_effects import WordEffects, word_effects
from kann.analyses.koopman.spectrum.koopman_states import Result
from kann.analyses.koopman.spectrum.transitions import Settings, Transitions
from kann.analyses.wording import class_name
from kann.backend.engine.jobs import Progress
from kann.backend.engine.store import key_of
from kann.backend.koopman_states import operator_key, readout_gradient, shortened
from kann.backend.opened.cards import class_names
from kann.backend.opened.library import Library, Source
from kann.errors import NotEnoughData
from kann.inputs.hidden_states import hidden_states
from kann.inputs.networks import Network
from kann.inputs.recurrent.readouts import readout_of
from kann.records import Dataset

# Raised whenever the numbers behind a stored table change their meaning.
SCHEMA = 3
# Sequences of a second pass, unless all are asked for.
MOST_READ = 512
_AT_ONCE = 32


def outcomes(library: Library, source: Source, settings: Settings) -> list[str]:
    """What to call the classes that a read-out decides between, by the data's own labels where they are as many;
    none without a read-out."""
    readout = readout_of(library.network(source), settings.state)
    if readout is None:
        return []
    count = max(readout(np.zeros((1, readout.width))).shape[1], 2)
    labels = library.dataset(source.data, source.vocabulary).labels
    found = [] if labels is None else np.unique(labels).tolist()
    told = found if len(found) == count else range(count)
    return [class_name(str(label), class_names(library, source)) for label in told]


def aimed_at(library: Library, source: Source, settings: Settings, toward: int | None) -> Target | None:
    """The aim at a class; None for none, or where there is no read-out."""
    network = library.network(source)
    readout = readout_of(network, settings.state)
    if readout is None or toward is None:
        return None
    return class_target(
        readout_gradient(network, library.dataset(source.data, source.vocabulary), settings), toward, settings.delays
    )


def reading(
    library: Library, source: Source, settings: Settings, result: Result, sequence: Dataset, modes: Sequence[int],
    toward: int | None, sums: Transitions | None,
) -> TextReading:  # fmt: skip
    """The reading of a data set of one sequence, unrolled at once; `sums` of an operator fitted with inputs.

    Raises:
        NotEnoughData: the sequence is empty.
        KannError: what unrolling has to say.
    """
    network, cut = library.network(source), shortened(sequence, settings.max_length)
    batch = next(hidden_states(network, cut, state=settings.state), None)
    if batch is None or not batch.lengths[0]:
        raise NotEnoughData("There is no step to read: choose a sequence that is not empty.")
    aimed, drive = aimed_at(library, source, settings, toward), _drive(network, settings, sums)
    return read(result.operator, batch, modes, aimed, drive)


def reading_key(
    library: Library, source: Source, settings: Settings, sequence: Dataset, modes: Sequence[int], toward: int | None
) -> str:
    return key_of("reading", operator_key(library, source, settings), sequence.digest, tuple(modes), toward)


def word_effects_key(
    library: Library, source: Source, settings: Settings, modes: Sequence[int], toward: int | None, everything: bool
) -> str:
    return key_of("word effects", SCHEMA, operator_key(library, source, settings), tuple(modes), toward, everything)


def compute_word_effects(
    library: Library, source: Source, settings: Settings, result: Result, modes: Sequence[int],
    toward: int | None, everything: bool, sums: Transitions | None, progress: Progress,
) -> WordEffects:  # fmt: skip
    """The effects of the words of all sequences, or of a part of them: see `rows_read`.

    Raises:
        NotEnoughData: no token has an effect.
    """
    network, dataset = library.network(source), library.dataset(source.data, source.vocabulary)
    aimed, drive = aimed_at(library, source, settings, toward), _drive(network, settings, sums)
    rows = rows_read(len(dataset), settings, everything)
    part = shortened(dataset.select(rows), settings.max_length)
    effects: list[np.ndarray] = []
    for batch in hidden_states(network, part, _AT_ONCE, settings.state):
        effects += step_effects(result.operator, batch, modes, aimed, drive)
        progress(len(effects), len(rows))
    return word_effects(dataset, rows, effects, aimed is not None)


def rows_read(sequences: int, settings: Settings, everything: bool) -> np.ndarray:
    """All rows where they are few enough or asked for; else as many of those held out from the fit, evenly spaced."""
    rows = np.arange(sequences)
    if everything or sequences <= MOST_READ:
        return rows
    held = rows[rows % settings.held_out == settings.held_out - 1]
    return held[np.linspace(0, len(held) - 1, min(len(held), MOST_READ)).astype(np.int64)]


def _drive(network: Network | None, settings: Settings, sums: Transitions | None) -> Unrolling:
    """What the innovation needs beside the states; inputs are centred as the operator was fitted."""
    mean = None if sums is None else sums.fitted.factors(settings.intercept, settings.label).mean_inputs
    return Unrolling(mean, network is not None, network is not None and network.direction == "backward")
