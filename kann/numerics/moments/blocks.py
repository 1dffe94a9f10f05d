"""A batch of sequences in blocks that fit into the processor's caches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

_VALUES = 2**19
_AXES = ("values", "lengths", "inputs", "labels", "ids")


def in_blocks(batch) -> Iterator:
    """The batch's sequences in order, at least one a block, with their lengths, inputs, labels and ids."""
    count = len(batch.values)
    rows = max(_VALUES // max(batch.values[0].size, 1), 1) if count else 1
    for start in range(0, count, rows):
        few = slice(start, start + rows)
        given = {name: getattr(batch, name) for name in _AXES}
        yield replace(batch, **{name: None if array is None else array[few] for name, array in given.items()})
