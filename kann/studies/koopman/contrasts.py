"""The sides of a comparison: two classes, two networks on the same data, or a network and its untrained twin."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kann.analyses.koopman.spectrum.settings import Drawn
from kann.analyses.wording import class_name
from kann.backend.opened.library import Library
from kann.backend.opened.pair import Pair, with_own_words
from kann.errors import KannError, OutOfRange
from kann.inputs.recurrent.network_inputs import check_inputs
from kann.interventions.untrained_twins import DEFAULT
from kann.studies.koopman.facts import units
from kann.studies.koopman.questions.states import Twin
from kann.tasks.demos import demos


@dataclass(frozen=True)
class Contrast:
    """A choice of two sides, one of three: two `classes` of the data (labels); the opened network and that of `model`
    (a reference); or the opened network and its untrained `twin` (a seed) of this `kind` of initialisation."""

    classes: tuple | None = None
    model: str | None = None
    twin: int | None = None
    kind: str = DEFAULT


@dataclass(frozen=True)
class Side:
    """One side: its `name`, the settings of its `fit`, and its network: that of another `pair` (None: the opened one),
    or an untrained `twin` of the opened network (None: the network itself)."""

    name: str
    fit: Drawn
    pair: Pair | None = None
    twin: Twin | None = None


@dataclass(frozen=True)
class Compared:
    """The two sides of a comparison."""

    one: Side
    other: Side

    @property
    def sides(self) -> tuple[Side, Side]:
        return self.one, self.other


def sides_of(library: Library, pair: Pair, fit: Drawn, contrast: Contrast) -> Compared:
    """The two sides of a contrast, with names for use in sentences.

    Raises:
        OutOfRange: a class with itself, or the network with its own checkpoint.
        UnreadableCheckpoint, UnknownNetwork: the second network cannot be opened.
    """
    if contrast.classes is not None:
        one, other = contrast.classes
        if one == other:
            raise OutOfRange(f"Class {one} cannot be compared with itself: choose another class.")
        known = library.open(pair).class_names
        return Compared(*(Side(class_name(str(label), known), replace(fit, label=label)) for label in (one, other)))
    if contrast.twin is not None:
        name, twin = f"twin {contrast.twin} ({contrast.kind})", Twin(contrast.kind, contrast.twin)
        return Compared(Side("this network", fit), Side(name, fit, twin=twin))
    second = with_model(library, pair, contrast.model)
    names = [library.name(reference) for reference in (pair.model, contrast.model)]
    if names[0] == names[1]:
        names = [f"{name} ({letter})" for name, letter in zip(names, "AB", strict=True)]
    rank = fit.rank and min(fit.rank, units(library.open(second), fit))
    return Compared(Side(names[0], fit), Side(names[1], replace(fit, rank=rank), second))


def with_model(library: Library, pair: Pair, model: str) -> Pair:
    """The same data, read by another network; texts by the vocabulary in its metadata, if there is one.

    Raises:
        OutOfRange: it is the same checkpoint.
        UnreadableCheckpoint, UnknownNetwork: it cannot be opened.
    """
    if library.checkpoint(model).sha256 == library.checkpoint(pair.model).sha256:
        raise OutOfRange("Both checkpoints are the same file: choose another one.")
    beside = Pair(data=pair.data, model=model)
    if pair.vocabulary is None:
        return beside
    return replace(beside, vocabulary=with_own_words(library, beside).vocabulary or pair.vocabulary)


def networks_beside(library: Library, pair: Pair) -> dict[str, str]:
    """Titles, by reference, of the other demos whose networks can read these data."""
    found = {f"demo:{demo.name}": demo.title for demo in demos()}
    return {reference: title for reference, title in found.items() if _reads(library, pair, reference)}


def _reads(library: Library, pair: Pair, model: str) -> bool:
    try:
        opened = library.open(with_model(library, pair, model))
        check_inputs(opened.network, opened.dataset)
    except KannError:
        return False
    return True
