"""Folders of texts: a subfolder a class (`pos/ neg/`) with a text a file, or `*.pos` and `*.neg` with a text a line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from kann.errors import UnreadableDataset
from kann.inputs.data.options import ReadOptions
from kann.inputs.data.sources import LARGEST, Source, digest_of_files, open_source
from kann.inputs.data.texts import dataset_of_texts
from kann.records import Dataset

TEXTS = (".txt", ".txt.gz")
CLASSES = (".neg", ".pos")


class Labelled(NamedTuple):
    """A text, its class, and where in the folder it stands."""

    text: str
    label: str
    id: str


def read(source: Source, options: ReadOptions) -> Dataset:
    """In order of classes and file names; ids are paths within the folder, a line's number behind a colon."""
    folder = source.path or Path()
    documents = sorted(path for path in folder.glob("*/*") if path.name.endswith(TEXTS) and path.is_file())
    lists = sorted(path for path in folder.iterdir() if path.suffix in CLASSES and path.is_file())
    files = documents or lists
    if not files:
        raise UnreadableDataset(_what_there_is(folder))
    _check_size(files)
    found = [entry for path in files for entry in (_document if documents else _lines)(path, folder)]
    return dataset_of_texts(
        [entry.text for entry in found],
        [entry.label for entry in found],
        Source(b"", digest_of_files(files), folder.name),
        options,
        ids=[entry.id for entry in found],
    )


def _document(path: Path, folder: Path) -> Iterator[Labelled]:
    name = path.relative_to(folder).as_posix()
    yield Labelled("\n".join(_read_lines(path, name)), path.parent.name, name)


def _lines(path: Path, folder: Path) -> Iterator[Labelled]:
    for number, line in enumerate(_read_lines(path, path.name)):
        if line.strip():
            yield Labelled(line, path.suffix[1:], f"{path.name}:{number}")


def _read_lines(path: Path, name: str) -> list[str]:
    try:
        return open_source(path).lines
    except UnreadableDataset as error:
        raise UnreadableDataset(f"{name}: {error}") from None


def _check_size(files: list[Path]) -> None:
    size = sum(path.stat().st_size for path in files)
    if size > LARGEST:
        raise UnreadableDataset(f"the folder holds {size / 2**30:.1f} GB of texts: split it into parts.")


def _what_there_is(folder: Path) -> str:
    records = sorted(path.name for path in folder.glob("*.hea"))
    deeper = sorted({path.parent.parent.name for path in folder.glob("*/*/*.txt")})
    if records:
        return f"the folder holds WFDB records: open one of them, such as {records[0]}."
    if deeper:
        return f"the texts lie deeper: open one of the folders {', '.join(deeper[:9])}."
    return "the folder holds no texts: give a subfolder for each class, such as pos and neg, with a .txt file a text."
