"""References -> opened checkpoints and data sets, each file opened once.

A reference is "demo:NAME", "path:FOLDER/FILE" below KANN_DATA_DIR, "named:DATASET", or "upload:DIGEST"; the address
of a page holds references.
"""

from __future__ import annotations

import hashlib
import io
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from kann.backend.opened.data_folder import Stamps, below, sha256
from kann.backend.opened.key_locks import KeyLocks
from kann.errors import OutOfRange, UnreadableCheckpoint, UnreadableDataset
from kann.inputs.checkpoints import open_checkpoint
from kann.inputs.data.named_datasets import find
from kann.inputs.data.vocabularies import open_vocabulary
from kann.inputs.datasets import open_dataset, open_text
from kann.inputs.networks import Network, build_network, first_layer
from kann.inputs.pickles.named_globals import dangerous
from kann.records import Checkpoint, Dataset, RecurrentLayer
from kann.tasks.demos import find_demo

P = ParamSpec("P")
T = TypeVar("T")
MOST_OPEN = 64
MOST_UPLOADED = 2**30
MOST_BYTES = 256 * 2**20
MOST_TYPED = 100_000


@dataclass(frozen=True)
class Words:
    """The vocabulary of texts: a file of words, or (`in_model`) a model whose metadata hold the words."""

    reference: str
    in_model: bool = False

    @property
    def what(self) -> str:
        """The kind of file that the reference names."""
        return "model" if self.in_model else "vocabulary"


class Library:
    """Opened files by reference, up to MOST_OPEN most recently used ones; uploads are kept in memory only.

    Each file opens once, under a lock of its own: threads that open other files do not wait.
    """

    def __init__(self, root: str | Path | None = None):
        self.root = Path(root).resolve() if root else None
        self._opened: OrderedDict[tuple, Any] = OrderedDict()
        self._uploads: OrderedDict[str, tuple[str, bytes]] = OrderedDict()
        self._stamps = Stamps()
        self._lock, self._opening = threading.Lock(), KeyLocks()
        self._local = threading.local()

    @contextmanager
    def look(self) -> Iterator[None]:
        """Context in which every file keeps the content that it had when it was first opened in it, also in other
        threads that run `same_look`: a key and the answer computed under it are then of the same bytes."""
        if self._seen is not None:
            yield
            return
        self._local.seen = {}
        try:
            yield
        finally:
            self._local.seen = None

    def same_look(self, work: Callable[P, T]) -> Callable[P, T]:
        """The work wrapped for another thread, so that it uses the files of this context."""
        seen = self._seen

        def looking(*given: P.args, **named: P.kwargs) -> T:
            before, self._local.seen = self._seen, seen
            try:
                return work(*given, **named)
            finally:
                self._local.seen = before

        return looking

    def known(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of `make()`, computed once in a `look`; it may depend on files and the key only."""
        seen = self._seen
        if seen is None:
            return make()
        if key not in seen:
            seen[key] = make()
        return seen[key]

    @property
    def _seen(self) -> dict[tuple, Any] | None:
        return getattr(self._local, "seen", None)

    def upload(self, name: str, content: bytes) -> str:
        """Keeps an uploaded file; its reference is a digest of its name, which says how it is read, and its content.

        Raises:
            OutOfRange: the file is too large. The check in the browser can be bypassed.
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

    def dataset(self, reference: str, words: Words | None = None) -> Dataset:
        def read() -> Dataset:
            return open_dataset(self._file(reference, "data"), vocabulary=words and self._vocabulary(words))

        stamps = self._stamp(reference, "data"), words and self._stamp(words.reference, words.what)
        return self._once(("data", reference, words, *stamps), read)

    def network(self, pair: Any) -> Network | None:
        """The network of a pair; None if its data are hidden states."""
        if pair.model is None:
            return None
        checkpoint = self.checkpoint(pair.model)
        key = ("network", checkpoint.sha256, pair.layer, pair.roles, pair.nonlinearity, pair.direction)
        return self._once(
            key, lambda: build_network(checkpoint, pair.layer, dict(pair.roles), pair.nonlinearity, pair.direction)
        )

    def open(self, subject: Any) -> Any:
        """The opened subject; it is opened again after its files have changed.

        Raises:
            KannError: a file cannot be opened.
        """
        stamps = [self._stamp(reference, what) for reference, what in subject.references]
        return self._once(("subject", subject, *stamps), lambda: subject.opened(self))

    def first_layer(self, reference: str) -> RecurrentLayer:
        """The default recurrent layer of a model."""
        return first_layer(self.checkpoint(reference))

    def _vocabulary(self, words: Words) -> Path | io.BytesIO | Checkpoint:
        """The file of a vocabulary; of words in a model, the checkpoint itself."""
        return self.checkpoint(words.reference) if words.in_model else self._file(words.reference, words.what)

    def typed(self, text: str, words: Words | None) -> Dataset:
        """A typed text as a data set of one sequence, by a vocabulary; unknown words are counted.

        Raises:
            OutOfRange: the text is too long.
            UnreadableDataset: it is blank, there is no vocabulary, or none of the words is in it.
        """
        if len(text) > MOST_TYPED:
            raise OutOfRange(f"{len(text):,} characters are too many to read while you type: at most {MOST_TYPED:,}.")
        if words is None:
            return open_text(text, None)
        key = ("vocabulary", words, self._stamp(words.reference, words.what))
        return open_text(text, self._once(key, lambda: open_vocabulary(self._vocabulary(words))))

    def named_globals(self, reference: str) -> dict[str, bool]:
        """The globals that a model file names, none of them called; True where a call would be harmful."""
        uncalled = self.checkpoint(reference).uncalled
        harmful = set(dangerous(uncalled))
        return {name: name in harmful for name in uncalled}

    def sha256(self, words: Words) -> str:
        """Of the bytes that hold a vocabulary."""
        file = self._vocabulary(words)
        return file.sha256 if isinstance(file, Checkpoint) else sha256(file)

    def name(self, reference: str, what: str = "model") -> str:
        """The name of the file or demo, for display."""
        kind, _, rest = reference.partition(":")
        if kind == "upload":
            return self._uploads.get(reference, (rest, b""))[0]
        if kind == "demo":
            return find_demo(rest).title if what == "model" else find_demo(rest).data.name
        if kind == "named":
            return rest
        return Path(rest).name

    def _once(self, key: tuple, make: Callable[[], Any]) -> Any:
        seen = {} if self._seen is None else self._seen
        if key in seen:
            return seen[key]
        with self._opening.hold(key):
            opened = self._found(key)
            if opened is None:
                opened = self._kept(key, make())
            return seen.setdefault(key, opened)

    def _found(self, key: tuple) -> Any | None:
        with self._lock:
            if key in self._opened:
                self._opened.move_to_end(key)
            return self._opened.get(key)

    def _kept(self, key: tuple, opened: Any) -> Any:
        with self._lock:
            self._opened[key] = opened
            while len(self._opened) > MOST_OPEN:
                self._opened.popitem(last=False)
        return opened

    def _stamp(self, reference: str, what: str) -> str | None:
        """A stamp that differs after a change of the reference's files; None for an upload, whose reference is a
        digest."""
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
        kept = self._uploads.get(reference)
        if kept is None:
            error = UnreadableCheckpoint if what == "model" else UnreadableDataset
            raise error(f"The uploaded {what} {rest} is no longer kept here: upload the file again.")
        name, content = kept
        file = io.BytesIO(content)
        file.name = name
        return file

    def _below_root(self, relative: str) -> Path:
        return below(self.root, relative)


def data_root() -> str | None:
    """KANN_DATA_DIR; None where it is not set, and then no path opens."""
    return os.environ.get("KANN_DATA_DIR") or None
