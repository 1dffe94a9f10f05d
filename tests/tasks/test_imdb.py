import csv

import numpy as np
import pytest

from kann.errors import NotEnoughData, UnreadableDataset
from kann.tasks.imdb import UNKNOWN, find_files, most_frequent, read_reviews, split_rows
from tests.texts import save_reviews

TEXTS = [("A <br />Good film", "positive"), ("a bad film", "negative")]


def write_table(path, rows, header=("review", "sentiment")):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def write_folder(folder, labels=("pos", "neg")):
    for label in labels:
        (folder / label).mkdir(parents=True)
        (folder / label / "0_9.txt").write_text("a good film")
    return folder


@pytest.mark.parametrize("place", [".", "imdb"])
def test_both_tables_are_found_in_a_folder_or_below_it(tmp_path, place):
    (tmp_path / place).mkdir(exist_ok=True)
    files = save_reviews(tmp_path / place)

    assert [path.resolve() for path in find_files([tmp_path])] == files
    assert find_files(files) == files


def test_the_archives_folders_are_found_too(tmp_path, monkeypatch):
    folders = [write_folder(tmp_path / "aclImdb" / part) for part in ("train", "test")]
    monkeypatch.setenv("KANN_DATA_DIR", str(tmp_path))

    assert [path.resolve() for path in find_files()] == folders


def test_what_is_missing_is_named_with_its_place(tmp_path):
    write_table(tmp_path / "imdb_train.csv", TEXTS)

    with pytest.raises(UnreadableDataset, match=r"test reviews are not at .*: put imdb_test.csv \(or .gz\)"):
        find_files([tmp_path])


def test_labels_are_the_classes_numbers_however_they_are_written(tmp_path):
    for labels in (("positive", "negative"), ("pos", "neg"), ("1", "0")):
        rows = [(text, label) for (text, _), label in zip(TEXTS, labels, strict=True)]
        assert read_reviews(write_table(tmp_path / "a.csv", rows)).labels.tolist() == [1, 0]


def test_reviews_without_a_label_are_left_out(tmp_path):
    reviews = read_reviews(write_folder(tmp_path / "train", ("neg", "pos", "unsup")))

    assert reviews.labels.tolist() == [0, 1]
    assert reviews.unknown_share == 1


def test_the_words_are_those_of_the_projects_own_tokenizer(tmp_path):
    reviews = read_reviews(write_table(tmp_path / "a.csv", TEXTS), [UNKNOWN, "film", "good"])

    assert reviews.tokens[0] == ["a", "good", "film"]
    assert reviews.sequences[0].tolist() == [0, 2, 1]


@pytest.mark.parametrize(
    ("rows", "header", "words"),
    [
        ([("a film", "fine"), ("a film", "bad")], ("review", "sentiment"), "has the label 'fine'"),
        ([("a good film",), ("a bad film",)], ("review",), "has no labels"),
    ],
)
def test_other_labels_are_refused(tmp_path, rows, header, words):
    path = write_table(tmp_path / "a.csv", rows, header)

    with pytest.raises(UnreadableDataset, match=f"{words}.*: give positive or negative"):
        read_reviews(path)


def test_the_most_frequent_words_come_first_and_equals_by_the_alphabet():
    texts = [["b", "a", "c", "c"], ["c", "d", "d"]]

    assert most_frequent(texts, 4) == [UNKNOWN, "c", "d", "a"]


def test_a_share_of_each_class_is_held_out_by_the_seed():
    labels = np.repeat([0, 1], [40, 60])
    training, held_out = split_rows(labels, 0.1, seed=3)

    assert np.bincount(labels[held_out]).tolist() == [4, 6]
    assert sorted([*training, *held_out]) == list(range(100))
    np.testing.assert_array_equal(split_rows(labels, 0.1, seed=3)[1], held_out)
    assert set(split_rows(labels, 0.1, seed=4)[1]) != set(held_out)


@pytest.mark.parametrize("labels", [[1, 1, 1], [0, 1]])
def test_too_few_reviews_are_not_split(labels):
    with pytest.raises(NotEnoughData, match=f"{labels.count(0)} negative and {labels.count(1)} positive"):
        split_rows(np.array(labels), 0.04, seed=0)
