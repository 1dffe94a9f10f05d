"""Batches of states -> Moments in a Frame, in one pass, a block of rows at a time.

Cost: at least 4 N k^2 flops (whitening by a triangle 1, x'x 1, x'y 2) for N states of k units, all in
matrix products. Memory: a few blocks of BLOCK_ROWS rows, and the sums.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int, Shaped

from kann.errors import OutOfRange
from kann.numerics.moments.frames import OUTGROWN, Frame, Frames, frame_of, root
from kann.numerics.moments.sums import Moments

BLOCK_ROWS = 2048
FRAME_ROWS = 4
MOST_GROUPS = 64
MOST_GROUP_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Block:
    """Some sequences at consecutive `times`, padded behind their `lengths`: the states before `stop` are counted in
    this block, those from there on only end pairs."""

    values: Float[np.ndarray, "sequences times units"]
    inputs: Shaped[np.ndarray, "sequences times inputs"] | None
    lengths: Int[np.ndarray, " sequences"]
    times: Int[np.ndarray, " times"]
    stop: int

    @cached_property
    def real(self) -> np.ndarray:
        """[sequences times], false in the padding."""
        return self.times < self.lengths[:, None]


class Accumulator:
    """Sums of one pass. `parts` {(label, chunk): Moments of one group}; `folds` counts how often chunks
    were joined in pairs to keep the groups within MOST_GROUPS and MOST_GROUP_BYTES."""

    def __init__(self, lag: int, groups: int):
        self.lag, self.groups, self.folds = lag, groups, 0
        self.frame: Frame | None = None
        self.input_frame: Frame | None = None
        self.parts: dict[tuple, Moments] = {}
        self._seen = 0
        self._buffers: dict[str, np.ndarray] = {}

    @property
    def frames(self) -> Frames:
        """Once anything was added."""
        return Frames(self.input_frame, self.frame)

    def add(self, values: np.ndarray, lengths: np.ndarray, inputs: np.ndarray | None, labels, ids) -> None:
        for key, rows in self._members(len(values), labels, ids):
            # Sequences of like length share a block, so that little padding is multiplied.
            rows = rows[np.argsort(-lengths[rows], kind="stable")]
            for block, start, stop in _blocks(rows, lengths[rows]):
                times = np.arange(start, min(stop + self.lag, int(lengths[block].max())))
                window = slice(start, int(times[-1]) + 1)
                cut = [None if array is None else _rows(array, block, window) for array in (values, inputs)]
                self._add_block(key, Block(*cut, lengths[block], times, stop))
        self._seen += len(values)

    def _members(self, count: int, labels, ids) -> Iterator[tuple[tuple, np.ndarray]]:
        """The rows of each (label, chunk). Ids, not the order, assign sequences to chunks, so that neither order nor
        batching changes a sequence's chunk."""
        if not self.groups:
            yield (None, 0), np.arange(count)
            return
        ids = range(self._seen, self._seen + count) if ids is None else np.asarray(ids).tolist()
        labels = [None] * count if labels is None else np.asarray(labels).tolist()
        members: dict[tuple, list[int]] = {}
        for row, (label, name) in enumerate(zip(labels, ids, strict=True)):
            members.setdefault((label, _chunk(name, self.groups)), []).append(row)
        for key, rows in members.items():
            yield key, np.array(rows)

    def _add_block(self, key: tuple, block: Block) -> None:
        part = self._moments(block)
        if _outgrown(part):
            self._renew(block)
            part = self._moments(block)
        self._store(key, part)

    def _moments(self, block: Block) -> Moments:
        states = self._white("frame", block.values, block.real)
        driven = None if block.inputs is None else self._white("input_frame", block.inputs, block.real)
        return block_moments(block, states, driven, self.lag)

    def _white(self, which: str, values: np.ndarray, real: np.ndarray) -> np.ndarray:
        """White coordinates, zero in the padding; the first block makes the frame."""
        rows = self._deviations(which, values, real)
        getattr(self, which).whiten(rows.reshape(-1, rows.shape[-1]))
        return rows

    def _deviations(self, which: str, values: np.ndarray, real: np.ndarray) -> np.ndarray:
        """values - pilot in float64, in scratch."""
        frame, rows = getattr(self, which), self._buffer(which, values.shape)
        # Widened first, then shifted: numpy casts in small pieces when it does both at once.
        np.copyto(rows, values)
        padded = None if real.all() else ~real
        if padded is not None:
            rows[padded] = 0.0
        pilot = rows.reshape(-1, rows.shape[-1]).sum(axis=0) / int(real.sum()) if frame is None else frame.pilot
        rows -= pilot
        if padded is not None:
            rows[padded] = 0.0
        if not np.isfinite(rows.ravel() @ rows.ravel()):
            raise OutOfRange("The states or inputs are not finite: the network diverges here, or a file holds NaN.")
        if frame is None:
            setattr(self, which, _first_frame(rows if padded is None else rows[real], pilot))
        return rows

    def _renew(self, block: Block) -> None:
        """Frames for the sums so far and the block that exceeded them, with equal weights."""
        old, total = self.frames, self._total()
        rows = self._deviations("frame", block.values, block.real)
        self.frame = _renewed(old.states, rows, total and total.of_all_states())
        if block.inputs is not None:
            rows = self._deviations("input_frame", block.inputs, block.real)
            self.input_frame = _renewed(old.inputs, rows, total and total.of_all_inputs())
        change = old.change_to(self.frames)
        self.parts = {key: part.changed(*change) for key, part in self.parts.items()}

    def _total(self) -> Moments | None:
        parts = list(self.parts.values())
        return sum(parts[1:], parts[0]) if parts else None

    def _store(self, key: tuple, part: Moments) -> None:
        label, chunk = key
        self._join((label, chunk >> self.folds), part)
        most = min(MOST_GROUPS, MOST_GROUP_BYTES // part.nbytes) or 1
        while len(self.parts) > most:
            if not self.groups >> self.folds:
                raise OutOfRange(
                    f"{len(self.parts)} classes are more than the {most} that can be kept apart: "
                    "leave the labels out, or join classes."
                )
            self.folds += 1
            parts, self.parts = self.parts, {}
            for (name, number), kept in parts.items():
                self._join((name, number >> 1), kept)

    def _join(self, key: tuple, part: Moments) -> None:
        if key in self.parts:
            self.parts[key].add_in_place(part)
        else:
            self.parts[key] = part

    def _buffer(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        """A buffer of this shape, reused between blocks: allocation costs as much as the arithmetic."""
        size = int(np.prod(shape))
        if name not in self._buffers or self._buffers[name].size < size:
            self._buffers[name] = np.empty(size)
        return self._buffers[name][:size].reshape(shape)


def block_moments(
    block: Block,
    states: Float[np.ndarray, "sequences times units"],
    drive: Float[np.ndarray, "sequences times inputs"] | None,
    lag: int,
) -> Moments:
    """Sums over one block of its white `states` and inputs, `drive`. `states` is scratch and is overwritten.

    Rows that start no pair become zero, so that one product of the block with itself, shifted by `lag`
    rows, is exact across the seams of sequences; the pairs that end in such rows are added by themselves.
    """
    own = (block.times < block.stop) & block.real
    pairs = own & (block.times + lag < block.lengths[:, None])
    last, first = own & ~pairs, own & (block.times < lag)
    ends, starts = np.zeros_like(pairs), np.zeros_like(pairs)
    ends[:, lag:] = pairs[:, :-lag] & ~pairs[:, lag:]
    starts[:, :-lag] = ends[:, lag:]
    head, tail, edges = states[starts], states[ends], (states[last], states[first])
    states[~pairs] = 0.0
    d, k = (0 if drive is None else drive.shape[-1]), states.shape[-1]
    flat = states.reshape(-1, k)
    x, y = flat[: max(len(flat) - lag, 0)], flat[lag:]
    result = Moments.zeros(1, d, k)
    result.count[0], result.edges[0] = pairs.sum(), last.sum()
    # A product with ones: a third of the time of a sum along the rows.
    result.sum_p[0, d:] = np.ones(len(flat)) @ flat
    result.pp[0, d:, d:] = flat.T @ flat
    result.py[0, d:] = x.T @ y + head.T @ tail
    for rows, total, product in zip(
        edges, (result.sum_last, result.sum_first), (result.last, result.first), strict=True
    ):
        total[0], product[0] = rows.sum(axis=0), rows.T @ rows
    if drive is not None:
        u = drive.reshape(-1, d)[lag:] * pairs.reshape(-1, 1)[: len(x)]
        result.sum_p[0, :d] = u.sum(axis=0)
        result.pp[0, :d, :d] = u.T @ u
        result.pp[0, :d, d:] = u.T @ x
        result.pp[0, d:, :d] = result.pp[0, :d, d:].T
        result.py[0, :d] = u.T @ y + u[starts.ravel()[: len(x)]].T @ tail
    return result


def _first_frame(rows: np.ndarray, pilot: np.ndarray) -> Frame:
    """From a few rows a unit: a direction that they lack exceeds the frame and renews it later."""
    flat = rows.reshape(-1, rows.shape[-1])
    sample = flat[:: max(1, len(flat) // (FRAME_ROWS * flat.shape[1]))]
    return frame_of([(sample, float(len(sample)))], pilot)


def _renewed(old: Frame, rows: np.ndarray, so_far: tuple[float, np.ndarray, np.ndarray] | None) -> Frame:
    flat = rows.reshape(-1, rows.shape[-1])
    factors = [(flat, float(len(flat)))]
    if so_far is not None:
        count, _, second = so_far
        factors.append((root(second) @ old.factor, float(count)))
    return frame_of(factors, old.pilot)


def _outgrown(part: Moments) -> bool:
    (states, _, second), (pairs, _, driving) = part.of_all_states(), part.of_all_inputs()
    return bool(
        np.diag(second).max(initial=0.0) > OUTGROWN * states or np.diag(driving).max(initial=0.0) > OUTGROWN * pairs
    )


def _blocks(rows: np.ndarray, lengths: np.ndarray) -> Iterator[tuple[np.ndarray, int, int]]:
    """(rows, start, stop) of at most about BLOCK_ROWS states; `lengths` are descending, empty sequences are left
    out."""
    rows, lengths = rows[lengths > 0], lengths[lengths > 0]
    while len(rows):
        together = max(1, BLOCK_ROWS // int(lengths[0]))
        for start in range(0, int(lengths[0]), BLOCK_ROWS):
            yield rows[:together], start, min(start + BLOCK_ROWS, int(lengths[0]))
        rows, lengths = rows[together:], lengths[together:]


def _rows(values: np.ndarray, rows: np.ndarray, window: slice) -> np.ndarray:
    """values[rows, window], without a copy where the rows are consecutive."""
    if np.array_equal(rows, np.arange(rows[0], rows[0] + len(rows))):
        return values[rows[0] : rows[0] + len(rows), window]
    return values[rows, window]


def _chunk(name: int | str, groups: int) -> int:
    return (name if isinstance(name, int) else zlib.crc32(str(name).encode())) % groups
