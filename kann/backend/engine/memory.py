"""The memory level of the cache: the most recently used values, by key, within a bound of bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from itertools import islice
from typing import Any

import numpy as np

# Sums of one network can take a hundred megabytes; results take one or less.
MOST_BYTES = 1024 * 2**20
# Number of values whose size is measured again with each new one; all of them would take time in proportion to their
# number.
_ANEW = 4


class Recent:
    """The most recently used values with at most `most` bytes of arrays in total; the last one is always kept."""

    def __init__(self, most: int = MOST_BYTES):
        self._most, self._values, self._lock = most, OrderedDict(), threading.Lock()
        self._weights: OrderedDict[str, int] = OrderedDict()
        self._total = 0

    def get(self, key: str) -> Any | None:
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, key: str, value: Any) -> None:
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            self._weigh(key)
            # Records grow by cached properties: those measured longest ago are measured again.
            for other in list(islice(self._weights, _ANEW)):
                self._weigh(other)
            while self._total > self._most and len(self._values) > 1:
                oldest, _ = self._values.popitem(last=False)
                self._total -= self._weights.pop(oldest, 0)

    def _weigh(self, key: str) -> None:
        found = weight(self._values[key])
        self._total += found - self._weights.pop(key, 0)
        self._weights[key] = found


def weight(value: Any) -> int:
    """Bytes of all arrays in a record, whatever it nests; each counts once, and a record may lead back to itself."""
    return _weight(value, set())


def _weight(value: Any, seen: set[int]) -> int:
    if id(value) in seen:
        return 0
    seen.add(id(value))
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, Mapping):
        # A copy: another thread may add a cached property meanwhile.
        return sum(_weight(part, seen) for part in list(value.values()))
    if isinstance(value, (list, tuple)):
        return sum(_weight(part, seen) for part in tuple(value))
    return _weight(vars(value), seen) if hasattr(value, "__dict__") and not callable(value) else 0
