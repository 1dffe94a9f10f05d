"""The memory level of the cache: the values asked for last, by key."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any


class Recent:
    """The values asked for last, at most `most` of them."""

    def __init__(self, most: int):
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
            while len(self._values) > self._most:
                self._values.popitem(last=False)
