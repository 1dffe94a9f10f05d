"""A pass over the data as map and reduce: independent partial sums, added in a fixed order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import reduce as fold
from typing import TypeVar

T = TypeVar("T")


def reduce(parts: Iterable[Callable[[], T]], add: Callable[[T, T], T]) -> T:
    """The sum by `add` of the values that the parts return, from the first to the last.

    Runs in this process; the parts are independent, so that a scheduler can run them on several machines.
    """
    return fold(add, (part() for part in parts))


def ahead(batches: Iterable[T]) -> Iterator[T]:
    """The same batches in the same order; the next one is made in a thread while the last one is used, so that
    unrolling and summing use two cores."""
    iterator = iter(batches)
    with ThreadPoolExecutor(1) as pool:
        upcoming = pool.submit(next, iterator, None)
        while (batch := upcoming.result()) is not None:
            upcoming = pool.submit(next, iterator, None)
            yield batch
