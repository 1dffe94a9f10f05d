"""Texts -> token ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import numpy as np

from kann.errors import UnreadableDataset
from kann.inputs.data import cells
from kann.inputs.data.options import ReadOptions
from kann.inputs.data.sources import Source
from kann.inputs.data.vocabularies import Vocabulary, load_tokenizer, open_vocabulary, split
from kann.records import Dataset

_AT_ONCE = 1000

Encoded = tuple[np.ndarray, list[str], int, int]
"""Token ids and the words they stand for, how many words were met, how many of them are unknown."""


def dataset_of_texts(
    texts: Sequence[str],
    labels: Sequence[str] | None,
    source: Source,
    options: ReadOptions,
    ids: Sequence[str] | None = None,
) -> Dataset:
    """A token a step. An unknown word gets the vocabulary's index for such words, else it is left out.

    Texts without any token left are left out too, which shows in `ids` (the rows' numbers if none are given).

    Raises:
        UnreadableDataset: no vocabulary, or nothing is left of any text.
    """
    vocabulary = open_vocabulary(options.vocabulary)
    encode = _by_tokenizer if vocabulary.tokenizer else _by_words
    encoded = list(encode(texts, vocabulary, options))
    met, unknown = sum(entry[2] for entry in encoded), sum(entry[3] for entry in encoded)
    kept = _kept(encoded, met, len(vocabulary.names))
    return Dataset(
        kind=options.kind or "text",
        sequences=[encoded[row][0] for row in kept],
        sha256=source.sha256,
        name=source.name,
        labels=None if labels is None else cells.labels(labels)[kept],
        ids=np.array(kept) if ids is None else cells.labels(ids)[kept],
        tokens=[encoded[row][1] for row in kept],
        token_names=vocabulary.names,
        unknown_share=unknown / max(met, 1),
    )


def _kept(encoded: Sequence[Encoded], met: int, size: int) -> list[int]:
    kept = [row for row, entry in enumerate(encoded) if len(entry[0])]
    if not kept:
        raise UnreadableDataset(
            f"none of the {met:,} words is in the vocabulary of {size:,}: "
            "give the one that the network was trained with, and its tokenizer."
        )
    return kept


def _by_words(texts: Iterable[str], vocabulary: Vocabulary, options: ReadOptions) -> Iterator[Encoded]:
    index, unknown = vocabulary.index, vocabulary.unknown
    once: dict[str, str] = {}  # each word is kept in memory once, not at each of its positions
    for text in texts:
        words = [once.setdefault(word, word) for word in split(text, options.tokenizer)[: options.max_length]]
        found = [index.get(word, -1) for word in words]
        missing = found.count(-1)
        met = len(words)
        if missing and unknown is None:
            words = [word for word, position in zip(words, found, strict=True) if position >= 0]
            found = [position for position in found if position >= 0]
        elif missing:
            found = [unknown if position < 0 else position for position in found]
        yield np.array(found, dtype=np.int64), words, met, missing


def _by_tokenizer(texts: Iterable[str], vocabulary: Vocabulary, options: ReadOptions) -> Iterator[Encoded]:
    tokenizer = load_tokenizer(vocabulary.tokenizer or "")
    tokenizer.no_padding()
    remaining = iter(texts)
    while batch := list(islice(remaining, _AT_ONCE)):
        try:
            entries = tokenizer.encode_batch(batch)
        except Exception as error:  # tokenizers raises nothing narrower
            raise UnreadableDataset(f"the tokenizer.json cannot split these texts ({error}): check it.") from None
        for entry in entries:
            found = np.array(entry.ids[: options.max_length], dtype=np.int64)
            missing = 0 if vocabulary.unknown is None else int((found == vocabulary.unknown).sum())
            yield found, entry.tokens[: options.max_length], len(found), missing
