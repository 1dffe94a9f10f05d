"""Words -> the token ids that a network was trained on."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from kann.errors import UnreadableDataset
from kann.inputs.data.sources import Source, open_source
from kann.records import Checkpoint

_UNKNOWN = ("<unk>", "[unk]", "<oov>", "<unknown>", "[oov]", "unk")
_IN_METADATA = (
    "vocabulary",
    "vocab",
    "token_names",
    "tokens",
    "itos",
    "stoi",
    "word_index",
    "word_to_index",
    "token_to_id",
)
_LARGEST_INDEX = 10_000_000
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_BRACKETED = re.compile(r"\[[^\s\[\]\"]+\]\s*$", re.MULTILINE)
"""A first line like [PAD], which is a token and no JSON."""
_WORD = re.compile(r"\w+(?:'\w+)*|[^\w\s]")


def split(text: str, tokenizer: str) -> list[str]:
    """The tokens of a text.

    "words": lower case, `<br />` left out; runs of letters, digits and underscores, with apostrophes
    inside (`don't`), are words; every other character except blanks is a token of its own.
    "whitespace": split at blanks, unchanged. "characters": every character.
    """
    if tokenizer == "whitespace":
        return text.split()
    if tokenizer == "characters":
        return list(text)
    lowered = text.lower()
    return _WORD.findall(_BREAK.sub(" ", lowered) if "<br" in lowered else lowered)


@dataclass(frozen=True)
class Vocabulary:
    """`names` by index, "" where an index has none; `unknown` is the index for all other words, or None.

    `tokenizer` is the content of a `tokenizer.json`, which then splits the texts itself, or None.
    """

    names: Sequence[str]
    unknown: int | None = None
    tokenizer: str | None = None

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Word to index; of a word that occurs twice, the first."""
        return {name: index for index, name in reversed(list(enumerate(self.names)))}


def open_vocabulary(given: Any) -> Vocabulary:
    """One token a line, JSON word -> index or list of words, or `tokenizer.json`, from a path or an open
    binary file; or a mapping or sequence; or a checkpoint or its metadata, under a name such as "vocabulary".

    Raises:
        UnreadableDataset: what is wrong with it, and how to mend it.
    """
    if isinstance(given, Vocabulary):
        return given
    if given is None:
        raise UnreadableDataset(
            "texts need the vocabulary that the network was trained with: give a file with one token a line "
            "(the first has the index 0), a JSON file word -> index, a tokenizer.json, or the checkpoint's metadata."
        )
    if isinstance(given, Checkpoint):
        given = given.metadata
    if isinstance(given, Mapping):
        return _of_json(_in_metadata(given), "the vocabulary")
    if isinstance(given, Sequence) and not isinstance(given, str):
        return _of_json(given, "the vocabulary")
    if not isinstance(given, str | Path) and not hasattr(given, "read"):
        raise UnreadableDataset(f"a vocabulary is a file, a mapping or a list of words, not a {type(given).__name__}.")
    return _of_file(open_source(given))


def holds_vocabulary(metadata: Mapping[Any, Any]) -> bool:
    """Whether a checkpoint's metadata have an entry whose name says that it is a vocabulary."""
    return _named_vocabulary(metadata) is not None


def _named_vocabulary(metadata: Mapping[Any, Any]) -> Any:
    lowered = {str(key).lower(): value for key, value in metadata.items()}
    return next(
        (lowered[key] for key in _IN_METADATA if isinstance(lowered.get(key), str | Mapping | list | tuple)), None
    )


def _in_metadata(metadata: Mapping[Any, Any]) -> Any:
    """The vocabulary within a checkpoint's metadata; the mapping itself where it is a vocabulary already."""
    found = _named_vocabulary(metadata)
    if found is None:
        return metadata
    return _parsed(found, "the checkpoint's metadata") if isinstance(found, str) else found


def _of_file(source: Source) -> Vocabulary:
    if source.content.lstrip()[:1] not in (b"{", b"[") or _BRACKETED.match(source.text):
        return _of_lines(source)
    value = _parsed(source.text, source.filename)
    if isinstance(value, Mapping) and isinstance(value.get("model"), Mapping):
        return _of_tokenizer(source)
    return _of_json(value, source.filename)


def _of_lines(source: Source) -> Vocabulary:
    lines = source.lines[:-1] if source.lines[-1] == "" else source.lines
    tabbed = next((number for number, line in enumerate(lines, start=1) if "\t" in line.strip("\t")), None)
    if tabbed:
        raise UnreadableDataset(f"{source.filename}: line {tabbed} has several columns: give one token a line.")
    return _vocabulary(lines)


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise UnreadableDataset(f"the vocabulary in {where} is not JSON: save it again, or one token a line.") from None


def _of_json(value: Any, where: str) -> Vocabulary:
    """A list of words, a mapping word -> index, or index -> word."""
    if isinstance(value, Mapping) and all(isinstance(word, str) and _is_index(key) for key, word in value.items()):
        value = {word: int(key) for key, word in value.items()}
    if isinstance(value, Mapping):
        value = _by_index(value, where)
    if not isinstance(value, Sequence) or not value or not all(isinstance(word, str) for word in value):
        raise UnreadableDataset(f"{where} is not a vocabulary: give a list of words, or a mapping word -> index.")
    return _vocabulary(list(value))


def _is_index(key: Any) -> bool:
    return str(key).isdecimal() and len(str(key)) < 10


def _by_index(mapping: Mapping[Any, Any], where: str) -> list[str]:
    for word, index in mapping.items():
        if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < _LARGEST_INDEX:
            raise UnreadableDataset(
                f"{where} gives {str(word)[:40]!r} the index {str(index)[:40]}: indices are whole numbers from 0 on."
            )
    names = [""] * (max(mapping.values(), default=-1) + 1)
    for word, index in mapping.items():
        names[index] = str(word)
    return names


def _vocabulary(names: list[str]) -> Vocabulary:
    lowered = {name.lower(): index for index, name in reversed(list(enumerate(names)))}
    return Vocabulary(names, next((lowered[name] for name in _UNKNOWN if name in lowered), None))


def _of_tokenizer(source: Source) -> Vocabulary:
    tokenizer = load_tokenizer(source.text)
    size = tokenizer.get_vocab_size()
    names = [tokenizer.id_to_token(index) or "" for index in range(min(size, _LARGEST_INDEX))]
    unknown = json.loads(source.text)["model"].get("unk_token")
    return Vocabulary(names, tokenizer.token_to_id(unknown) if isinstance(unknown, str) else None, source.text)


def load_tokenizer(text: str) -> Any:
    """A `tokenizers.Tokenizer`.

    Raises:
        UnreadableDataset: the package is missing, or the text is not a tokenizer.
    """
    try:
        from tokenizers import Tokenizer
    except ImportError:
        raise UnreadableDataset("a tokenizer.json needs the package tokenizers: pip install tokenizers.") from None
    try:
        return Tokenizer.from_str(text)
    except Exception as error:  # tokenizers raises nothing narrower
        raise UnreadableDataset(f"the tokenizer.json cannot be understood ({error}): save it again.") from None
