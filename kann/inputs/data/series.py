"""Series of numbers, one a line of a file -> a data set."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from jaxtyping import Shaped

from kann.errors import UnreadableDataset
from kann.inputs.data import cells
from kann.inputs.data.options import ReadOptions
from kann.inputs.data.sources import Source
from kann.records import Dataset


class Series(NamedTuple):
    """`values` [steps channels] of a line, counted from 1; no label or id is None."""

    line: int
    values: Shaped[np.ndarray, "steps ..."]
    label: str | None = None
    id: str | None = None


def dataset_of_series(found: Iterable[Series], source: Source, options: ReadOptions) -> Dataset:
    """All with as many channels, cut to the greatest length; "symbols" are whole numbers in one channel.

    Raises:
        UnreadableDataset: a series without values or with other channels than the first, or no series.
    """
    kept: list[Series] = []
    for series in found:
        _check(series, kept[0] if kept else series)
        values = series.values[: options.max_length]
        kept.append(series._replace(values=_symbols(values, series.line) if options.kind == "symbols" else values))
    if not kept:
        raise UnreadableDataset("there is no sequence behind the header: the file was cut short, copy it again.")
    return Dataset(
        kind=options.kind or "signal",
        sequences=[series.values for series in kept],
        sha256=source.sha256,
        name=source.name,
        labels=_one_each([series.label for series in kept]),
        ids=_one_each([series.id for series in kept]),
    )


def _check(series: Series, first: Series) -> None:
    if not len(series.values):
        raise UnreadableDataset(f"line {series.line} holds no values: remove it.")
    channels = first.values.shape[1] if first.values.ndim == 2 else 1
    if series.values.shape[1] != channels:
        raise UnreadableDataset(
            f"line {series.line} has {series.values.shape[1]} channels where line {first.line} has {channels}: "
            "give each sequence as many."
        )


def _symbols(values: np.ndarray, line: int) -> np.ndarray:
    if values.shape[1] != 1 or (values != np.round(values)).any():
        raise UnreadableDataset(f"line {line} holds fractions or several channels: symbols are whole numbers.")
    return values[:, 0].astype(np.int64)


def _one_each(given: list[str | None]) -> np.ndarray | None:
    return None if given[0] is None else cells.labels([str(one) for one in given])
