"""`.jsonl` files: an object a line, with a text and its label."""

from __future__ import annotations

import json
from typing import Any

from kann.errors import UnreadableDataset
from kann.inputs.data.columns import layout_of_texts
from kann.inputs.data.options import ReadOptions
from kann.inputs.data.sources import Source
from kann.inputs.data.texts import dataset_of_texts
from kann.records import Dataset

_SAMPLE = 500


def read(source: Source, options: ReadOptions) -> Dataset:
    """The keys of the first object are the columns, see `columns.layout_of_texts`.

    Raises:
        UnreadableDataset: with the line of the first object that is damaged or lacks a key.
    """
    objects = [(number, _object(line, number)) for number, line in enumerate(source.lines, start=1) if line.strip()]
    names = list(objects[0][1])
    sample = [[str(entry.get(name, "")) for name in names] for _, entry in objects[:_SAMPLE]]
    if not names:
        raise UnreadableDataset("the first object is empty: give each a text and a label.")
    layout = layout_of_texts(sample, names, options)
    text, label = names[layout.values[0]], None if layout.label is None else names[layout.label]
    return dataset_of_texts(
        [_text(entry, text, line) for line, entry in objects],
        None if label is None else [_scalar(entry, label, line) for line, entry in objects],
        source,
        options,
        ids=None if layout.id is None else [_scalar(entry, names[layout.id], line) for line, entry in objects],
    )


def _object(line: str, number: int) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        raise UnreadableDataset(f"line {number} is not JSON: write one object a line.") from None
    if not isinstance(entry, dict):
        raise UnreadableDataset(f"line {number} is not a JSON object: write one a line, with a text and a label.")
    return entry


def _text(entry: dict[str, Any], name: str, line: int) -> str:
    if not isinstance(entry.get(name), str):
        raise UnreadableDataset(f"line {line} has no text called {name[:40]!r}: add it, or remove the line.")
    return entry[name]


def _scalar(entry: dict[str, Any], name: str, line: int) -> str:
    if not isinstance(entry.get(name), str | int | float) or entry[name] == "":
        raise UnreadableDataset(f"line {line} has no {name[:40]!r}, or more than one value in it: give one.")
    return str(entry[name])
