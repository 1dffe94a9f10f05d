"""A pass over the data as map and merge: partial sums by themselves, joined in one fixed order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import reduce as fold
from typing import TypeVar

T = TypeVar("T")


def reduce(parts: Iterable[Callable[[], T]], add: Callable[[T, T], T]) -> T:
    """What `add` makes of all partial sums, each from a call of its part, from the first to the last.

    In this process; a scheduler of many machines can take its place, since no part needs another.
    """
    return fold(add, (part() for part in parts))


def ahead(batches: Iterable[T]) -> Iterator[T]:
    """The same batches, the next one made in a thread while the last one is used: unrolling and summing share two
    cores. The order stays, and with it every byte of the sums."""
    iterator = iter(batches)
    with ThreadPoolExecutor(1) as pool:
        upcoming = pool.submit(next, iterator, None)
        while (batch := upcoming.result()) is not None:
            upcoming = pool.submit(next, iterator, None)
            yield batch
