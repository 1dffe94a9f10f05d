"""Modes by class, strung together: a second pass over held-out sequences for what the sums cannot answer."""

from __future__ import annotations

from collections.abc import Iterator

from kann.analyses.koopman.modes.mode_classes import Dominance, ModesByClass, dominance, modes_by_class
from kann.analyses.koopman.modes.reconstructions import Reconstructions, reconstructions
from kann.analyses.koopman.spectrum.koopman_states import Result
from kann.analyses.koopman.spectrum.transitions import Settings, Transitions
from kann.backend.engine.jobs import Progress
from kann.backend.engine.store import key_of
from kann.backend.held_out import counted, held_out
from kann.backend.koopman_states import operator_key
from kann.backend.opened.library import Library, Source
from kann.inputs.hidden_states import hidden_states
from kann.interventions.reconstruction import rebuild, way_out
from kann.records import StateBatch

# Raised whenever the numbers behind a stored file change their meaning.
SCHEMA = 3
# Eigenfunctions of all modes stand beside the states in memory: smaller batches than unrolling takes.
BATCH = 64


def key(what: str, library: Library, source: Source, settings: Settings, *more) -> str:
    """The key of a second pass: what decides the operator, and what is asked of it."""
    return key_of("modes by class", what, SCHEMA, operator_key(library, source, settings), *more)


def through(library: Library, source: Source) -> str | None:
    """What modes can be shown through: "decoder", "readout", or None."""
    return way_out(library.network(source))


def compute_dominance(
    library: Library, source: Source, settings: Settings, result: Result, everything: bool, progress: Progress
) -> Dominance:
    return dominance(result.operator, _batches(library, source, settings, everything, progress))


def compute_modes_by_class(
    library: Library,
    source: Source,
    settings: Settings,
    result: Result,
    modes: list[int],
    everything: bool,
    sums: Transitions | None,
    progress: Progress,
) -> ModesByClass:
    """The chosen modes over time; `sums` of an operator fitted with inputs, which are centred as it was fitted."""
    mean = None if sums is None else sums.fitted.factors(settings.intercept, settings.label).mean_inputs
    return modes_by_class(
        result.operator,
        _batches(library, source, settings, everything, progress),
        modes,
        mean,
        from_zeros=source.model is not None,
    )


def compute_reconstructions(
    library: Library,
    source: Source,
    settings: Settings,
    result: Result,
    modes: list[int],
    toward: int,
    everything: bool,
    progress: Progress,
) -> Reconstructions:
    """Through the decoder, or else the read-out.

    Raises:
        UnknownNetwork: the network has neither.
    """
    network = library.network(source)
    batches = _batches(library, source, settings, everything, progress)
    rebuilt = ((rebuild(network, result.operator, batch, modes, settings.state), batch.labels) for batch in batches)
    return reconstructions(rebuilt, way_out(network) or "readout", toward)


def _batches(
    library: Library, source: Source, settings: Settings, everything: bool, progress: Progress
) -> Iterator[StateBatch]:
    dataset = held_out(library.dataset(source.data, source.vocabulary), settings, everything)
    states = hidden_states(library.network(source), dataset, BATCH, settings.state)
    return counted(states, len(dataset), progress)
