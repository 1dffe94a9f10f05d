"""Readings of single signals, at once; their waves and the energy by segment and class as second passes."""

from __future__ import annotations

import numpy as np

from kann.analyses.koopman.highlights.signal_highlights import (
    FIFTHS,
    EnergyBySegment,
    SignalReading,
    Waves,
    energy_by_segment,
    fifths,
    step_energies,
)
from kann.analyses.koopman.spectrum.koopman_states import Result
from kann.analyses.koopman.spectrum.mode_table import representatives
from kann.analyses.koopman.spectrum.transitions import Settings, Transitions
from kann.analyses.wording import class_name
from kann.backend.engine.jobs import Progress
from kann.backend.engine.store import key_of
from kann.backend.engine.versions import version_of
from kann.backend.held_out import held_out
from kann.backend.koopman_states import operator_key, shortened
from kann.backend.opened.cards import card_of, class_names
from kann.backend.opened.library import Library, Source
from kann.inputs.data.waves import WAVES, can_find_waves, find_waves
from kann.inputs.hidden_states import hidden_states
from kann.records import Dataset

# Raised whenever the numbers behind a stored file change their meaning.
SCHEMA = 3
BATCH = 64
# Names of data that are heartbeats, or hold them.
_HEARTS = ("ecg", "ekg", "mitdb", "heartbeat")


def are_heartbeats(library: Library, source: Source) -> bool:
    """Whether the data's name says so; whether NeuroKit2 is here to find waves in them is another question."""
    name = f"{source.data} {library.name(source.data, 'data')}".lower()
    return any(word in name for word in _HEARTS)


def waves_can_be_found(library: Library, source: Source) -> bool:
    """NeuroKit2 is installed, and the data are one-channel signals."""
    dataset = library.dataset(source.data, source.vocabulary)
    return can_find_waves() and dataset.kind == "signal" and dataset.width == 1


def sampling_rate(library: Library, source: Source) -> float | None:
    """The data's own, or that of the data which the model's card speaks of; None where neither says."""
    own = library.dataset(source.data, source.vocabulary).sampling_rate
    card = card_of(library, source) or {}
    return own or (card.get("data_file", {}).get("sampling_rate") if class_names(library, source) else None)


def waves_key(library: Library, source: Source, settings: Settings, rows: list[int], rate: float) -> str:
    return key_of("waves", SCHEMA, library.digests(source), settings.max_length, rows, rate, _finder(rate))


def compute_waves(
    library: Library, source: Source, settings: Settings, rows: list[int], rate: float, progress: Progress
) -> Waves:
    """Of the chosen sequences."""
    dataset = _chosen(library, source, settings, rows)
    segment = np.full((len(dataset), int(dataset.lengths.max(initial=0))), -1)
    for row, sequence in enumerate(dataset.sequences):
        segment[row, : len(sequence)] = find_waves(sequence[:, 0], rate)
        progress(row + 1, len(dataset))
    return Waves(segment, np.array(WAVES))


def readings(
    library: Library, source: Source, settings: Settings, result: Result, rows: list[int],
    waves: Waves | None, sums: Transitions | None,
) -> list[SignalReading]:  # fmt: skip
    """The chosen sequences, unrolled again; without waves they are cut into fifths."""
    dataset, network = _chosen(library, source, settings, rows), library.network(source)
    names, drive = class_names(library, source), _drive(library, source, settings, sums)
    energy = [
        found
        for batch in hidden_states(network, dataset, state=settings.state)
        for found in step_energies(result.operator, batch, **drive)
    ]
    return [
        SignalReading(
            name=str(dataset.ids[row]),
            label=None if dataset.labels is None else class_name(str(dataset.labels[row]), names),
            signal=_drawn(dataset.sequences[row], dataset.kind),
            energy=energy[row],
            modes=representatives(result.spectrum),
            segment=fifths(steps) if waves is None else waves.segment[row, :steps],
            segments=FIFTHS if waves is None else tuple(waves.segments.tolist()),
        )
        for row, steps in enumerate(dataset.lengths.tolist())
    ]


def segments_key(library: Library, source: Source, settings: Settings, rate: float | None, everything: bool) -> str:
    operator = operator_key(library, source, settings)
    return key_of("energy by segment", SCHEMA, operator, rate, everything, _finder(rate))


def compute_energy_by_segment(
    library: Library, source: Source, settings: Settings, result: Result, rate: float | None,
    everything: bool, sums: Transitions | None, progress: Progress,
) -> EnergyBySegment:  # fmt: skip
    """Of held-out sequences, or of all; by waves where a sampling `rate` is given, else by fifths."""
    network = library.network(source)
    dataset = held_out(library.dataset(source.data, source.vocabulary), settings, everything)
    drive, done = _drive(library, source, settings, sums), 0

    def read():
        nonlocal done
        for batch in hidden_states(network, dataset, BATCH, settings.state):
            energy = step_energies(result.operator, batch, **drive)
            segment = []
            for _ in energy:
                segment.append(_segment(dataset.sequences[done], rate))
                done += 1
                progress(done, len(dataset))
            yield batch, energy, segment

    return energy_by_segment(read(), representatives(result.spectrum), FIFTHS if rate is None else WAVES)


def _finder(rate: float | None) -> str | None:
    """The version of what finds waves, where they are looked for."""
    return None if rate is None else version_of("neurokit2")


def _segment(sequence: np.ndarray, rate: float | None) -> np.ndarray:
    return fifths(len(sequence)) if rate is None else find_waves(sequence[:, 0], rate)


def _chosen(library: Library, source: Source, settings: Settings, rows: list[int]) -> Dataset:
    whole = library.dataset(source.data, source.vocabulary)
    return shortened(whole.select(np.array(rows, dtype=np.int64)), settings.max_length)


def _drive(library: Library, source: Source, settings: Settings, sums: Transitions | None) -> dict:
    """What the states do not tell: the inputs' mean, as the operator was fitted, and where and how reading begins."""
    network = library.network(source)
    return {
        "mean_inputs": None if sums is None else sums.fitted.factors(settings.intercept, settings.label).mean_inputs,
        "from_zeros": network is not None,
        "backward": network is not None and network.direction == "backward",
    }


def _drawn(sequence: np.ndarray, kind: str) -> np.ndarray:
    """[steps channels]: the signal itself; of states their norm, of symbols their numbers."""
    if kind == "states":
        return np.linalg.norm(sequence, axis=1, keepdims=True)
    return sequence if sequence.ndim == 2 else sequence[:, None]
