"""The readers on the archives' own files; skipped where those are not at hand."""

import gzip
import hashlib
import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from kann import open_dataset
from kann.inputs.data.named_datasets import NAMED, parts_of, where

REAL = Path(os.environ.get("KANN_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason="the real data sets are not here")
FILMS = ["<unk>", "film", "good", "bad", "the", "a", ",", "."]


def opened(*parts: str, **wishes):
    return open_dataset(REAL.joinpath(*parts), **wishes)


@pytest.mark.parametrize("ending", [".arff.gz", ".ts.gz"])
def test_ecg5000_reads_the_same_in_every_format(ending):
    text, other = opened("ecg5000", "ECG5000_TRAIN.txt.gz"), opened("ecg5000", f"ECG5000_TRAIN{ending}")

    assert text.labels.tolist() == other.labels.tolist()
    np.testing.assert_allclose(text.sequences, other.sequences, rtol=2e-7, atol=1e-9)


@pytest.mark.parametrize("name", ["ArrowHead", "GunPoint", "BasicMotions", "PLAID"])
def test_the_archive_reads_the_same_in_every_format(name):
    first, *others = [open_dataset(path) for path in sorted((REAL / "ucr_formats" / name).glob("*TRAIN*"))]

    for other in others:
        assert other.labels.tolist() == first.labels.tolist()
        assert other.lengths.tolist() == first.lengths.tolist()
        for one, same in zip(first.sequences, other.sequences, strict=True):
            np.testing.assert_allclose(one, same, rtol=2e-7)


@pytest.mark.parametrize(
    ("path", "count", "channels", "shortest", "longest"),
    [
        ("JapaneseVowels/JapaneseVowels_TRAIN.ts", 270, 12, 7, 26),
        ("JapaneseVowels/JapaneseVowels_TEST.ts", 370, 12, 7, 29),
        ("BasicMotions/BasicMotions_TRAIN.ts", 40, 6, 100, 100),
        ("PickupGestureWiimoteZ/PickupGestureWiimoteZ_TRAIN.ts", 50, 1, 29, 361),
        ("PLAID/PLAID_TEST.arff.gz", 537, 1, 134, 1000),
        ("UnitTest/UnitTestTimeStamps_TRAIN.ts", 4, 1, 4, 4),
    ],
)
def test_sequences_of_the_archive_have_their_true_lengths(path, count, channels, shortest, longest):
    dataset = opened("ucr_formats", *path.split("/"))

    assert (len(dataset), dataset.width) == (count, channels)
    assert (dataset.lengths.min(), dataset.lengths.max()) == (shortest, longest)


def test_ecg200_has_a_negative_label():
    assert Counter(opened("ecg200", "ECG200_TRAIN.txt").labels.tolist()) == {1: 69, -1: 31}


@pytest.mark.parametrize(("record", "beats"), [("100", {"N": 2237, "A": 33, "V": 1}), ("208", {"V": 992, "F": 372})])
def test_mit_bih_records_are_cut_into_beats(record, beats):
    pytest.importorskip("wfdb")

    dataset = opened("wfdb", record)

    assert dataset.sampling_rate == 360
    assert Counter(dataset.labels.tolist()).items() >= beats.items()


@pytest.mark.parametrize(
    ("path", "classes"),
    [
        ("sst2/train.tsv", {0: 3310, 1: 3610}),
        ("sst2/dev.tsv", {0: 428, 1: 444}),
        ("sentiment_labelled_sentences/amazon_cells_labelled.txt", {0: 500, 1: 500}),
        ("sentiment_labelled_sentences/imdb_labelled.txt", {0: 500, 1: 500}),
        ("sentiment_labelled_sentences/yelp_labelled.txt", {0: 500, 1: 500}),
        ("rotten_tomatoes", {"neg": 5331, "pos": 5331}),
        ("imdb/aclImdb_sample/test", {"neg": 10, "pos": 10}),
        ("imdb/imdb_test_even_ids.csv.gz", {"negative": 6250, "positive": 6250}),
    ],
)
def test_texts_come_with_all_their_labels(path, classes):
    dataset = opened(*path.split("/"), vocabulary=FILMS, max_length=50)

    assert Counter(dataset.labels.tolist()) == classes
    assert 0 < dataset.unknown_share < 1


def test_shakespeare_opens_by_characters():
    dataset = opened("tinyshakespeare", "input.txt", vocabulary=list(map(chr, range(128))), tokenizer="characters")

    assert dataset.unknown_share == 0
    assert "".join(dataset.tokens[0]) == "First Citizen:"


@pytest.mark.parametrize("name", [f"{name}/{part}" for name, parts in NAMED.items() for part in parts])
def test_a_named_data_set_is_the_file_whose_checksum_is_known(name, monkeypatch):
    monkeypatch.setenv("KANN_DATA_DIR", str(REAL))
    (part,) = parts_of(name)
    path = where(part)
    if path is None or part.sha256 is None:
        pytest.skip(f"{name} is not here, or a folder")

    content = path.read_bytes()

    assert hashlib.sha256(gzip.decompress(content) if path.suffix == ".gz" else content).hexdigest() == part.sha256
    assert len(open_dataset(name, vocabulary=FILMS, kind="text" if name.startswith("tiny") else None)) > 0
