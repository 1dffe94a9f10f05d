"""The memory level of the cache: the values asked for last, by key, within a bound of bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import numpy as np

# Sums of one network may be a hundred megabytes, results are one or less.
MOST_BYTES = 1024 * 2**20


class Recent:
    """The values asked for last, as many as hold at most `most` bytes of arrays; the last one always stays."""

    def __init__(self, most: int = MOST_BYTES):
        self._most, self._values, self._lock = most, OrderedDict(), threading.Lock()

    def get(self, key: str) -> Any | None:
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, key: str, value: Any) -> None:
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            # Weighed anew each time: records grow by what they compute when they are asked.
            excess = sum(map(weight, self._values.values())) - self._most
            while excess > 0 and len(self._values) > 1:
                excess -= weight(self._values.popitem(last=False)[1])


def weight(value: Any) -> int:
    """Bytes of all arrays in a record, whatever it nests."""
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, Mapping):
        return sum(map(weight, value.values()))
    if isinstance(value, (list, tuple)):
        return sum(map(weight, value))
    return weight(vars(value)) if hasattr(value, "__dict__") and not callable(value) else 0
