"""Opens data files and folders: the content decides which reader takes them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from kann.errors import UnreadableDataset
from kann.inputs.data import cells, named_datasets
from kann.inputs.data.options import ReadOptions
from kann.inputs.data.readers import (
    arff,
    folders,
    json_lines,
    npy,
    npz,
    number_tables,
    plain_texts,
    safetensors,
    text_tables,
    ts,
    wfdb,
)
from kann.inputs.data.sources import Source, open_source
from kann.inputs.data.texts import dataset_of_texts
from kann.records import Dataset

_READERS: dict[str, Callable[[Source, ReadOptions], Dataset]] = {
    "folder": folders.read,
    "wfdb": wfdb.read,
    "npy": npy.read,
    "npz": npz.read,
    "safetensors": safetensors.read,
    "arff": arff.read,
    "ts": ts.read,
    "json lines": json_lines.read,
    "numbers": number_tables.read,
    "text table": text_tables.read,
    "plain text": plain_texts.read,
}
_SAMPLE = 20
_OBJECT = re.compile(r"""\s*\{\s*["}]""")


def open_dataset(
    source: Any,
    kind: str | None = None,
    columns: Any = None,
    vocabulary: Any = None,
    tokenizer: str = "words",
    max_length: int | None = None,
) -> Dataset:
    """Sequences with their true lengths, labels and words, from a path or an open binary file.

    A name such as "ecg5000" or "ecg5000/test" is looked up, see `named_datasets.find`; nothing is downloaded.

    `kind` and `columns` overrule what the content suggests; `columns` maps "values" or "text", "label"
    and "id" to names or positions (from 0) of columns, or names the text's column and the label's.
    `max_length` keeps the first steps of each longer sequence. Ids are the rows' numbers from 0.
    Texts need a `vocabulary`, see `vocabularies.open_vocabulary`; how they are split, see
    `vocabularies.split`.

    Raises:
        UnreadableDataset: what is wrong, where, and what to do.
        OutOfRange: a kind or tokenizer that there is not.
    """
    options = ReadOptions(kind, columns, vocabulary, tokenizer, max_length)
    opened = _opened(source)
    try:
        return _READERS[_format(opened, options)](opened, options)
    except UnreadableDataset as error:
        raise UnreadableDataset(f"{opened.filename}: {error}") from None


def open_text(text: str, vocabulary: Any, tokenizer: str = "words") -> Dataset:
    """One sequence, of a text that was typed in: split and looked up as the texts of a file are.

    Raises:
        UnreadableDataset: the text is blank, there is no vocabulary, or none of the words is in it.
    """
    if not text.strip():
        raise UnreadableDataset("There is nothing to read yet: type a sentence.")
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
    options = ReadOptions("text", vocabulary=vocabulary, tokenizer=tokenizer)
    return dataset_of_texts([text], None, Source(b"", digest, "typed"), options)


def _opened(source: Any) -> Source:
    """A data set may be called by its name; folders and records are left to their readers, which open several files."""
    if hasattr(source, "read"):
        return open_source(source)
    path = Path(source)
    if isinstance(source, str) and named_datasets.is_name(source) and not path.exists():
        path = named_datasets.find(source)
    several = path.is_dir() or wfdb.belongs_to_record(path)
    return Source(b"", "", path.name, path) if several else open_source(path)


def _format(source: Source, options: ReadOptions) -> str:
    if source.path is not None and not source.content:
        return "folder" if source.path.is_dir() else "wfdb"
    return _binary_format(source) or _text_format(source, options)


def _binary_format(source: Source) -> str | None:
    if source.content.startswith(npy.MAGIC):
        return "npy"
    if source.content.startswith(b"PK\x03\x04"):
        return "npz"
    if safetensors.is_safetensors(source.content):
        return "safetensors"
    text = source.content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" not in source.content[:4096]
    if source.extension == ".hea" or (source.extension in wfdb.EXTENSIONS and not text):
        return "wfdb"
    if not text:
        raise UnreadableDataset("this is a binary file of no known format: see the list of formats that open.")
    return None


def _text_format(source: Source, options: ReadOptions) -> str:
    lines = list(islice((line for line in source.lines if line.strip()), _SAMPLE))
    if not lines:
        raise UnreadableDataset("the file is empty: choose one that holds sequences.")
    tag = _first_tag(source.lines)
    if tag in ("relation", "attribute"):
        return "arff"
    if tag in ts.TAGS:
        return "ts"
    if _OBJECT.match(lines[0]):
        return "json lines"
    if isinstance(options.columns, Mapping) and "text" in options.columns:
        return "text table"
    numeric = options.kind in ("signal", "vectors", "states") or "values" in options.roles
    if numeric or (options.kind != "text" and _mostly_numbers(lines)):
        return "numbers"
    if source.extension == ".csv" or "text" in options.roles or text_tables.column_separator(source.lines):
        return "text table"
    if options.kind in ("text", "symbols") or options.vocabulary is not None:
        return "plain text"
    raise UnreadableDataset(
        "the lines hold neither numbers nor labelled texts: give one sequence a line, its label first, then its "
        "values; for texts without labels say kind='text'."
    )


def _first_tag(lines: list[str]) -> str | None:
    """The word behind the @ that opens the first line which is neither blank nor a comment."""
    first = next((line for line in lines if line.strip("\ufeff \t") and line.lstrip("\ufeff \t")[0] not in "#%"), "")
    return first[1:].split(None, 1)[0].lower() if first.startswith("@") and len(first.split()[0]) > 1 else None


def _mostly_numbers(lines: list[str]) -> bool:
    """At least half of the cells, a header and the first column aside: one wrong cell is then named as such.

    A first column with blanks inside, or one of two columns that is not a number, is a text with its label.
    """
    separator = number_tables.delimiter(lines)
    rows = [line.split(separator) for line in lines]
    if len(rows) > 1 and not any(map(cells.is_number, rows[0])):
        rows = rows[1:]
    texts = [row[0] for row in rows if len(row[0].split()) > 2 or (len(row) == 2 and not cells.is_number(row[0]))]
    found = [cell for row in rows for cell in row[1:] or row]
    return 2 * sum(map(cells.is_number, found)) >= len(found) and 2 * len(texts) < len(rows)
