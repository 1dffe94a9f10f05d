"""Two sides of a comparison: which sources, settings and seeds they are, their sums, and what chance would do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from kann.analyses.koopman.comparison.comparing import (
    Comparison,
    PermutationTest,
    SequenceMoments,
    Settings,
    compare,
    permutation_test_of_classes,
    permutation_test_of_networks,
    sums_by_sequence,
)
from kann.analyses.koopman.spectrum.transitions import Settings as Fit
from kann.analyses.koopman.spectrum.transitions import Transitions
from kann.analyses.wording import class_name
from kann.backend import koopman_states
from kann.backend.engine.jobs import Progress
from kann.backend.engine.store import Store, key_of
from kann.backend.opened.cards import class_names
from kann.backend.opened.library import Library, Source
from kann.errors import KannError, OutOfRange
from kann.inputs.hidden_states import hidden_states
from kann.inputs.recurrent.network_inputs import check_inputs
from kann.interventions.untrained_twins import DEFAULT
from kann.records import Dataset, StateBatch
from kann.tasks.demos import demos

# Raised whenever the numbers behind a stored file change their meaning.
SCHEMA = 3


@dataclass(frozen=True)
class Contrast:
    """What is held against what, one of three: two `classes` of the data (their labels); the opened network
    against the one in `model` (a reference); or against itself untrained: the `twin` of this seed and `kind`."""

    classes: tuple | None = None
    model: str | None = None
    twin: int | None = None
    kind: str = DEFAULT


@dataclass(frozen=True)
class Side:
    """One side: `name` in words; `twin` the untrained network that it is, or None for the network as it is."""

    name: str
    source: Source
    fit: Fit
    twin: koopman_states.Twin | None = None

    def key(self, library: Library) -> str:
        """That of its sums; for a network as it is, the one under which every page finds them."""
        return koopman_states.transitions_key(library, self.source, self.fit, self.twin)

    def sums(self, library: Library, store: Store, progress: Progress) -> Transitions:
        if self.twin is None:
            return koopman_states.compute_transitions(library, store, self.source, self.fit, progress)
        return koopman_states.compute_twin(library, store, self.source, self.fit, self.twin, progress)

    def dataset(self, library: Library) -> Dataset:
        return library.dataset(self.source.data, self.source.vocabulary)


def sides(library: Library, source: Source, fit: Fit, contrast: Contrast) -> tuple[Side, Side]:
    """The two sides of a contrast, each named as a sentence names it.

    Raises:
        OutOfRange: a class against itself, or the network against its own checkpoint.
        UnreadableCheckpoint, UnknownNetwork: what opening the second network has to say.
    """
    if contrast.classes is not None:
        one, other = contrast.classes
        if one == other:
            raise OutOfRange(f"Class {one} cannot be compared with itself: choose another class.")
        known = class_names(library, source)
        return tuple(Side(class_name(str(label), known), source, replace(fit, label=label)) for label in (one, other))
    if contrast.twin is not None:
        name, twin = f"twin {contrast.twin} ({contrast.kind})", koopman_states.Twin(contrast.kind, contrast.twin)
        return Side("this network", source, fit), Side(name, source, fit, twin)
    second = with_model(library, source, contrast.model)
    names = [library.name(reference) for reference in (source.model, contrast.model)]
    if names[0] == names[1]:
        names = [f"{name} ({letter})" for name, letter in zip(names, "AB", strict=True)]
    rank = fit.rank and min(fit.rank, koopman_states.units(library, second, fit))
    return Side(names[0], source, fit), Side(names[1], second, replace(fit, rank=rank))


def with_model(library: Library, source: Source, model: str) -> Source:
    """The same data, read by another network; texts in its own words where its metadata hold some.

    Raises:
        OutOfRange: it is the same checkpoint.
        UnreadableCheckpoint, UnknownNetwork: what opening it has to say.
    """
    if library.checkpoint(model).sha256 == library.checkpoint(source.model).sha256:
        raise OutOfRange("Both checkpoints are the same file: choose another one.")
    beside = Source(data=source.data, model=model)
    if source.vocabulary is None:
        return beside
    return replace(beside, vocabulary=library.with_own_words(beside).vocabulary or source.vocabulary)


def networks_beside(library: Library, source: Source) -> dict[str, str]:
    """Titles of the demos whose networks read these data, by their references, the opened one left out."""
    found = {f"demo:{demo.name}": demo.title for demo in demos()}
    return {reference: title for reference, title in found.items() if _reads(library, source, reference)}


def _reads(library: Library, source: Source, model: str) -> bool:
    try:
        second = with_model(library, source, model)
        check_inputs(library.network(second), library.dataset(second.data, second.vocabulary))
    except KannError:
        return False
    return True


def compare_sums(library: Library, both: tuple[Side, Side], sums: list[Transitions]) -> Comparison:
    """Each side solved at its own settings, then matched."""
    results = [
        koopman_states.solve(transitions, None, side.fit, side.dataset(library))
        for side, transitions in zip(both, sums, strict=True)
    ]
    return compare((both[0].name, both[1].name), *results, untrained=both[1].twin is not None)


def comparison_key(library: Library, both: tuple[Side, Side]) -> str:
    return key_of("comparison", SCHEMA, *[part for side in both for part in (*_origin(library, side), side.name)])


def chance_key(library: Library, both: tuple[Side, Side], settings: Settings) -> str:
    """Without what the p-value does not see: ranks beyond its own, the inputs, intervals and twins."""
    seen = [replace(side, fit=_seen(side.fit, settings)) for side in both]
    return key_of("chance", SCHEMA, settings, *[part for side in seen for part in _origin(library, side)])


def chance(
    library: Library, store: Store, both: tuple[Side, Side], settings: Settings, progress: Progress
) -> PermutationTest:
    """What exchanges of sequences make of the distance: both sides unrolled again, sequence by sequence. Untrained
    twins are a matter for `kann.backend.line_ups`.

    Raises:
        NotEnoughData: too few sequences.
    """
    of_classes = both[0].fit.label != both[1].fit.label
    rows = [_rows(side, library, settings) for side in both]
    total = sum(len(chosen) for chosen in rows)
    if of_classes:
        # One network and one basis, that of all classes: it does not depend on which class a sequence is of.
        side = replace(both[0], fit=replace(both[0].fit, label=None))
        sums = _sums(side, np.concatenate(rows), (library, store), settings, (progress, 0, total), alone=True)
        return permutation_test_of_classes(sums, np.arange(total) < len(rows[0]), settings)
    first, second = (
        _sums(side, chosen, (library, store), settings, (progress, done, total))
        for side, chosen, done in zip(both, rows, (0, len(rows[0])), strict=True)
    )
    return permutation_test_of_networks(first, second, settings)


def _sums(
    side: Side, rows: np.ndarray, where: tuple, settings: Settings, reported: tuple, alone: bool = False
) -> SequenceMoments:
    """Those of one network over these rows of the data; `reported` is a progress with what is done and to do, `alone`
    whether no other network is compared with it."""
    (library, store), (progress, done, total) = where, reported
    network, transitions = library.network(side.source), side.sums(library, store, progress)
    dataset = koopman_states.shortened(side.dataset(library).select(rows), side.fit.max_length)

    def counted() -> Iterator[StateBatch]:
        seen = done
        for batch in hidden_states(network, dataset, state=side.fit.state):
            yield batch
            seen += len(batch.lengths)
            progress(seen, total)

    return sums_by_sequence(counted(), transitions, side.fit, _rank(side.fit, settings), alone=alone)


def _rows(side: Side, library: Library, settings: Settings) -> np.ndarray:
    """The side's sequences, evenly spaced where there are too many."""
    labels, label = side.dataset(library).labels, side.fit.label
    rows = np.arange(len(side.dataset(library))) if label is None else np.flatnonzero(labels == label)
    if len(rows) <= settings.sequences:
        return rows
    return rows[np.linspace(0, len(rows) - 1, settings.sequences).astype(np.int64)]


def _rank(fit: Fit, settings: Settings) -> int:
    return settings.rank if fit.rank is None else min(fit.rank, settings.rank)


def _seen(fit: Fit, settings: Settings) -> Fit:
    return replace(fit, rank=_rank(fit, settings), inputs=False, samples=0, seed=0, twins=0)


def _origin(library: Library, side: Side) -> tuple:
    return side.key(library), replace(side.fit, twins=0), side.twin
