"""A network with data for it, or hidden states alone: the subject of the Koopman analysis."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np

from kann.backend.opened import cards
from kann.backend.opened.library import Library, Words
from kann.backend.opened.samples import Split, split
from kann.errors import OutOfRange, UnknownNetwork
from kann.inputs.data.vocabularies import holds_vocabulary
from kann.inputs.networks import Network
from kann.inputs.recurrent.roles import guess_roles, role_candidates
from kann.records import Dataset
from kann.tasks.demos import find_demo

# With more classes there are too few sequences in each to fit an operator by class.
MOST_CLASSES = 16
# Parts of the names of data that contain heartbeats.
_HEARTS = ("ecg", "ekg", "mitdb", "heartbeat")
# How an address writes an empty role, and a vocabulary in a model's metadata.
_NONE, _IN_MODEL = "-", "of "


@dataclass(frozen=True)
class Pair:
    """References of a model (None: the data are states) and of data, how the network is rebuilt from the model
    (`nonlinearity` None: as the file states, else tanh), and how the data are read.

    As a subject: see `kann.backend.engine.question.Subject`.
    """

    data: str
    model: str | None = None
    layer: str | None = None
    roles: tuple[tuple[str, str | None], ...] = ()
    nonlinearity: str | None = None
    direction: str = "forward"
    vocabulary: Words | None = None

    @property
    def references(self) -> tuple[tuple[str, str], ...]:
        model = () if self.model is None else ((self.model, "model"),)
        words = () if self.vocabulary is None else ((self.vocabulary.reference, self.vocabulary.what),)
        return (*model, (self.data, "data"), *words)

    def opened(self, library: Library) -> OpenedPair:
        """Opens network and data, with the contents of the model's card.

        Raises:
            KannError: a file cannot be opened, or the network cannot be rebuilt.
        """
        dataset, network = library.dataset(self.data, self.vocabulary), library.network(self)
        _check(library.name(self.data, "data"), dataset, self)
        names, card = cards.class_names(library, self), cards.card_of(library, self) or {}
        data_file = card.get("data_file", {}) if names else {}
        return OpenedPair(
            pair=self,
            network=network,
            dataset=dataset,
            class_names=names,
            detector=cards.detector(library, self),
            initialisation=card.get("initialisation", ""),
            sampling_rate=dataset.sampling_rate or data_file.get("sampling_rate"),
            typed=partial(library.typed, words=self.vocabulary),
            are_heartbeats=any(word in f"{self.data} {library.name(self.data, 'data')}".lower() for word in _HEARTS),
            rebuilt=None if network is None else _rebuilt(library, self, network),
            words=self.vocabulary and library.sha256(self.vocabulary),
        )

    def title(self, library: Library) -> tuple[str, ...]:
        """Lines for the sidebar: names of the model and of the data."""
        model = "states without a network" if self.model is None else library.name(self.model)
        return model, library.name(self.data, "data")

    def address(self) -> dict[str, str]:
        """The entries of an address that restore the pair; default values are omitted."""
        texts = {name: getattr(self, name) for name in NAMES if getattr(self, name) != getattr(_DEFAULTS, name)}
        if self.vocabulary:
            texts["vocabulary"] = _IN_MODEL * self.vocabulary.in_model + self.vocabulary.reference
        if self.roles:
            texts["roles"] = ",".join(f"{role}={name or _NONE}" for role, name in self.roles)
        return texts

    @classmethod
    def at(cls, address: Mapping[str, str | None]) -> Pair:
        """The pair of such entries; other entries are ignored."""
        given = {name: address[name] for name in NAMES if name not in ("roles", "vocabulary") and address.get(name)}
        words = address.get("vocabulary")
        if words:
            given["vocabulary"] = Words(words.removeprefix(_IN_MODEL), words.startswith(_IN_MODEL))
        entries = [entry for entry in (address.get("roles") or "").split(",") if all(entry.partition("="))]
        return cls(**given, roles=named_roles(entries))


# Entries of an address.
NAMES = ("model", "data", "vocabulary", "layer", "nonlinearity", "direction", "roles")
_DEFAULTS = Pair(data="")


@dataclass(frozen=True)
class OpenedPair:
    """The `network` (None for states without one) and its data. Of the model's card: names of the classes by label, the
    anomaly `detector`, and the kind of `initialisation` before training ("" where unknown). `sampling_rate` in Hz, or
    None. `typed(text)`: a data set of one sequence, by the pair's vocabulary; `rebuilt`: the structure of the network
    as plain data, and `words`: the digest of the vocabulary, both for the digest of the pair."""

    pair: Pair
    network: Network | None
    dataset: Dataset
    class_names: Mapping[str, str]
    detector: cards.Detector | None
    initialisation: str
    sampling_rate: float | None
    are_heartbeats: bool
    typed: Callable[[str], Dataset]
    rebuilt: tuple | None
    words: str | None = None

    @cached_property
    def digest(self) -> tuple:
        """Plain data that determine every answer: the digest of the data as read (the same bytes can be read in several
        ways), the bytes of the model and the structure rebuilt from them, and the contents of the card."""
        said = dict(self.class_names), self.detector, self.initialisation, self.sampling_rate
        return self.dataset.digest, self.rebuilt, self.words, said

    @cached_property
    def classes(self) -> list:
        """Labels for which operators can be fitted, sorted; none for a single class or more than MOST_CLASSES."""
        found = [] if self.dataset.labels is None else np.unique(self.dataset.labels).tolist()
        return found if 1 < len(found) <= MOST_CLASSES else []

    @cached_property
    def grouped(self) -> Dataset:
        """The data, without labels if there are more than MOST_CLASSES."""
        labels = self.dataset.labels
        many = labels is not None and len(np.unique(labels)) > MOST_CLASSES
        return replace(self.dataset, labels=None) if many else self.dataset

    def split(self, every: int) -> Split:
        """Which sequences are fitted and which are held out, one in `every`: the same for every question."""
        return split(self.grouped, every)

    def own_label(self, label: int | str | None) -> int | str | None:
        """The label of the data with the same text: a settings file or an address may hold it as a text.

        Raises:
            OutOfRange: no sequence has it.
        """
        known = [] if self.dataset.labels is None else np.unique(self.dataset.labels).tolist()
        found = next((name for name in known if str(name) == str(label)), None)
        if label is not None and len(known) > MOST_CLASSES:
            raise OutOfRange(
                f"Class {label} cannot be fitted by itself: the data have {len(known)} classes, and at most "
                f"{MOST_CLASSES} are kept apart."
            )
        if label is not None and found is None:
            there = f"there are {', '.join(map(str, known))}" if known else "there are no labels"
            raise OutOfRange(f"No sequence has the label {label}; {there}.")
        return found


def demo(library: Library, name: str) -> Pair:
    """The pair of a demo, with the vocabulary in its model's metadata if it reads texts.

    Raises:
        OutOfRange: there is no such demo.
    """
    reference = f"demo:{find_demo(name).name}"
    return with_own_words(library, Pair(data=reference, model=reference))


def with_own_words(library: Library, pair: Pair) -> Pair:
    """The pair with the vocabulary in its model's metadata, if there is one and no other is given."""
    if pair.vocabulary or pair.model is None or not holds_vocabulary(library.checkpoint(pair.model).metadata):
        return pair
    return replace(pair, vocabulary=Words(pair.model, in_model=True))


def fitting_roles(library: Library, pair: Pair) -> dict[str, list[str | None]]:
    """Candidates for embedding, read-out and decoder of a pair's layer, the guess first; a role without candidates has
    an empty list.

    Raises:
        UnknownNetwork: the checkpoint has no such layer.
    """
    checkpoint, network = library.checkpoint(pair.model), library.network(replace(pair, roles=()))
    guessed, fitting = guess_roles(checkpoint, network.layer), role_candidates(checkpoint, network.layer)
    return {role: names if guessed[role] else [None, *names] for role, names in fitting.items()}


def as_roles(chosen: Mapping[str, str | None]) -> tuple[tuple[str, str | None], ...]:
    """Roles sorted by name, so that equal choices give equal pairs."""
    return tuple(sorted(chosen.items()))


def named_roles(entries: Iterable[str]) -> tuple[tuple[str, str | None], ...]:
    """Roles out of texts such as readout=fc; "none" and "-" leave a role empty.

    Raises:
        OutOfRange: a text is not of the form ROLE=NAME.
    """
    roles = {}
    for entry in entries:
        role, equals, name = entry.partition("=")
        if not (role and equals and name):
            raise OutOfRange(f"A role is given as ROLE=NAME, as in readout=fc or embedding=none, not {entry[:80]!r}.")
        roles[role] = None if name in (_NONE, "none") else name
    return as_roles(roles)


def _check(name: str, dataset: Dataset, pair: Pair) -> None:
    if dataset.kind == "states" and pair.model is not None:
        raise UnknownNetwork(f"{name} holds hidden states already: leave the checkpoint out.")
    if dataset.kind != "states" and pair.model is None:
        raise UnknownNetwork(
            f"{name} holds sequences ({dataset.kind}), no hidden states: give the checkpoint of a network too."
        )


def _rebuilt(library: Library, pair: Pair, network: Network) -> tuple[Any, ...]:
    checkpoint = library.checkpoint(pair.model)
    roles = guess_roles(checkpoint, network.layer) | dict(pair.roles)
    return checkpoint.sha256, network.layer, roles, pair.nonlinearity, pair.direction
