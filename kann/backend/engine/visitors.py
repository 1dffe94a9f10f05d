"""Who asks, as far as the engine has to know it: to be fair, and to do nothing for those who have left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Visitors:
    """What whoever shows answers to several people says of them.

    `current` names the one in whose thread it is called, None outside of any; `present` says whether one is still
    there; `leave` raises, in a visitor's own thread, if what it waits for there is no longer wanted. By default
    everything is asked by one that stays.
    """

    current: Callable[[], str | None] = lambda: None
    present: Callable[[str], bool] = lambda visitor: True
    leave: Callable[[], None] = lambda: None

    def any_present(self, visitors: set[str | None]) -> bool:
        """Whether one of them is still there; None always is."""
        return any(visitor is None or self.present(visitor) for visitor in visitors)
