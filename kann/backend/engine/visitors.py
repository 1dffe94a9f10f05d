"""Visitors, such as browser tabs: needed for fair turns, and to drop the jobs of those who have left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Visitors:
    """What the engine has to know of visitors, as functions that the user interface provides.

    `current()`: name of the visitor for whom this thread runs, None in other threads; `present(name)`: whether it is
    still connected; `leave()`, called in a visitor's thread, raises if its request is obsolete. By default there is one
    visitor, who is always present.
    """

    current: Callable[[], str | None] = lambda: None
    present: Callable[[str], bool] = lambda visitor: True
    leave: Callable[[], None] = lambda: None

    def any_present(self, visitors: set[str | None]) -> bool:
        """Whether one of them is still connected; None always counts as present."""
        return any(visitor is None or self.present(visitor) for visitor in visitors)
