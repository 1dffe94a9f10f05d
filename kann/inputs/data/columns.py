"""Which column of a table holds what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kann.errors import UnreadableDataset
from kann.inputs.data import cells
from kann.inputs.data.options import ReadOptions

LABEL_NAMES = ("label", "labels", "class", "target", "y", "classlabel", "sentiment", "category")
TEXT_NAMES = ("text", "texts", "sentence", "sentences", "review", "content", "document", "comment", "phrase", "tweet")
TEXT_NAMES = (*TEXT_NAMES, "body", "message", "description")
_MANY = 10
"""Rows from which on repeated values say that a column holds classes."""


@dataclass(frozen=True)
class Layout:
    """Positions from 0; `values` is a range where the columns stand in one piece, so that rows are cut quickly."""

    width: int
    values: Sequence[int]
    label: int | None = None
    id: int | None = None


def position(column: Any, header: list[str] | None, width: int) -> int:
    """The position from 0 of a column given by name or position.

    Raises:
        UnreadableDataset: there is no such column.
    """
    names = [name.strip() for name in header or ()]
    if isinstance(column, str) and column in names:
        return names.index(column)
    if isinstance(column, int | np.integer) and -width <= column < width:
        return int(column) % width
    known = f"the header has {', '.join(names[:20])}" if names else f"there are {width}, numbered from 0, without names"
    raise UnreadableDataset(f"there is no column {column!r}: {known}.")


def layout_of_numbers(rows: list[list[str]], header: list[str] | None, options: ReadOptions, extension: str) -> Layout:
    """The label's column as the user, the header or the content says; all others hold the steps, in order."""
    width = len(header or rows[0])
    if width < 2:
        raise UnreadableDataset(
            "the first line has one column only: give one sequence a line, its label first, then its values."
        )
    roles = options.roles
    identity = position(roles["id"], header, width) if "id" in roles else None
    if "label" in roles:
        label = None if roles["label"] is None else position(roles["label"], header, width)
    else:
        named = _named(header, LABEL_NAMES)
        label = named if named is not None else _label_by_content(rows, width, extension)
    if "values" in roles:
        return Layout(width, [position(column, header, width) for column in roles["values"]], label, identity)
    values = [index for index in range(width) if index not in (label, identity)]
    whole = values and values[-1] - values[0] + 1 == len(values)
    return Layout(width, range(values[0], values[-1] + 1) if whole else values, label, identity)


def layout_of_texts(rows: list[list[str]], header: list[str] | None, options: ReadOptions) -> Layout:
    """The text's column (in `values`) and the label's, as the user, the header or the content says.

    By content, the text is the longest column, the label that of the others which holds the fewest
    different values, if they repeat; there may be no label.
    """
    width = len(header or rows[0])
    roles = options.roles
    by_name = _named(header, TEXT_NAMES)
    text = position(roles["text"], header, width) if "text" in roles else by_name
    if text is None:
        text = max(
            range(width), key=lambda index: sum(len(row[index]) for row in rows if not cells.is_number(row[index]))
        )
    if "label" in roles:
        label = None if roles["label"] is None else position(roles["label"], header, width)
    else:
        named = _named(header, LABEL_NAMES)
        label = named if named is not None else _class_column(rows, [index for index in range(width) if index != text])
    return Layout(width, [text], label, position(roles["id"], header, width) if "id" in roles else None)


def _class_column(rows: list[list[str]], candidates: list[int]) -> int | None:
    different = {index: len({row[index] for row in rows}) for index in candidates}
    repeating = [index for index in candidates if len(rows) < _MANY or 2 * different[index] <= len(rows)]
    return min(repeating, key=different.__getitem__, default=None)


def _named(header: list[str] | None, known: Sequence[str]) -> int | None:
    names = [name.strip().lower() for name in header or ()]
    return next((index for index, name in enumerate(names) if name in known), None)


def _label_by_content(rows: list[list[str]], width: int, extension: str) -> int:
    """The first column; the last of a `.csv` if that one alone can hold labels, or alone repeats them."""
    candidates = (0, width - 1) if extension == ".csv" else (0,)
    columns = {index: [row[index] for row in rows if len(row) == width] for index in candidates}
    fitting = [index for index in candidates if _may_be_labels(columns[index])]
    if not fitting:
        raise UnreadableDataset(
            f"there are no labels: the first line starts with {rows[0][0].strip()[:40]}, which is no class. "
            "Put the label first, or open the file with columns={'label': None}."
        )
    repeating = [index for index in fitting if len(rows) >= _MANY and 2 * len(set(columns[index])) <= len(rows)]
    return (repeating or fitting)[0]


def _may_be_labels(column: list[str]) -> bool:
    """Words, or whole numbers; numbers with a fraction are measurements."""
    found = cells.labels([cell for cell in column if not cells.is_missing(cell)])
    return found.dtype.kind == "i" or not any(map(cells.is_number, found.tolist()))
