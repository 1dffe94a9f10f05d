"""Cells of a file -> numbers and labels; an error names the place of the wrong cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from kann.errors import UnreadableDataset

MISSING = frozenset(("", "?", "nan", "na", "n/a", "null", "none"))
_LONGEST_LABEL = 300
"""Labels are at most this long: an array gives each of them the width of the longest."""

Place = Callable[[int], str]
"""Says where the cell of this index stands, as in "line 3, column 7"; both count from 1."""


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


def numbers(cells: Sequence[str], place: Place) -> np.ndarray:
    """float32 of the cells, missing ones NaN.

    Raises:
        UnreadableDataset: a cell that is not a number, or beyond the range of float32.
    """
    try:
        row = np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        row = _with_gaps(cells, place)
    with np.errstate(over="ignore"):
        narrow = row.astype(np.float32)
    if np.isinf(narrow).any():
        index = int(np.flatnonzero(np.isinf(narrow))[0])
        raise UnreadableDataset(
            f"{place(index)} holds {cells[index].strip()[:40]}, beyond the range of float32: rescale it."
        )
    return narrow


def series(cells: Sequence[str], place: Place) -> np.ndarray:
    """The cells as one channel of a sequence, [steps]; missing ones at the end are padding and are removed."""
    return unpadded(numbers(cells, place)[:, None], lambda step, _: place(step))[:, 0]


def unpadded(values: np.ndarray, place: Callable[[int, int], str]) -> np.ndarray:
    """The steps before the padding, which is NaN in every channel up to the end; [steps channels] both.

    Raises:
        UnreadableDataset: NaN inside; `place` says where step and channel (from 0) stand in the file.
    """
    missing = np.isnan(values)
    if not missing.any():
        return values
    length = true_length(values)
    if missing[:length].any():
        step, channel = np.argwhere(missing)[0]
        raise UnreadableDataset(
            f"{place(int(step), int(channel))} lacks a value inside the series: fill it in, or remove the sequence."
        )
    return values[:length]


def true_length(values: np.ndarray) -> int:
    """Steps before the padding: NaN in every channel, up to the end; [steps channels]."""
    present = ~np.isnan(values).all(axis=1)
    return int(np.flatnonzero(present)[-1]) + 1 if present.any() else 0


def labels(cells: Sequence[str]) -> np.ndarray:
    """int64 where every label is a whole number, however written (`1.0000000e+00`), else str."""
    stripped = [cell.strip() for cell in cells]
    longest = max(stripped, key=len, default="")
    if len(longest) > _LONGEST_LABEL:
        raise UnreadableDataset(
            f"{longest[:40]!r}... is not a label: it has {len(longest):,} characters; choose the column of the labels."
        )
    values = np.array([float(cell) if _is_plain_number(cell) else np.nan for cell in stripped])
    whole = np.isfinite(values).all() and (values == np.round(values)).all() and np.abs(values).max(initial=0) < 2**53
    return values.astype(np.int64) if whole else np.array(stripped, dtype=str)


def _is_plain_number(cell: str) -> bool:
    """Python reads `1_2` as 12, but as a label it is a name."""
    return "_" not in cell and is_number(cell)


def _with_gaps(cells: Sequence[str], place: Place) -> np.ndarray:
    filled = ["nan" if cell.strip().lower() in MISSING else cell for cell in cells]
    wrong = next((index for index, cell in enumerate(filled) if cell != "nan" and not is_number(cell)), None)
    if wrong is not None:
        raise UnreadableDataset(
            f"{place(wrong)} holds {cells[wrong].strip()[:40]!r} where a number belongs: "
            "correct it, or remove the sequence."
        )
    return np.fromiter(map(float, filled), np.float64, len(filled))
