"""Controls, strung together: which sequences are tried, and on which networks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from kann.analyses.koopman.controls import control_passes
from kann.analyses.koopman.controls import measured as controls
from kann.analyses.koopman.controls.control_passes import Examined, SplitStates
from kann.analyses.koopman.controls.measured import Controls
from kann.analyses.koopman.spectrum.koopman_states import Result
from kann.analyses.koopman.spectrum.transitions import Settings
from kann.analyses.koopman.spectrum.untrained import compare_with_untrained
from kann.backend.engine.jobs import Progress
from kann.backend.engine.store import Store, key_of
from kann.backend.koopman_states import (
    Twin,
    compute_transitions,
    compute_twin,
    compute_twins,
    result_key,
    sampled,
    shortened,
)
from kann.backend.opened import cards
from kann.backend.opened.library import Library, Source
from kann.inputs.hidden_states import hidden_states
from kann.inputs.networks import Network
from kann.interventions.detection import Detection, detection
from kann.interventions.untrained_twins import untrained_twin
from kann.records import Dataset, StateBatch

# Raised whenever the numbers behind a stored file change their meaning.
SCHEMA = 5
# Untrained networks that are tried on held-out sequences too.
MOST_TWINS = 5


def controls_key(library: Library, source: Source, settings: Settings, asked: controls.Settings) -> str:
    detector = cards.detector(library, source)
    return key_of("controls", SCHEMA, result_key(library, source, settings, twins=True), asked, detector)


def compute_controls(
    library: Library, store: Store, source: Source, settings: Settings, asked: controls.Settings, result: Result,
    progress: Progress,
) -> Controls:  # fmt: skip
    """The controls of a result, on held-out sequences of the label that it was fitted to.

    Twins are tried on those of their own sample that were left out of their sums, of the same label; where their
    sample has none, there are none.

    Raises:
        NotEnoughData: no sequence holds a transition.
    """
    network, dataset = library.network(source), library.dataset(source.data, source.vocabulary)
    chosen = (_chosen(dataset, settings, held) for held in (False, True))
    inside, outside = (shortened(sampled(part, asked.sequences or len(part)), settings.max_length) for part in chosen)
    in_sample = not len(outside)
    tried = inside, inside if in_sample else outside
    sums = compute_transitions(library, store, source, settings, progress)
    twins = _strictest(library, store, source, settings, result, progress)
    left_out = _left_out(dataset, settings)
    counted = _Counted(progress, sum(map(len, tried)) + len(twins) * len(left_out))
    decide = _detection(library, source, settings, network)
    streams = (counted.watch(hidden_states(network, part, state=settings.state)) for part in tried)
    own = control_passes.examine_network(sums, result.operator, SplitStates(*streams), settings, asked, decide)
    others = []
    for twin in twins:
        fit = replace(settings, groups=min(settings.groups, 1))
        read = compute_twin(library, store, source, fit, twin, progress)
        if read.fitted.holds(settings.label):
            states = hidden_states(untrained_twin(network, twin.seed, twin.kind), left_out, state=settings.state)
            others.append(
                control_passes.examine_twin(
                    read, counted.watch(states), twin.seed, result.operator.rank, settings, asked
                )
            )
    about = controls.Tried(
        decision=_decision(own, decide),
        inputs=settings.inputs,
        intercept=settings.intercept,
        rank=result.operator.rank,
        lag=settings.lag,
        scored=len(tried[1]),
        held_out=len(_chosen(dataset, settings, held=True)),
        in_sample=in_sample,
    )
    return control_passes.gather(own, others, about)


def _strictest(
    library: Library, store: Store, source: Source, settings: Settings, result: Result, progress: Progress
) -> list[Twin]:
    """A few networks of the kind of initialisation from which the result stands out least; none without a network."""
    twins = compute_twins(library, store, source, settings, progress)
    found = compare_with_untrained(result.operator.eigenvalues, twins, result.spectrum.longest, settings.lag)
    if found is None:
        return []
    seeds = twins.seeds[twins.kinds == found.strictest][:MOST_TWINS]
    return [Twin(found.strictest, int(seed)) for seed in seeds]


class _Counted:
    """Reports the sequences of several streams as one progress."""

    def __init__(self, progress: Progress, total: int):
        self._progress, self._done, self._total = progress, 0, total

    def watch(self, batches: Iterable[StateBatch]) -> Iterator[StateBatch]:
        for batch in batches:
            yield batch
            self._done += len(batch.lengths)
            self._progress(self._done, self._total)


def _held(dataset: Dataset, settings: Settings) -> np.ndarray:
    """Whether a sequence was kept from the fit, as `koopman_states` does it."""
    return np.arange(len(dataset)) % settings.held_out == settings.held_out - 1


def _chosen(dataset: Dataset, settings: Settings, held: bool) -> Dataset:
    """Fitted or held-out sequences of the label that is fitted."""
    wanted = _held(dataset, settings) == held
    if settings.label is not None:
        wanted &= dataset.labels == settings.label
    return dataset.select(np.flatnonzero(wanted))


def _left_out(dataset: Dataset, settings: Settings) -> Dataset:
    """The sequences that the twins' sums left out; where they left none, those that went in."""
    sample = sampled(dataset, settings.twin_sequences)
    held, fitted = (_chosen(sample, settings, held) for held in (True, False))
    return shortened(held if len(held) else fitted, settings.max_length)


def _detection(library: Library, source: Source, settings: Settings, network: Network | None) -> Detection | None:
    """An autoencoder's decision, where its card knows the threshold and whole sequences are looked at."""
    detector = cards.detector(library, source)
    if detector is None or settings.steps is not None or settings.max_length is not None:
        return None
    return detection(network, detector.threshold, settings.state)


def _decision(own: Examined, decide: Detection | None) -> str | None:
    if own.fits[0].held_out.agreement is None:
        return None
    return "read-out" if decide is None else "reconstruction"
