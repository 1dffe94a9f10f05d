"""Bounds on a walk through a file's values: how deep, how many, and never round in circles."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, no_type_check

from kann.errors import UnreadableCheckpoint

DEEPEST = 100
MOST_VALUES = 300_000


@no_type_check
class Walk:
    """Where a walk is, and how many values it may still visit.

    A part that several others share is visited once for each: a few instructions of a hostile file
    can make more visits than there is time for.
    """

    def __init__(self) -> None:
        self._above: set[int] = set()
        self._left = MOST_VALUES

    def spend(self, count: int) -> None:
        self._left -= count + 1
        if self._left < 0:
            raise UnreadableCheckpoint(
                f"there are more than {MOST_VALUES} values in and beside its state dict: save the state dict alone"
            )

    def is_above(self, node: Any) -> bool:
        """Whether the value contains itself, by way of those between."""
        return id(node) in self._above

    @contextmanager
    def below(self, node: Any) -> Iterator[None]:
        """While inside, the walk is among the parts of `node`."""
        if len(self._above) >= DEEPEST:
            raise UnreadableCheckpoint(f"its values are nested more than {DEEPEST} deep: save the state dict alone")
        self._above.add(id(node))
        try:
            yield
        finally:
            self._above.discard(id(node))
