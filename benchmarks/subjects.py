"""Networks and data that lie in memory, asked as the page asks: by its own questions, without files."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from kann.backend.engine.service import Service
from kann.backend.engine.store import Store
from kann.backend.opened.library import Library
from kann.backend.opened.pair import OpenedPair, Pair
from kann.inputs.networks import Network
from kann.records import Dataset


@dataclass(frozen=True)
class Given:
    """A network and its data under a name of their own: what `kann.backend.engine.question.Subject` asks for."""

    name: str
    network: Network | None = field(compare=False)
    dataset: Dataset = field(compare=False)
    references: tuple = ()

    def opened(self, library: Library) -> OpenedPair:
        return OpenedPair(
            pair=Pair(data=self.name),
            network=self.network,
            dataset=self.dataset,
            class_names={},
            detector=None,
            initialisation="",
            sampling_rate=self.dataset.sampling_rate,
            are_heartbeats=False,
            typed=library.typed,
            rebuilt=(self.name,),
        )


@contextmanager
def fresh_service(root=None) -> Iterator[Service]:
    """A backend with an empty cache, and files below `root`."""
    with tempfile.TemporaryDirectory() as folder:
        service = Service(Store(folder), Library(root))
        yield service
        service.close()
