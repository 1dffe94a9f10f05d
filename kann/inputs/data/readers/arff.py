"""`.arff` files of Weka and the UCR/UEA archive.

Parsed here rather than by scipy, whose errors name neither the line nor the column; the tests compare the result with
`scipy.io.arff`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from kann.errors import UnreadableDataset
from kann.inputs.data import cells
from kann.inputs.data.columns import LABEL_NAMES, position
from kann.inputs.data.options import ReadOptions
from kann.inputs.data.series import Series, dataset_of_series
from kann.inputs.data.sources import Source
from kann.records import Dataset

_ATTRIBUTE = re.compile(r"""@attribute\s+("[^"]*"|'[^']*'|\S+)\s+(\{.*\}|\S+)""", re.IGNORECASE)
_NUMERIC = ("numeric", "real", "integer")
_QUOTES = "\"'"


class Attribute(NamedTuple):
    """`type` is a class list in braces, or a lower-case word."""

    name: str
    type: str


def read(source: Source, options: ReadOptions) -> Dataset:
    """One channel from numeric attributes, or all from a relational one; `?` at the end is padding.

    The label is the attribute called so, else the last one with a list of classes.

    Raises:
        UnreadableDataset: with the line and column of the first thing wrong.
    """
    return dataset_of_series(_series(source.lines, options), source, options)


def _series(lines: list[str], options: ReadOptions) -> Iterator[Series]:
    attributes, data_line = _header(lines)
    label = _label_position(attributes, options)
    values = [index for index in range(len(attributes)) if index != label]
    relational = [index for index in values if attributes[index].type == "relational"]
    _check(attributes, values, relational)
    for line, row in _rows(lines, data_line, len(attributes)):
        sequence = _channels(row[values[0]], line) if relational else _steps(row, values, line)
        yield Series(line, sequence, None if label is None else _label(row[label], attributes[label], line))


def _header(lines: list[str]) -> tuple[list[Attribute], int]:
    """The attributes outside relations, and the line of `@data`."""
    attributes: list[Attribute] = []
    inside = False
    for number, line in enumerate(lines, start=1):
        word = line.strip().split(None, 1)[0].lower() if line.strip() else "%"
        if word == "@data":
            return attributes, number
        if word == "@attribute" and not inside:
            attributes.append(_attribute(line.strip(), number))
            inside = attributes[-1].type == "relational"
        elif word == "@end":
            inside = False
        elif word not in ("@attribute", "@relation") and not word.startswith("%"):
            raise UnreadableDataset(f"line {number} stands before @data but is neither an attribute nor a comment.")
    raise UnreadableDataset("there is no line @data: the file was cut short, copy it again.")


def _attribute(line: str, number: int) -> Attribute:
    found = _ATTRIBUTE.match(line)
    if not found:
        raise UnreadableDataset(f"line {number} is not an attribute with a name and a type: correct it.")
    kind = found[2] if found[2].startswith("{") else found[2].lower()
    return Attribute(found[1].strip(_QUOTES), kind)


def _label_position(attributes: list[Attribute], options: ReadOptions) -> int | None:
    names = [attribute.name for attribute in attributes]
    if "label" in options.roles:
        wanted = options.roles["label"]
        return None if wanted is None else position(wanted, names, len(names))
    named = [index for index, name in enumerate(names) if name.lower() in LABEL_NAMES]
    classes = [index for index, attribute in enumerate(attributes) if attribute.type.startswith("{")]
    return (named[-1:] or classes[-1:] or [None])[0]


def _check(attributes: list[Attribute], values: list[int], relational: list[int]) -> None:
    wrong = [attributes[index] for index in values if attributes[index].type not in _NUMERIC]
    if not values or (relational and len(values) > 1) or (wrong and not relational):
        odd = f"{wrong[0].name[:40]} is {wrong[0].type[:40]}" if wrong else "there are none"
        raise UnreadableDataset(
            f"beside the label, attributes must be numeric, or one relational, but {odd}: remove or convert it."
        )


def _rows(lines: list[str], data_line: int, width: int) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(lines[data_line:], start=data_line + 1):
        if not line.strip() or line.lstrip().startswith("%"):
            continue
        row = _split(line, number)
        if len(row) != width:
            raise UnreadableDataset(
                f"line {number} has {len(row)} columns where there are {width} attributes: correct it."
            )
        yield number, row


def _split(line: str, number: int) -> list[str]:
    if line.lstrip().startswith("{"):
        raise UnreadableDataset(f"line {number} is a sparse row: save the file with all values written out.")
    quote = next((separator for separator in line if separator in _QUOTES), None)
    if quote is None:
        return line.split(",")
    try:
        return next(csv.reader([line], quotechar=quote, skipinitialspace=True))
    except csv.Error as error:
        raise UnreadableDataset(f"line {number} cannot be split into cells ({error}): correct its quotes.") from None


def _steps(row: list[str], values: list[int], line: int) -> np.ndarray:
    picked = [row[index] for index in values]
    return cells.series(picked, lambda step: f"line {line}, column {values[step] + 1}")[:, None]


def _channels(cell: str, line: int) -> np.ndarray:
    """[steps channels] of a relational cell: a channel a part, parted by a written-out `\\n`."""

    def place(step: int, channel: int) -> str:
        return f"line {line}, channel {channel + 1}, value {step + 1}"

    rows = [part.split(",") for part in cell.split("\\n")]
    if len({len(row) for row in rows}) > 1:
        raise UnreadableDataset(f"line {line} has channels of different lengths: pad them with ? at the end.")
    channels = [cells.numbers(row, lambda step, index=index: place(step, index)) for index, row in enumerate(rows)]
    return cells.unpadded(np.stack(channels, axis=1), place)


def _label(cell: str, attribute: Attribute, line: int) -> str:
    label = cell.strip().strip(_QUOTES)
    known = [name.strip().strip(_QUOTES) for name in attribute.type.strip("{}").split(",")]
    if cells.is_missing(label) or (attribute.type.startswith("{") and label not in known):
        raise UnreadableDataset(
            f"line {line} has the label {label[:40]!r}, which the attribute does not list: correct it."
        )
    return label
