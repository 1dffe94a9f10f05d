"""Tables of numbers, a sequence a line: UCR `.txt` and `.tsv` (the label first), `.csv`."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import chain, islice
from typing import NamedTuple

import numpy as np

from kann.errors import UnreadableDataset
from kann.inputs.readers import cells
from kann.inputs.readers.columns import Layout, layout_of_numbers
from kann.inputs.readers.reading import Reading
from kann.inputs.readers.sources import Source
from kann.records import Dataset

_SAMPLE = 500
"""Lines that are looked at before it is decided which column holds the labels."""


class Row(NamedTuple):
    """The cells of a line; `line` counts from 1."""

    line: int
    cells: list[str]


def read(source: Source, reading: Reading) -> Dataset:
    """One channel a sequence; missing values at the end of a line are padding.

    The label stands first, or in the column that a header calls so, or last in a `.csv` whose first
    column cannot hold labels. `columns={"label": ...}` overrules by name or position (from 0; None: no
    labels), `columns={"values": [...]}` picks the steps.

    Raises:
        UnreadableDataset: with the line and column (cells counted from 1) of the first thing wrong.
    """
    rows = _rows(source)
    sample = list(islice(rows, _SAMPLE))
    header = sample.pop(0).cells if _is_header(sample[0].cells) else None
    layout = layout_of_numbers([row.cells for row in sample], header, reading, source.extension)
    sequences, labels, ids = [], [], []
    for row in chain(sample, rows):
        _check_width(row, layout.width)
        sequences.append(_sequence(row, layout, reading.max_length, reading.kind))
        labels.append(_label(row, layout))
        ids.append(row.cells[layout.id or 0])
    return Dataset(
        kind=reading.kind or "signal",
        sequences=sequences,
        sha256=source.sha256,
        name=source.name,
        labels=None if layout.label is None else cells.labels(labels),
        ids=None if layout.id is None else cells.labels(ids),
    )


def delimiter(lines: list[str]) -> str | None:
    """What parts the cells of the first line that holds any; None for runs of blanks."""
    first = next((line for line in lines if line.strip()), "").strip()
    return next((sign for sign in ("\t", ";", ",") if sign in first), None)


def _rows(source: Source) -> Iterator[Row]:
    sign = delimiter(source.lines)
    for number, line in enumerate(source.lines, start=1):
        if line.strip():
            yield Row(number, _split(line, sign, number))


def _split(line: str, sign: str | None, number: int) -> list[str]:
    """The cells of one line; quotes are minded where there are any."""
    if sign is None or '"' not in line:
        return line.split(sign)
    try:
        return next(csv.reader([line], delimiter=sign))
    except csv.Error as error:
        raise UnreadableDataset(f"line {number} cannot be split into cells ({error}): mend its quotes.") from None


def _is_header(names: list[str]) -> bool:
    """A first line in which not a single cell is a number or missing."""
    return not any(cells.is_number(name) or cells.is_missing(name) for name in names)


def _check_width(row: Row, width: int) -> None:
    if len(row.cells) != width:
        raise UnreadableDataset(
            f"line {row.line} has {len(row.cells)} columns where the first line has {width}: "
            "give each line as many, padded with NaN at the end where a sequence is shorter."
        )


def _sequence(row: Row, layout: Layout, max_length: int | None, kind: str | None) -> np.ndarray:
    values = layout.values
    whole = isinstance(values, range)
    picked = row.cells[values.start : values.stop] if whole else [row.cells[index] for index in values]
    steps = cells.series(picked, lambda step: f"line {row.line}, column {values[step] + 1}")
    if not len(steps):
        raise UnreadableDataset(f"line {row.line} holds no values: remove it.")
    return steps[:max_length, None] if kind != "symbols" else _whole(steps[:max_length], row)


def _whole(steps: np.ndarray, row: Row) -> np.ndarray:
    if (steps != np.round(steps)).any():
        raise UnreadableDataset(f"line {row.line} holds fractions: symbols are whole numbers.")
    return steps.astype(np.int64)


def _label(row: Row, layout: Layout) -> str:
    label = row.cells[layout.label or 0]
    if layout.label is not None and cells.is_missing(label):
        raise UnreadableDataset(
            f"line {row.line}, column {layout.label + 1} lacks a label: add it, or remove the line."
        )
    return label
