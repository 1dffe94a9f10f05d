"""The film reviews of IMDB: finding their two files or folders, their words, and splitting the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Int

from kann.errors import NotEnoughData, UnreadableDataset
from kann.inputs.data import named_datasets
from kann.inputs.datasets import open_dataset
from kann.records import Dataset

UNKNOWN = "<unk>"
CLASSES = {0: "negative", 1: "positive"}
SOURCE = (
    "Large Movie Review Dataset (IMDB): 25,000 labelled reviews for training and as many of other films for testing "
    "(Maas et al. 2011, aclanthology.org/P11-1015)"
)
_PARTS = {
    "train": ("imdb_train.csv", "train"),
    "test": ("imdb_test.csv", "imdb_test_even_ids.csv", "test"),
}
_CLASS_OF = {"negative": 0, "neg": 0, "0": 0, "positive": 1, "pos": 1, "1": 1}
_LABELS = "give positive or negative, pos or neg, 1 or 0."


def find_files(sources: Sequence[str | Path] = ()) -> list[Path]:
    """The training and the test reviews, in this order: tables, or folders `pos/ neg/`.

    `sources`: the two of them, or one folder that holds them, or an `imdb` or `aclImdb` folder with them;
    without any, KANN_DATA_DIR and the fetched data sets are looked through.

    Raises:
        UnreadableDataset: one of them is missing; the message says which file belongs where.
    """
    if len(sources) == 2:
        return [Path(source) for source in sources]
    return [_find(part, [Path(source) for source in sources] or named_datasets.folders()) for part in _PARTS]


def read_reviews(path: Path, vocabulary: Sequence[str] = (UNKNOWN,)) -> Dataset:
    """The reviews of a file or folder, their labels 0 or 1, see `CLASSES`; their words stand in `tokens`.

    The archive's reviews without a label, `unsup`, are left out.

    Raises:
        UnreadableDataset: as `open_dataset`; or a label that says neither positive nor negative.
    """
    reviews = open_dataset(path, vocabulary=list(vocabulary))
    if reviews.labels is None:
        raise UnreadableDataset(f"{path.name} has no labels: {_LABELS}")
    labelled = np.flatnonzero(reviews.labels.astype(str) != "unsup")
    if len(labelled) < len(reviews):
        reviews = replace(reviews.select(labelled), unknown_share=reviews.unknown_share)
    names = [str(label).lower() for label in reviews.labels]
    wrong = next((name for name in names if name not in _CLASS_OF), None)
    if wrong is not None:
        raise UnreadableDataset(f"{path.name} has the label {wrong[:40]!r}: {_LABELS}")
    return replace(reviews, labels=np.array([_CLASS_OF[name] for name in names], dtype=np.int64))


def most_frequent(texts: Iterable[Sequence[str]], size: int) -> list[str]:
    """`UNKNOWN`, then the most frequent words, `size` names in all; of equally frequent ones the first in the
    alphabet."""
    counts = Counter(word for words in texts for word in words)
    return [UNKNOWN, *sorted(counts, key=lambda word: (-counts[word], word))[: size - 1]]


def split_rows(
    labels: Int[np.ndarray, " reviews"], share: float, seed: int
) -> tuple[Int[np.ndarray, " training"], Int[np.ndarray, " validation"]]:
    """Rows to train on and rows held out, the latter `share` of every class, drawn by the seed.

    Raises:
        NotEnoughData: a class is missing, or too small to be split.
    """
    random = np.random.default_rng(seed)
    drawn = [random.permutation(np.flatnonzero(labels == label)) for label in CLASSES]
    counts = [round(share * len(rows)) for rows in drawn]
    if min(counts) < 1 or any(count == len(rows) for count, rows in zip(counts, drawn, strict=True)):
        raise NotEnoughData(
            f"{len(drawn[0])} negative and {len(drawn[1])} positive reviews cannot be split in two with "
            f"{share:.0%} held out: give more of them."
        )
    held_out = np.sort(np.concatenate([rows[:count] for rows, count in zip(drawn, counts, strict=True)]))
    return np.setdiff1d(np.arange(len(labels)), held_out), held_out


def _find(part: str, places: Sequence[Path]) -> Path:
    names = [f"{name}{ending}" for name in _PARTS[part] for ending in ("", ".gz")]
    candidates = [place / folder / name for place in places for folder in (".", "imdb", "aclImdb") for name in names]
    for candidate in candidates:
        if candidate.is_file() or any((candidate / label).is_dir() for label in ("pos", "neg")):
            return candidate
    looked = ", ".join(str(place) for place in places)
    raise UnreadableDataset(
        f"The {part} reviews are not at {looked}: put {_PARTS[part][0]} (or .gz) or the folder aclImdb there, name "
        "their folder, or fetch them: python -m kann fetch imdb."
    )
