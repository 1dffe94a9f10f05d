import pytest

from kann import UnreadableDataset, open_dataset


def written(folder, files: dict[str, str]):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_a_subfolder_is_a_class_and_a_file_a_text(tmp_path):
    written(
        tmp_path / "films", {"pos/1.txt": "good\nfilm", "neg/7.txt": "bad", "neg/2.txt": "bad film", "notes.md": "?"}
    )

    dataset = open_dataset(tmp_path / "films", vocabulary=["good", "bad", "film"])

    assert dataset.name == "films"
    assert dataset.labels.tolist() == ["neg", "neg", "pos"]
    assert dataset.ids.tolist() == ["neg/2.txt", "neg/7.txt", "pos/1.txt"]
    assert dataset.tokens[2] == ["good", "film"]


def test_two_files_named_for_their_class_hold_a_text_a_line(tmp_path):
    written(tmp_path, {"rt.pos": "good\n\nfilm\n", "rt.neg": "bad\n"})

    dataset = open_dataset(tmp_path, vocabulary=["good", "bad", "film"])

    assert dataset.labels.tolist() == ["neg", "pos", "pos"]
    assert dataset.ids.tolist() == ["rt.neg:0", "rt.pos:0", "rt.pos:2"]


def test_the_digest_changes_with_any_file_and_with_nothing_else(tmp_path):
    first, second = (written(tmp_path / name, {"pos/1.txt": "good", "neg/1.txt": "bad"}) for name in "ab")

    digests = [open_dataset(folder, vocabulary=["good", "bad"]).sha256 for folder in (first, second)]
    written(second, {"neg/1.txt": "bad bad"})

    assert digests[0] == digests[1] != open_dataset(second, vocabulary=["good", "bad"]).sha256


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"notes.md": "?"}, "the folder holds no texts: give a subfolder for each class"),
        ({"train/pos/1.txt": "a", "test/pos/1.txt": "a"}, "open one of the folders test, train"),
        ({"100.hea": "100 2 360"}, "holds WFDB records: open one of them, such as 100.hea"),
        ({"pos/1.txt": "", "neg/1.txt": "a"}, "pos/1.txt: 1.txt is empty"),
    ],
)
def test_a_folder_without_texts_says_what_to_open(tmp_path, files, sentence):
    with pytest.raises(UnreadableDataset, match=sentence):
        open_dataset(written(tmp_path, files), vocabulary=["a"])


def test_a_folder_beyond_the_limit_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr("kann.inputs.data.readers.folders.LARGEST", 4)

    with pytest.raises(UnreadableDataset, match="split it into parts"):
        open_dataset(written(tmp_path, {"pos/1.txt": "too long"}), vocabulary=["a"])
