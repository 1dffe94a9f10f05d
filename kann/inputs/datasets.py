"""Data files and folders come in: the content says which reader takes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kann.errors import UnreadableDataset
from kann.inputs.readers import cells, npy, npz, number_tables
from kann.inputs.readers.reading import Reading
from kann.inputs.readers.sources import Source, open_source
from kann.records import Dataset

_READERS: dict[str, Callable[[Source, Reading], Dataset]] = {
    "npy": npy.read,
    "npz": npz.read,
    "numbers": number_tables.read,
}
_SAMPLE = 20


def open_dataset(
    source: Any,
    kind: str | None = None,
    columns: Any = None,
    vocabulary: Any = None,
    tokenizer: str = "words",
    max_length: int | None = None,
) -> Dataset:
    """Sequences with their true lengths, labels and words, from a path or an open binary file.

    `kind` and `columns` overrule what the content suggests; `columns` maps "values" or "text", "label"
    and "id" to names or positions (from 0) of columns, or names the text's column and the label's.
    `max_length` keeps the first steps of each longer sequence. Ids are the rows' numbers from 0.

    Raises:
        UnreadableDataset: what is wrong, where, and what to do.
        OutOfRange: a kind or tokenizer that there is not.
    """
    reading = Reading(kind, columns, vocabulary, tokenizer, max_length)
    opened = open_source(source)
    try:
        return _READERS[_format(opened)](opened, reading)
    except UnreadableDataset as error:
        raise UnreadableDataset(f"{opened.filename}: {error}") from None


def _format(source: Source) -> str:
    if source.content.startswith(npy.MAGIC):
        return "npy"
    if source.content.startswith(b"PK\x03\x04"):
        return "npz"
    if b"\0" in source.content[:4096] and not source.content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableDataset("this is a binary file of no known format: see the list of formats that open.")
    if _mostly_numbers([line for line in source.lines[:_SAMPLE] if line.strip()]):
        return "numbers"
    raise UnreadableDataset(
        "the lines hold neither numbers nor labelled texts: give one sequence a line, its label first, then its values."
    )


def _mostly_numbers(lines: list[str]) -> bool:
    """At least half of the cells, a header and the first column aside: one wrong cell is then named as such."""
    sign = number_tables.delimiter(lines)
    rows = [line.split(sign) for line in lines[1:] or lines]
    found = [cell for row in rows for cell in row[1:] or row]
    return 2 * sum(map(cells.is_number, found)) >= len(found)
