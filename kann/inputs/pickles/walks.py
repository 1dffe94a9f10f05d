"""Bounds on a walk through a file's values: how deep, how many, and never round in circles."""

from __future__ import annotations

from typing import Any, no_type_check

from kann.errors import UnreadableCheckpoint

DEEPEST = 100
MOST_VISITS = 100_000
# A pickle needs an instruction for every value and for every place that it stands in: a walk with many
# more visits than that repeats the same parts. No file of a few bytes takes MOST_VISITS.
_VISITS_AN_INSTRUCTION = 4
_ALWAYS_VISITED = 1000
# Looking over the numbers in a list takes less time than a visit to a list in it.
_LOOKS_IN_A_VISIT = 8


@no_type_check
class Walk:
    """Where a walk is, and how many values it may still visit, of a pickle of so many `instructions`.

    A part that several others share is visited once for each: a few instructions of a hostile file
    can cause more visits than finish in any reasonable time.
    """

    def __init__(self, instructions: int) -> None:
        self._above: set[int] = set()
        self._most = min(MOST_VISITS, _ALWAYS_VISITED + _VISITS_AN_INSTRUCTION * instructions)
        self._left = self._most

    def visit(self, looks: int = 0) -> None:
        """Count one value, and those inside it that are looked over."""
        self._left -= 1 + looks // _LOOKS_IN_A_VISIT
        if self._left < 0:
            raise UnreadableCheckpoint(
                f"it has more than {self._most} tensors, lists and tables: save the state dict alone"
            )

    def is_above(self, node: Any) -> bool:
        """Whether the value contains itself, by way of those between."""
        return id(node) in self._above

    def enter(self, node: Any) -> None:
        """Until `leave`, the walk is among the parts of `node`."""
        if len(self._above) >= DEEPEST:
            raise UnreadableCheckpoint(f"its values are nested more than {DEEPEST} deep: save the state dict alone")
        self._above.add(id(node))

    def leave(self, node: Any) -> None:
        self._above.discard(id(node))
