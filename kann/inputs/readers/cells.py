"""Cells of a line of text become numbers and labels; what is wrong is named by line and column."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kann.errors import UnreadableDataset

MISSING = frozenset(("", "?", "nan", "na", "n/a", "null", "none"))


def is_number(cell: str) -> bool:
    """Whether the cell reads as a number; `nan` does, a missing one does not."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def is_missing(cell: str) -> bool:
    """Whether the cell is empty or says in one of the usual ways that there is no value."""
    return cell.strip().lower() in MISSING


def numbers(cells: Sequence[str], line: int, columns: Sequence[int]) -> np.ndarray:
    """float32 of the cells, missing ones NaN; they stand in this line, from 1, and these columns, from 0."""
    try:
        row = np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        row = np.array([_number(cell, line, column) for cell, column in zip(cells, columns, strict=True)])
    with np.errstate(over="ignore"):
        narrow = row.astype(np.float32)
    if np.isinf(narrow).any():
        index = int(np.flatnonzero(np.isinf(narrow))[0])
        raise UnreadableDataset(
            f"line {line}, column {columns[index] + 1} holds {cells[index].strip()[:40]}, "
            "beyond the range of float32: rescale it."
        )
    return narrow


def series(cells: Sequence[str], line: int, columns: Sequence[int]) -> np.ndarray:
    """The cells as one channel of a sequence, [steps]; missing ones at the end are padding and fall away."""
    row = numbers(cells, line, columns)
    missing = np.flatnonzero(np.isnan(row))
    if not len(missing):
        return row
    length = true_length(row)
    if missing[0] < length:
        raise UnreadableDataset(
            f"line {line}, column {columns[missing[0]] + 1} lacks a value inside the series: "
            "fill it in, or remove the line."
        )
    return row[:length]


def true_length(row: np.ndarray) -> int:
    """Steps before the padding: NaN in every channel, up to the end; [steps] or [steps channels]."""
    present = ~np.isnan(row) if row.ndim == 1 else ~np.isnan(row).all(axis=1)
    return int(np.flatnonzero(present)[-1]) + 1 if present.any() else 0


def labels(cells: Sequence[str]) -> np.ndarray:
    """int64 where every label is a whole number, however written (`1.0000000e+00`), else str."""
    stripped = [cell.strip() for cell in cells]
    try:
        values = np.array([float(cell) for cell in stripped])
    except ValueError:
        return np.array(stripped, dtype=str)
    whole = np.isfinite(values).all() and (values == np.round(values)).all() and np.abs(values).max(initial=0) < 2**53
    return values.astype(np.int64) if whole else np.array(stripped, dtype=str)


def _number(cell: str, line: int, column: int) -> float:
    if is_missing(cell):
        return np.nan
    if is_number(cell):
        return float(cell)
    raise UnreadableDataset(
        f"line {line}, column {column + 1} holds {cell.strip()[:40]!r} where a number belongs: "
        "mend it, or remove the line."
    )
