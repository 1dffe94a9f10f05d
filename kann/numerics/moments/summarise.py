"""Batches or arrays of states -> Statistic."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from jaxtyping import Float

from kann.errors import NotEnoughData, OutOfRange
from kann.numerics.moments.accumulation import Accumulator
from kann.numerics.moments.statistic import Statistic, Summation, stacked

# Directions weaker than this, relative to the strongest, are rounding noise of states of 4 and 8 bytes.
DIGITS = {4: 1e-9, 8: 1e-15}


def summarise(
    batches: Iterable, lag: int = 1, delays: int = 0, inputs: bool = False, steps=None, groups: int = 0
) -> Statistic:
    """The transition statistic of a stream of StateBatch, in one pass and bounded memory.

    lag: steps between the two states of a pair. delays: earlier states stacked under each state
    (newest first). inputs: regress on the inputs of the later state too (DMD with control). steps:
    (start, stop) keeps these steps of each sequence; a negative stop counts from the sequence's true end,
    so that (11, -11) leaves out eleven steps on either side whatever the length. groups: chunks of sequences
    kept apart in each class, for per-class operators and the bootstrap; 0 keeps none.

    Raises:
        OutOfRange: a setting outside its range, states that are not finite, or batches that disagree.
        NotEnoughData: no sequence is long enough for a single transition, or inputs are missing.
    """
    _check(lag, delays, steps, groups)
    accumulator, dtypes, units = Accumulator(lag, groups), set(), None
    for batch in batches:
        units = units or batch.values.shape[2]
        if batch.values.shape[2] != units:
            raise OutOfRange(
                f"A batch has {batch.values.shape[2]} units, those before it {units}: one network at a time."
            )
        if inputs and batch.inputs is None:
            raise NotEnoughData("The states come without inputs: fit without them, or give them with the states.")
        dtypes.add(batch.values.dtype)
        values, lengths, drive = windowed(batch.values, batch.lengths, batch.inputs if inputs else None, delays, steps)
        accumulator.add(values, lengths, drive, batch.labels, batch.ids)
    return _frozen(accumulator, delays, dtypes)


def summarise_lags(batches: Iterable, lags: Iterable[int], delays: int = 0, steps=None, groups: int = 0) -> list:
    """`summarise` of the states alone at several lags, in one pass; lags longer than every sequence are left out."""
    accumulators, dtypes = [Accumulator(lag, groups) for lag in lags], set()
    for batch in batches:
        dtypes.add(batch.values.dtype)
        values, lengths, _ = windowed(batch.values, batch.lengths, None, delays, steps)
        for accumulator in accumulators:
            if lengths.max(initial=0) > accumulator.lag:
                accumulator.add(values, lengths, None, batch.labels, batch.ids)
    filled = [one for one in accumulators if any(part.count.sum() for part in one.parts.values())]
    return [_frozen(accumulator, delays, dtypes) for accumulator in filled]


def summarise_arrays(
    values: Float[np.ndarray, "sequences steps units"],
    lengths=None,
    labels=None,
    lag: int = 1,
    delays: int = 0,
    groups: int = 0,
) -> Statistic:
    """`summarise` of states that are already in memory; lengths None takes all steps as true."""
    lengths = np.full(len(values), values.shape[1]) if lengths is None else np.asarray(lengths)
    if len(lengths) != len(values) or (len(lengths) and not 0 <= lengths.min() <= lengths.max() <= values.shape[1]):
        raise OutOfRange(
            f"{len(lengths)} lengths up to {lengths.max(initial=0)} do not fit states of shape {values.shape}."
        )
    _check(lag, delays, None, groups)
    accumulator = Accumulator(lag, groups)
    stacked, lengths, _ = windowed(values, lengths, None, delays, None)
    accumulator.add(stacked, lengths, None, labels, None)
    return _frozen(accumulator, delays, {values.dtype})


def windowed(values, lengths, inputs, delays: int, steps) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """The chosen steps, with `delays` earlier states stacked under each state, newest first."""
    lengths = np.asarray(lengths)
    if steps is not None:
        start, stop = steps
        stop = values.shape[1] if stop is None else stop
        values, inputs = values[:, start:stop], None if inputs is None else inputs[:, start:stop]
        ends = lengths + stop if stop < 0 else np.minimum(lengths, stop)
        lengths = np.maximum(ends - start, 0)
    if delays:
        count = max(values.shape[1] - delays, 0)
        values = np.concatenate([values[:, delays - j : delays - j + count] for j in range(delays + 1)], axis=2)
        inputs = None if inputs is None else inputs[:, delays:]
        lengths = np.maximum(lengths - delays, 0)
    return values, lengths, inputs


def _check(lag: int, delays: int, steps, groups: int) -> None:
    for name, value, least in (("lag", lag, 1), ("delays", delays, 0), ("groups", groups, 0)):
        if value < least:
            raise OutOfRange(f"{name} must be at least {least}, not {value}.")
    check_steps(steps)


def check_steps(steps) -> None:
    """Raises OutOfRange where `steps` are not a range."""
    if steps is not None and (steps[0] < 0 or (steps[1] is not None and 0 <= steps[1] <= steps[0])):
        raise OutOfRange(
            f"steps {tuple(steps)} are not a range: give (first, behind the last), both from 0, or the second "
            "below 0 to count from the end."
        )


def _frozen(accumulator: Accumulator, delays: int, dtypes: set) -> Statistic:
    parts = accumulator.parts
    if not sum(part.count.sum() for part in parts.values()):
        raise NotEnoughData(
            f"No sequence is long enough for a pair of states {accumulator.lag} apart with {delays} delays: "
            f"at least {accumulator.lag + delays + 1} steps are needed."
        )
    digits = max(DIGITS.get(dtype.itemsize, DIGITS[4]) for dtype in dtypes)
    summation = Summation(accumulator.groups, accumulator.folds, accumulator.lag, delays, digits)
    return stacked(parts, accumulator.frames, summation)
