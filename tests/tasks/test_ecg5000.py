import gzip
import hashlib

import numpy as np
import pytest

from kann.errors import NotEnoughData, UnreadableDataset
from kann.tasks.beats import SHIPPED, simulate_beats
from kann.tasks.ecg5000 import find_files, read_beats, split_beats


@pytest.fixture
def folder(tmp_path):
    beats, _ = simulate_beats(dict.fromkeys(SHIPPED, 3))
    rows = [
        " ".join([f"{label:.7e}", *(f"{value:.7e}" for value in signal)])
        for label, signal in zip(beats.labels, beats.signals[:, :, 0], strict=True)
    ]
    (tmp_path / "ecg5000").mkdir()
    (tmp_path / "ecg5000" / "ECG5000_TRAIN.txt").write_text("\n".join(rows[:6]) + "\n")
    (tmp_path / "ecg5000" / "ECG5000_TEST.txt.gz").write_bytes(gzip.compress("\n".join(rows[6:]).encode()))
    return tmp_path


def test_files_are_found_in_a_folder_beside_each_other_and_by_environment(folder, monkeypatch):
    files = [folder / "ecg5000" / name for name in ("ECG5000_TRAIN.txt", "ECG5000_TEST.txt.gz")]
    monkeypatch.setenv("KANN_DATA_DIR", str(folder))

    for sources in ([], [folder], [folder / "ecg5000"], files[::-1]):
        assert [path.resolve() for path in find_files(sources)] == files


def test_a_missing_file_is_named_with_the_remedy(folder):
    (folder / "ecg5000" / "ECG5000_TEST.txt.gz").unlink()

    with pytest.raises(UnreadableDataset, match=r"ECG5000_TEST.txt \(or .gz\) is not at .*name their folder"):
        find_files([folder])


def test_without_a_folder_the_missing_file_is_named_too(tmp_path, monkeypatch):
    monkeypatch.setenv("KANN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("KANN_CACHE_DIR", str(tmp_path))

    with pytest.raises(UnreadableDataset, match=r"ecg5000/train is not here: put it at .*ECG5000_TRAIN.txt"):
        find_files()


def test_beats_are_pooled_training_file_first(folder):
    beats = read_beats(find_files([folder]))
    expected, _ = simulate_beats(dict.fromkeys(SHIPPED, 3))

    np.testing.assert_allclose(beats.signals, expected.signals, atol=1e-6)
    np.testing.assert_array_equal(beats.labels, expected.labels)


def test_digests_are_of_the_text_whether_packed_or_not(folder):
    files = find_files([folder])

    assert read_beats(files).files == {
        "ECG5000_TRAIN.txt": hashlib.sha256(files[0].read_bytes()).hexdigest(),
        "ECG5000_TEST.txt": hashlib.sha256(gzip.decompress(files[1].read_bytes())).hexdigest(),
    }


def test_training_holds_normal_beats_only_and_no_row_serves_twice():
    labels = np.random.default_rng(0).choice([1, 1, 1, 2, 3], size=500)
    split = split_beats(labels, seed=5)
    rows = np.concatenate([split.training, split.validation, split.test])

    assert (labels[split.training] == 1).all()
    assert sorted(rows.tolist()) == list(range(500))
    assert len(split.training) == round(0.7 * (labels == 1).sum())


def test_each_anomalous_class_is_halved_between_validation_and_test():
    labels = np.repeat([1, 2, 3], [40, 10, 7])
    split = split_beats(labels, seed=0)

    assert [(labels[split.validation] == label).sum() for label in (2, 3)] == [5, 3]
    assert [(labels[split.test] == label).sum() for label in (2, 3)] == [5, 4]


def test_another_seed_draws_another_split():
    labels = np.repeat([1, 2], [40, 10])

    np.testing.assert_array_equal(split_beats(labels, 0).test, split_beats(labels, 0).test)
    assert set(split_beats(labels, 0).test.tolist()) != set(split_beats(labels, 1).test.tolist())


def test_too_few_beats_are_counted_in_the_message():
    with pytest.raises(NotEnoughData, match="6 normal and 1 other beats cannot be split in three"):
        split_beats(np.array([1, 1, 1, 1, 1, 1, 2]), seed=0)
