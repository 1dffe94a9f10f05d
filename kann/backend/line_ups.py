"""The rows of untrained networks beside the opened one: which sequences they read, and what is kept of each."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from kann.analyses.koopman.comparison.untrained_ranking import (
    Settings,
    Spectra,
    UntrainedRanking,
    rank_among_untrained,
    spectra,
)
from kann.analyses.koopman.spectrum.transitions import Settings as Fit
from kann.analyses.koopman.spectrum.transitions import sum_transitions
from kann.backend.engine.jobs import Progress
from kann.backend.engine.record_files import read_record, write_record
from kann.backend.engine.store import Store, key_of
from kann.backend.koopman_states import PAIRS_A_DIRECTION, sampled, shortened
from kann.backend.opened.library import Library, Source
from kann.errors import UnknownNetwork
from kann.inputs.hidden_states import hidden_states
from kann.inputs.networks import Network
from kann.interventions.untrained_twins import kinds_of, untrained_twin
from kann.records import Dataset

# Raised whenever the numbers behind a stored file change their meaning.
SCHEMA = 1


def line_up_key(library: Library, source: Source, fit: Fit, settings: Settings) -> str:
    """Without what the rows do not see: ranks beyond their own, the inputs, intervals and twins."""
    return key_of("line-up", SCHEMA, library.digests(source), _seen(fit, min(fit.rank or settings.rank, settings.rank)),
                  settings)  # fmt: skip


def compute_line_up(
    library: Library, store: Store, source: Source, fit: Fit, settings: Settings, progress: Progress
) -> UntrainedRanking:
    """The opened network and its untrained twins of every kind, all on the same sequences.

    Raises:
        UnknownNetwork: the data are states, and there is no network to be untrained.
    """
    network, dataset = library.network(source), _read(library, source, fit, settings)
    if network is None:
        raise UnknownNetwork("States come without a network, so that there is no untrained twin: open its checkpoint.")
    kinds = kinds_of(network)
    total, done = 1 + len(kinds) * settings.twins, 0

    def one(kind: str | None, seed: int) -> Spectra:
        nonlocal done
        key = key_of("line-up spectra", SCHEMA, library.digests(source), _seen(fit, settings.rank),
                     settings.sequences, kind, seed)  # fmt: skip
        found = store.remember(
            key, lambda: _spectra(network, kind, seed, dataset, fit, settings), partial(read_record, Spectra),
            write_record,
        )  # fmt: skip
        done += 1
        progress(done * len(dataset), total * len(dataset))
        return found

    rank = _rank(dataset, fit, settings)
    opened = one(None, 0)
    return rank_among_untrained(
        kinds, rank, len(dataset), opened, lambda kind: [one(kind, seed) for seed in range(settings.twins)]
    )


def _spectra(network: Network, kind: str | None, seed: int, dataset: Dataset, fit: Fit, settings: Settings) -> Spectra:
    read = network if kind is None else untrained_twin(network, seed, kind)
    fitted = sum_transitions(hidden_states(read, dataset, state=fit.state), fit, inputs=False, groups=0)
    return spectra(fitted, fit, settings.rank)


def _read(library: Library, source: Source, fit: Fit, settings: Settings) -> Dataset:
    """The sequences of every network in the rows: of the class that is fitted, if one is."""
    dataset = library.dataset(source.data, source.vocabulary)
    if fit.label is not None:
        dataset = dataset.select(np.flatnonzero(dataset.labels == fit.label))
    return shortened(replace(sampled(dataset, settings.sequences), labels=None), fit.max_length)


def _rank(dataset: Dataset, fit: Fit, settings: Settings) -> int:
    """The rank that is asked for, as far as the sequences carry it."""
    pairs = np.maximum(dataset.lengths - fit.lag - fit.delays, 0).sum()
    return int(np.clip(pairs // PAIRS_A_DIRECTION, 1, min(fit.rank or settings.rank, settings.rank)))


def _seen(fit: Fit, rank: int) -> Fit:
    return replace(fit, rank=rank, inputs=False, samples=0, seed=0, twins=0, twin_sequences=0, groups=0, held_out=0)
