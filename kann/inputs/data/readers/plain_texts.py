"""Text without labels, a sequence a line."""

from __future__ import annotations

from kann.inputs.data.options import ReadOptions
from kann.inputs.data.sources import Source
from kann.inputs.data.texts import dataset_of_texts
from kann.records import Dataset


def read(source: Source, options: ReadOptions) -> Dataset:
    """Each line that is not blank; ids are numbers of lines, from 0."""
    kept = [(str(number), line) for number, line in enumerate(source.lines) if line.strip()]
    return dataset_of_texts([line for _, line in kept], None, source, options, ids=[number for number, _ in kept])
