"""References -> opened checkpoints and data sets: what a page's address can name, opened once.

A reference is "demo:NAME", "path:FOLDER/FILE" below KANN_DATA_DIR, "named:DATASET" of those that are known by
name, or "upload:DIGEST"; a vocabulary's may be "of " and a model's, whose metadata then hold the words.
"""

from __future__ import annotations

import hashlib
import io
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from kann.backend.opened.data_folder import Stamps, below, sha256
from kann.errors import OutOfRange, UnreadableCheckpoint, UnreadableDataset
from kann.inputs.checkpoints import open_checkpoint
from kann.inputs.data.named_datasets import find
from kann.inputs.data.vocabularies import holds_vocabulary, open_vocabulary
from kann.inputs.datasets import open_dataset, open_text
from kann.inputs.networks import Network, build_network, first_layer
from kann.inputs.pickles.named_globals import dangerous
from kann.inputs.recurrent.roles import guess_roles, role_candidates
from kann.records import Checkpoint, Dataset, RecurrentLayer
from kann.tasks.demos import find_demo

P = ParamSpec("P")
T = TypeVar("T")
MOST_OPEN = 64
MOST_UPLOADED = 2**30
MOST_BYTES = 256 * 2**20
MOST_TYPED = 100_000


@dataclass(frozen=True)
class Source:
    """What is looked at: references of a model (None: the data are states) and of data, how the network is
    rebuilt from the model (`nonlinearity` None: as the file states, else tanh), and how the data are read."""

    data: str
    model: str | None = None
    layer: str | None = None
    roles: tuple[tuple[str, str | None], ...] = ()
    nonlinearity: str | None = None
    direction: str = "forward"
    vocabulary: str | None = None


class Library:
    """Opened files by reference, the least recently used leave; uploads live in memory alone."""

    def __init__(self, root: str | Path | None = None):
        self.root = Path(root).resolve() if root else None
        self._opened: OrderedDict[tuple, Any] = OrderedDict()
        self._uploads: OrderedDict[str, tuple[str, bytes]] = OrderedDict()
        self._stamps = Stamps()
        self._lock = threading.RLock()
        self._local = threading.local()

    @contextmanager
    def look(self) -> Iterator[None]:
        """Within it every file stays what it was when it was first asked for, in `same_look` in other threads too: a
        key, what is computed under it and what is said of it are then of the same bytes."""
        if self._seen is not None:
            yield
            return
        self._local.seen = {}
        try:
            yield
        finally:
            self._local.seen = None

    def same_look(self, work: Callable[P, T]) -> Callable[P, T]:
        """The work, for another thread, on the files as this one sees them."""
        seen = self._seen

        def looking(*given: P.args, **named: P.kwargs) -> T:
            before, self._local.seen = self._seen, seen
            try:
                return work(*given, **named)
            finally:
                self._local.seen = before

        return looking

    @property
    def _seen(self) -> dict[tuple, Any] | None:
        return getattr(self._local, "seen", None)

    def upload(self, name: str, content: bytes) -> str:
        """Keeps an uploaded file; its reference is a digest of its name, which says how it is read, and its content.

        Raises:
            OutOfRange: the file is too large. The browser checks this too, but can be passed by.
        """
        if len(content) > MOST_BYTES:
            raise OutOfRange(
                f"{name} has {len(content) / 2**20:.0f} MB, an upload at most {MOST_BYTES // 2**20}: "
                "put the file below KANN_DATA_DIR and open it by its path."
            )
        reference = "upload:" + hashlib.sha256(f"{name}\0".encode() + content).hexdigest()[:16]
        with self._lock:
            self._uploads[reference] = (name, content)
            self._uploads.move_to_end(reference)
            while sum(len(kept) for _, kept in self._uploads.values()) > MOST_UPLOADED and len(self._uploads) > 1:
                self._uploads.popitem(last=False)
        return reference

    def checkpoint(self, reference: str) -> Checkpoint:
        key = ("model", reference, self._stamp(reference, "model"))
        return self._once(key, lambda: open_checkpoint(self._file(reference, "model")))

    def dataset(self, reference: str, vocabulary: str | None = None) -> Dataset:
        def read() -> Dataset:
            words = None if vocabulary is None else self._words(vocabulary)
            return open_dataset(self._file(reference, "data"), vocabulary=words)

        stamps = self._stamp(reference, "data"), vocabulary and self._stamp(vocabulary, "vocabulary")
        return self._once(("data", reference, vocabulary, *stamps), read)

    def network(self, source: Source) -> Network | None:
        """The network that a source names; None where its data are states already."""
        if source.model is None:
            return None
        checkpoint = self.checkpoint(source.model)
        key = ("network", checkpoint.sha256, source.layer, source.roles, source.nonlinearity, source.direction)
        return self._once(
            key,
            lambda: build_network(checkpoint, source.layer, dict(source.roles), source.nonlinearity, source.direction),
        )

    def first_layer(self, reference: str) -> RecurrentLayer:
        """The layer of a model that is looked at where none is named."""
        return first_layer(self.checkpoint(reference))

    def _words(self, vocabulary: str) -> Path | io.BytesIO | Checkpoint:
        """A vocabulary's file; for the reference of a model that carries its words, the checkpoint itself."""
        if vocabulary.startswith("of "):
            return self.checkpoint(vocabulary.removeprefix("of "))
        return self._file(vocabulary, "vocabulary")

    def demo(self, name: str) -> Source:
        """What a demo shows, in the words that its model carries, if it reads words.

        Raises:
            OutOfRange: there is no such demo.
        """
        reference = f"demo:{find_demo(name).name}"
        return self.with_own_words(Source(data=reference, model=reference))

    def with_own_words(self, source: Source) -> Source:
        """The source in the words that its model's metadata hold, if they hold some and no others are given."""
        if source.vocabulary or source.model is None:
            return source
        if not holds_vocabulary(self.checkpoint(source.model).metadata):
            return source
        return replace(source, vocabulary=f"of {source.model}")

    def typed(self, text: str, vocabulary: str | None) -> Dataset:
        """One sequence, of a text that was typed in, in the words of a vocabulary; unknown words are counted.

        Raises:
            OutOfRange: the text is too long.
            UnreadableDataset: it is blank, there is no vocabulary, or none of the words is in it.
        """
        if len(text) > MOST_TYPED:
            raise OutOfRange(f"{len(text):,} signs are too many to read while you type: at most {MOST_TYPED:,}.")
        if vocabulary is None:
            return open_text(text, None)
        key = ("vocabulary", vocabulary, self._stamp(vocabulary, "vocabulary"))
        return open_text(text, self._once(key, lambda: open_vocabulary(self._words(vocabulary))))

    def roles(self, source: Source) -> dict[str, list[str | None]]:
        """What could serve as embedding, read-out and decoder of a source's layer, the guess first; a role
        that nothing fits has an empty list.

        Raises:
            UnknownNetwork: the checkpoint has no such layer.
        """
        checkpoint, network = self.checkpoint(source.model), self.network(replace(source, roles=()))
        guessed, fitting = guess_roles(checkpoint, network.layer), role_candidates(checkpoint, network.layer)
        return {role: names if guessed[role] else [None, *names] for role, names in fitting.items()}

    def named_globals(self, reference: str) -> dict[str, bool]:
        """The globals that a model file names, none of them called; True where a call would do harm."""
        uncalled = self.checkpoint(reference).uncalled
        harmful = set(dangerous(uncalled))
        return {name: name in harmful for name in uncalled}

    def digests(self, source: Source) -> tuple:
        """What decides the states of a source: the bytes of its model and what is rebuilt of them; and of its data
        what was read from them, since the same bytes can be read in several ways."""
        data = self.dataset(source.data, source.vocabulary).digest
        return (data, None if source.model is None else self._rebuilt(source))

    def _rebuilt(self, source: Source) -> tuple:
        checkpoint, network = self.checkpoint(source.model), self.network(source)
        roles = guess_roles(checkpoint, network.layer) | dict(source.roles)
        return (checkpoint.sha256, network.layer, roles, source.nonlinearity, source.direction)

    def sha256s(self, source: Source) -> list[str | None]:
        """Of the bytes of model, data and vocabulary, None for what there is not."""
        model = None if source.model is None else self.checkpoint(source.model).sha256
        data = self.dataset(source.data, source.vocabulary).sha256
        return [model, data, None if source.vocabulary is None else self._sha256(source.vocabulary)]

    def _sha256(self, vocabulary: str) -> str:
        words = self._words(vocabulary)
        return words.sha256 if isinstance(words, Checkpoint) else sha256(words)

    def name(self, reference: str, what: str = "model") -> str:
        """What a person calls the file."""
        kind, _, rest = reference.partition(":")
        if kind == "upload":
            return self._uploads[reference][0] if reference in self._uploads else rest
        if kind == "demo":
            return find_demo(rest).title if what == "model" else find_demo(rest).data.name
        if kind == "named":
            return rest
        return Path(rest).name

    def _once(self, key: tuple, make: Callable[[], Any]) -> Any:
        seen = {} if self._seen is None else self._seen
        with self._lock:
            if key in seen:
                return seen[key]
            if key not in self._opened:
                self._opened[key] = make()
                while len(self._opened) > MOST_OPEN:
                    self._opened.popitem(last=False)
            self._opened.move_to_end(key)
            return seen.setdefault(key, self._opened[key])

    def _stamp(self, reference: str, what: str) -> str | None:
        """Another one whenever the files behind a reference have changed; None of an upload, whose reference tells."""
        if reference.startswith("of "):
            reference, what = reference.removeprefix("of "), "model"
        if reference.startswith("upload:"):
            return None
        seen, key = {} if self._seen is None else self._seen, ("stamp", reference, what)
        if key not in seen:
            seen[key] = self._stamps.of(self._file(reference, what))
        return seen[key]

    def _file(self, reference: str, what: str) -> Path | io.BytesIO:
        kind, _, rest = reference.partition(":")
        if kind == "demo":
            demo = find_demo(rest)
            return demo.data if what == "data" else demo.checkpoint
        if kind == "path":
            return self._below_root(rest)
        if kind == "named" and what == "data":
            return find(rest)
        if kind != "upload":
            raise OutOfRange(
                f"{reference!r} names no {what}: give demo:NAME, path:FILE, named:DATASET or upload:DIGEST."
            )
        if reference not in self._uploads:
            error = UnreadableCheckpoint if what == "model" else UnreadableDataset
            raise error(f"The uploaded {what} {rest} is no longer kept here: upload the file again.")
        name, content = self._uploads[reference]
        file = io.BytesIO(content)
        file.name = name
        return file

    def _below_root(self, relative: str) -> Path:
        return below(self.root, relative)


def data_root() -> str | None:
    """KANN_DATA_DIR, or None: then no path opens."""
    return os.environ.get("KANN_DATA_DIR") or None


def as_roles(chosen: Mapping[str, str | None]) -> tuple[tuple[str, str | None], ...]:
    """Roles in one order, so that the same choice is the same source."""
    return tuple(sorted(chosen.items()))
