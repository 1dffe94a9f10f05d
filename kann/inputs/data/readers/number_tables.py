"""Tables of numbers, a sequence a line: UCR `.txt` and `.tsv` (the label first), `.csv`."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import chain, islice
from typing import NamedTuple

import numpy as np

from kann.errors import UnreadableDataset
from kann.inputs.data import cells
from kann.inputs.data.columns import Layout, layout_of_numbers
from kann.inputs.data.options import ReadOptions
from kann.inputs.data.series import Series, dataset_of_series
from kann.inputs.data.sources import Source
from kann.records import Dataset

_SAMPLE = 500
"""Lines from which the column of the labels is determined."""


class Row(NamedTuple):
    """The cells of a line; `line` counts from 1."""

    line: int
    cells: list[str]


def read(source: Source, options: ReadOptions) -> Dataset:
    """One channel a sequence; missing values at the end of a line are padding.

    The label stands first, or in the column that a header calls so, or last in a `.csv` whose first
    column cannot hold labels. `columns={"label": ...}` overrules by name or position (from 0; None: no
    labels), `columns={"values": [...]}` picks the steps.

    Raises:
        UnreadableDataset: with the line and column (cells counted from 1) of the first thing wrong.
    """
    return dataset_of_series(_series(source, options), source, options)


def _series(source: Source, options: ReadOptions) -> Iterator[Series]:
    rows = _rows(source)
    sample = list(islice(rows, _SAMPLE))
    header = sample.pop(0).cells if _is_header(sample[0].cells) else None
    if not sample:
        return
    layout = layout_of_numbers([row.cells for row in sample], header, options, source.extension)
    for row in chain(sample, rows):
        _check_width(row, layout.width)
        label = None if layout.label is None else _label(row, layout.label)
        yield Series(row.line, _values(row, layout), label, None if layout.id is None else row.cells[layout.id])


def delimiter(lines: list[str]) -> str | None:
    """The separator of the cells in the first line that has cells; None for runs of blanks."""
    first = next((line for line in lines if line.strip()), "").strip()
    return next((separator for separator in ("\t", ";", ",") if separator in first), None)


def _rows(source: Source) -> Iterator[Row]:
    separator = delimiter(source.lines)
    for number, line in enumerate(source.lines, start=1):
        if line.strip():
            yield Row(number, _split(line, separator, number))


def _split(line: str, separator: str | None, number: int) -> list[str]:
    """The cells of one line; quoted cells may contain the separator."""
    if separator is None or '"' not in line:
        return line.split(separator)
    try:
        return next(csv.reader([line], delimiter=separator))
    except csv.Error as error:
        raise UnreadableDataset(f"line {number} cannot be split into cells ({error}): correct its quotes.") from None


def _is_header(names: list[str]) -> bool:
    """A first line in which not a single cell is a number or missing."""
    return not any(cells.is_number(name) or cells.is_missing(name) for name in names)


def _check_width(row: Row, width: int) -> None:
    if len(row.cells) != width:
        raise UnreadableDataset(
            f"line {row.line} has {len(row.cells)} columns where the first line has {width}: "
            "give each line as many, padded with NaN at the end where a sequence is shorter."
        )


def _values(row: Row, layout: Layout) -> np.ndarray:
    columns = layout.values
    whole = isinstance(columns, range)
    picked = row.cells[columns.start : columns.stop] if whole else [row.cells[index] for index in columns]
    return cells.series(picked, lambda step: f"line {row.line}, column {columns[step] + 1}")[:, None]


def _label(row: Row, column: int) -> str:
    if cells.is_missing(row.cells[column]):
        raise UnreadableDataset(f"line {row.line}, column {column + 1} lacks a label: add it, or remove the line.")
    return row.cells[column]
