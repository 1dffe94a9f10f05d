"""Tables of labelled texts: `.csv` with quotes, and lines `sentence TAB label`, in which quotes have no meaning."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice

from kann.errors import UnreadableDataset
from kann.inputs.data import cells
from kann.inputs.data.columns import LABEL_NAMES, TEXT_NAMES, Layout, layout_of_texts
from kann.inputs.data.options import ReadOptions
from kann.inputs.data.readers.number_tables import Row
from kann.inputs.data.sources import Source
from kann.inputs.data.texts import dataset_of_texts
from kann.records import Dataset

_SAMPLE = 500
_LONGEST_NAME = 40


def read(source: Source, options: ReadOptions) -> Dataset:
    """The columns of text and label by name, by header or by content, see `columns.layout_of_texts`.

    In a table of two columns separated by tabs, further tabs belong to the text.

    Raises:
        UnreadableDataset: with the line of the first row that has not as many columns as the others.
    """
    separator = column_separator(source.lines)
    rows = _tabbed_rows(source.lines) if separator == "\t" else _quoted_rows(source.lines, separator or ",")
    sample = list(islice(rows, _SAMPLE))
    width = Counter(len(row.cells) for row in sample).most_common(1)[0][0]
    header = sample.pop(0).cells if _is_header([row.cells for row in sample], options) else None
    fitting = [row.cells for row in sample if len(row.cells) == (len(header) if header else width)]
    if not fitting:
        raise UnreadableDataset("there is a header but no row below it: add one text a row.")
    layout = layout_of_texts(fitting, header, options)
    found = [_fitted(row, layout, separator) for row in chain(sample, rows)]
    return dataset_of_texts(
        [row.cells[layout.values[0]] for row in found],
        None if layout.label is None else [_label(row, layout.label) for row in found],
        source,
        options,
        ids=None if layout.id is None else [row.cells[layout.id] for row in found],
    )


def column_separator(lines: list[str], several: int = 20) -> str | None:
    """The character that separates text and label in all of the first lines, or None.

    Commas and semicolons occur in prose too: each row must have the same number outside quotes.
    """
    first = [line for line in lines[:several] if line.strip()]
    if 2 * sum("\t" in line for line in first) > len(first):
        return "\t"
    return next((separator for separator in (",", ";") if _is_table(lines, 10 * several, separator)), None)


def _is_table(lines: list[str], several: int, separator: str) -> bool:
    try:
        rows = list(filter(None, csv.reader((line + "\n" for line in lines[:several]), delimiter=separator)))
    except csv.Error:
        return False
    complete = rows[:-1] if len(lines) > several else rows  # the last one may go on beyond the sample
    widths = {len(row) for row in complete}
    return len(widths) == 1 and widths != {1}


def _tabbed_rows(lines: list[str]) -> Iterator[Row]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield Row(number, line.split("\t"))


def _quoted_rows(lines: list[str], separator: str) -> Iterator[Row]:
    reader = csv.reader((line + "\n" for line in lines), delimiter=separator, strict=True)
    start = 1
    try:
        for row in reader:
            if row:
                yield Row(start, row)
            start = reader.line_num + 1
    except csv.Error as error:
        raise UnreadableDataset(f"the row from line {start} on has no end ({error}): correct its quotes.") from None


def _is_header(rows: list[list[str]], options: ReadOptions) -> bool:
    """Whether the first row names the columns: short, one of them known, asked for, or the only word above numbers."""
    names, *below = rows
    asked = [name for name in options.roles.values() if isinstance(name, str)]
    known = {*TEXT_NAMES, *LABEL_NAMES, *(name.lower() for name in asked)}
    lowered = [name.strip().lower() for name in names]
    if any(len(name) > _LONGEST_NAME for name in lowered):
        return False
    columns = list(zip(*(row for row in below if len(row) == len(names)), strict=False))
    above_numbers = any(
        not cells.is_number(name) and all(map(cells.is_number, column))
        for name, column in zip(names, columns, strict=False)
    )
    return above_numbers or not known.isdisjoint(lowered)


def _fitted(row: Row, layout: Layout, separator: str | None) -> Row:
    """The row with the table's width: in a table of text and label, further tabs belong to the text."""
    extra = len(row.cells) - layout.width
    if extra > 0 and layout.width == 2 and separator == "\t":
        text = layout.values[0]
        return Row(
            row.line, [*row.cells[:text], "\t".join(row.cells[text : text + extra + 1]), *row.cells[text + extra + 1 :]]
        )
    if extra:
        raise UnreadableDataset(
            f"line {row.line} has {len(row.cells)} columns, the table {layout.width}: correct its quotes or tabs."
        )
    return row


def _label(row: Row, column: int) -> str:
    if not row.cells[column].strip():
        raise UnreadableDataset(f"line {row.line}, column {column + 1} lacks a label: add it, or remove the line.")
    return row.cells[column]
