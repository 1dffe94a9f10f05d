"""Text for a terminal: aligned in columns, with control characters escaped."""

from __future__ import annotations

from collections.abc import Sequence

# A wider cell overflows its column instead of widening it for all rows.
_WIDEST = 60


def printable(text: str) -> str:
    """The text with control characters, marks of direction and line breaks escaped."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def aligned(rows: Sequence[Sequence[str]], indent: str = "  ") -> list[str]:
    """Lines of cells in columns, each cell printable."""
    cells = [[printable(cell) for cell in row] for row in rows]
    widths = [
        max((len(cell) for cell in column if len(cell) <= _WIDEST), default=0) for column in zip(*cells, strict=True)
    ]
    return [
        (indent + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))).rstrip()
        for row in cells
    ]
