"""Text for a terminal: aligned, and without the control characters that names in a file may hold."""

from __future__ import annotations

from collections.abc import Sequence

# A wider cell stands out of its column rather than push every other row to the right.
_WIDEST = 60


def printable(text: str) -> str:
    """The text with every character escaped that a terminal would obey: controls, directions, line breaks."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


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
