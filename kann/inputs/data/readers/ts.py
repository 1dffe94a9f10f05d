"""`.ts` files of the UCR/UEA archive, as sktime and aeon write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from kann.errors import UnreadableDataset
from kann.inputs.data import cells
from kann.inputs.data.options import ReadOptions
from kann.inputs.data.series import Series, dataset_of_series
from kann.inputs.data.sources import Source
from kann.records import Dataset

TAGS = ("problemname", "timestamps", "missing", "univariate", "equallength", "serieslength", "dimension", "dimensions")
TAGS = (*TAGS, "classlabel", "targetlabel", "data")
_CHANNEL_END = re.compile(r":(?![^()]*\))")
_STAMPED = re.compile(r"\(([^()]*),([^(),]*)\)\s*(?:,\s*|$)")


class Case(NamedTuple):
    """One line of the data: its number from 1, its channels as they stand there, its label."""

    line: int
    channels: list[str]
    label: str


def read(source: Source, options: ReadOptions) -> Dataset:
    """Any number of channels, of equal or varying length; `?` in all channels at the end is padding.

    Time stamps are left out: one value is one step.

    Raises:
        UnreadableDataset: with the line, the channel and the value of the first thing wrong.
    """
    return dataset_of_series(_series(source.lines), source, options)


def _series(lines: list[str]) -> Iterator[Series]:
    header, data_line = _header(lines)
    labelled, known = _classes(header)
    stamped = header.get("timestamps", "").lower() == "true"
    for case in _cases(lines, data_line, labelled):
        if known and case.label not in known:
            raise UnreadableDataset(
                f"line {case.line} has the label {case.label[:40]!r}, which @classLabel does not list: correct it."
            )
        yield Series(case.line, _sequence(case, stamped), case.label if labelled else None)


def _header(lines: list[str]) -> tuple[dict[str, str], int]:
    """The tags in lower case with what stands behind them, and the line of `@data`."""
    tags: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        if line.startswith("@"):
            name, _, value = line[1:].strip().partition(" ")
            if name.lower() == "data":
                return tags, number
            tags[name.lower()] = value.strip()
        elif line.strip() and not _is_comment(line):
            raise UnreadableDataset(f"line {number} stands before @data but is no tag or comment: correct it.")
    raise UnreadableDataset("there is no line @data: the file was cut short, copy it again.")


def _is_comment(line: str) -> bool:
    return line.lstrip("\ufeff \t").startswith(("#", "%"))


def _classes(header: dict[str, str]) -> tuple[bool, frozenset[str]]:
    """Whether lines end in a label, and which labels there may be (none listed: any)."""
    flag, *known = header.get("classlabel", "false").split() or ["false"]
    targets = header.get("targetlabel", "false").lower() == "true"
    return flag.lower() == "true" or targets, frozenset(known)


def _cases(lines: list[str], data_line: int, labelled: bool) -> Iterator[Case]:
    for number, line in enumerate(lines[data_line:], start=data_line + 1):
        if not line.strip() or _is_comment(line):
            continue
        channels = _CHANNEL_END.split(line.strip()) if "(" in line else line.strip().split(":")
        label = channels.pop().strip() if labelled else ""
        if not channels or (labelled and not label):
            raise UnreadableDataset(f"line {number} lacks a label behind its last colon: add it, or remove the line.")
        yield Case(number, channels, label)


def _sequence(case: Case, stamped: bool) -> np.ndarray:
    """[steps channels] of one case, without its padding."""
    columns = []
    for index, channel in enumerate(case.channels):
        values = _stamped_values(channel, index, case.line) if stamped else channel.split(",")
        columns.append(cells.numbers(values, lambda step, index=index: _place(case.line, step, index)))
    lengths = [cells.true_length(column[:, None]) for column in columns]
    if len(set(lengths)) > 1:
        raise UnreadableDataset(
            f"line {case.line} has channels of {min(lengths)} to {max(lengths)} steps: "
            "resample them to one length, or remove the line."
        )
    sequence = np.stack([column[: lengths[0]] for column in columns], axis=1)
    return cells.unpadded(sequence, lambda step, channel: _place(case.line, step, channel))


def _place(line: int, step: int, channel: int) -> str:
    return f"line {line}, channel {channel + 1}, value {step + 1}"


def _stamped_values(channel: str, index: int, line: int) -> list[str]:
    """The values of `(time,value),(time,value)`."""
    values, end = [], 0
    while found := _STAMPED.match(channel, end):
        values.append(found[2])
        end = found.end()
    if end != len(channel.rstrip()) or not values:
        raise UnreadableDataset(
            f"{_place(line, len(values), index)} is not a pair (time,value): correct it, or say @timeStamps false."
        )
    return values
