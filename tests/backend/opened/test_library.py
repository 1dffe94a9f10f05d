import os
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest

from kann.backend.opened.library import Library, Words
from kann.backend.opened.pair import Pair
from kann.errors import OutOfRange, UnreadableCheckpoint, UnreadableDataset
from tests.networks import save_beats, save_lstm, save_states
from tests.texts import save_classifier

WORDS = Words("path:words.txt")


@pytest.fixture
def root(tmp_path):
    save_lstm(tmp_path / "model.pt")
    save_beats(tmp_path / "beats.txt")
    save_states(tmp_path / "states.npz")
    return tmp_path


def test_paths_open_below_the_data_folder_and_once(root):
    library = Library(root)

    assert library.checkpoint("path:model.pt") is library.checkpoint("path:model.pt")
    assert len(library.dataset("path:beats.txt")) == 60


@pytest.mark.parametrize("path", ["../secret.pt", "/etc/passwd", "a/../../x"])
def test_no_path_leads_out_of_the_data_folder(root, path):
    with pytest.raises(OutOfRange, match="lies outside the data folder"):
        Library(root).checkpoint(f"path:{path}")


def test_a_link_that_leads_out_is_refused(root, tmp_path_factory):
    outside = save_lstm(tmp_path_factory.mktemp("outside") / "m.pt")
    (root / "link.pt").symlink_to(outside)

    with pytest.raises(OutOfRange, match="lies outside"):
        Library(root).checkpoint("path:link.pt")


def test_a_missing_file_and_a_missing_folder_are_said(root):
    with pytest.raises(OutOfRange, match="is not in the data folder"):
        Library(root).checkpoint("path:other.pt")
    with pytest.raises(OutOfRange, match="KANN_DATA_DIR, and it is not set"):
        Library(None).checkpoint("path:model.pt")


def test_an_odd_reference_is_refused(root):
    with pytest.raises(OutOfRange, match="names no model"):
        Library(root).checkpoint("ftp:model")


def test_a_changed_file_is_read_again(root):
    library = Library(root)
    before = library.checkpoint("path:model.pt").sha256
    save_lstm(root / "model.pt", seed=1)

    assert library.checkpoint("path:model.pt").sha256 != before


def test_uploads_open_by_their_digest_and_an_expired_one_says_so(root, monkeypatch):
    library = Library()
    reference = library.upload("m.pt", (root / "model.pt").read_bytes())

    assert library.checkpoint(reference).recurrent_layers[0].hidden_size == 6
    assert library.name(reference) == "m.pt"
    with pytest.raises(UnreadableCheckpoint, match="no longer kept here: upload the file again"):
        library.checkpoint("upload:0123456789abcdef")
    with pytest.raises(UnreadableDataset, match="no longer kept here"):
        library.dataset("upload:0123456789abcdef")


def test_the_oldest_uploads_leave_when_memory_is_full(monkeypatch):
    monkeypatch.setattr("kann.backend.opened.library.MOST_UPLOADED", 250)
    library = Library()
    references = [library.upload(f"{number}", bytes([number]) * 100) for number in range(4)]

    assert [library.name(reference) for reference in references[2:]] == ["2", "3"]
    assert library.name(references[0]) == references[0].removeprefix("upload:")


def test_a_huge_upload_is_refused(monkeypatch):
    monkeypatch.setattr("kann.backend.opened.library.MOST_BYTES", 2**20)

    with pytest.raises(OutOfRange, match=r"big\.pt has 2 MB, an upload at most 1"):
        Library().upload("big.pt", bytes(2 * 2**20))


def test_states_need_no_network(root):
    assert Library(root).network(Pair(data="path:states.npz")) is None


@pytest.mark.parametrize("path", ["a\0b", "x" * 5000])
def test_what_no_file_could_be_called_is_refused(root, path):
    with pytest.raises(OutOfRange, match="not a valid path: check the spelling"):
        Library(root).checkpoint(f"path:{path}")


def save_texts(folder):
    """Two texts a class, and words for them."""
    texts = {"neg/0": "a bad film", "neg/1": "not good", "pos/0": "a good film", "pos/1": "very good"}
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.txt").write_text(text)
    (folder.parent / "words.txt").write_text("<unk>\na\nfilm\ngood\nbad\n")


def test_a_folder_of_texts_opens_with_its_words_and_has_a_digest(root):
    save_texts(root / "texts")
    library, pair = Library(root), Pair(data="path:texts", model="path:model.pt", vocabulary=WORDS)
    before, dataset = library.open(pair).digest, library.dataset("path:texts", WORDS)

    (root / "texts" / "pos" / "2.txt").write_text("good")

    assert dataset.labels.tolist() == ["neg", "neg", "pos", "pos"]
    assert len(library.dataset("path:texts", WORDS)) == 5
    assert library.open(pair).digest != before


def test_changed_words_are_read_again(root):
    save_texts(root / "texts")
    library = Library(root)
    before = library.dataset("path:texts", WORDS)

    (root / "words.txt").write_text("<unk>\nvery\nnot\n")

    assert library.dataset("path:texts", WORDS).unknown_share > before.unknown_share


def test_a_record_of_several_files_changes_with_each_of_them(root):
    wfdb = pytest.importorskip("wfdb")
    save_record(wfdb, root, rows=400)
    library = Library(root)
    before = library.dataset("path:beat.hea").sha256

    save_record(wfdb, root, rows=400, seed=1)

    assert library.dataset("path:beat.hea").sha256 != before
    assert len(library.dataset("path:beat.hea")) == 3


def save_record(wfdb, folder, rows, seed=0):
    signal = np.random.default_rng(seed).standard_normal((rows, 1)).round(3)
    wfdb.wrsamp("beat", 100, ["mV"], ["I"], signal, fmt=["16"], write_dir=str(folder))
    wfdb.wrann("beat", "atr", np.array([100, 200, 300]), ["N"] * 3, write_dir=str(folder))


def test_a_data_set_is_found_by_its_name_and_no_model_is(root, monkeypatch):
    monkeypatch.setenv("KANN_DATA_DIR", str(root))
    save_beats(root / "ECG200_TEST.txt")
    library = Library(root)

    assert len(library.dataset("named:ecg200/test")) == 60
    assert library.name("named:ecg200/test", "data") == "ecg200/test"
    assert len(library.dataset("named:ecg200/test").sha256) == 64
    with pytest.raises(OutOfRange, match="names no model: give demo:NAME, path:FILE, named:DATASET or upload:DIGEST"):
        library.checkpoint("named:ecg200/test")
    with pytest.raises(UnreadableDataset, match=r"is not here: .*python -m kann fetch"):
        library.dataset("named:imdb")


def rewrite(path, content):
    """Another content of the same size, and the time set back, as `cp -p` and `touch -r` do."""
    before = path.stat()
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)


def age(monkeypatch):
    """An hour later: nothing on the disk has been written lately."""
    later = time.time() + 3600
    monkeypatch.setattr("kann.backend.opened.data_folder.time", SimpleNamespace(time=lambda: later))


@pytest.mark.parametrize("old", [True, False])
def test_data_changed_with_size_and_time_kept_are_read_again(root, monkeypatch, old):
    library, pair = Library(root), Pair(data="path:beats.txt", model="path:model.pt")
    if old:
        age(monkeypatch)
    before, digests = library.dataset("path:beats.txt"), library.open(pair).digest

    rewrite(root / "beats.txt", (root / "beats.txt").read_bytes().replace(b"e-01", b"e+01"))

    assert library.dataset("path:beats.txt").digest != before.digest
    assert library.open(pair).digest != digests


def test_a_model_changed_with_size_and_time_kept_is_read_again(root):
    (root / "other").mkdir()
    library = Library(root)
    before = library.checkpoint("path:model.pt")

    rewrite(root / "model.pt", save_lstm(root / "other" / "model.pt", seed=1).read_bytes())

    assert library.checkpoint("path:model.pt").sha256 != before.sha256


@pytest.mark.parametrize("old", [True, False])
def test_a_text_rewritten_inside_a_folder_is_read_again(root, monkeypatch, old):
    save_texts(root / "texts")
    library = Library(root)
    if old:
        age(monkeypatch)
    before = library.dataset("path:texts", WORDS)

    rewrite(root / "texts" / "neg" / "0.txt", b"a new film")

    assert before.tokens[0] == ["a", "bad", "film"]
    assert library.dataset("path:texts", WORDS).tokens[0] == ["a", "new", "film"]


def test_a_vocabulary_changed_with_size_and_time_kept_is_read_again(root):
    save_texts(root / "texts")
    library = Library(root)
    before = library.dataset("path:texts", WORDS)

    rewrite(root / "words.txt", (root / "words.txt").read_bytes().replace(b"good", b"poor"))

    assert library.dataset("path:texts", WORDS).unknown_share > before.unknown_share


def test_the_same_bytes_written_again_keep_their_digests_and_are_not_parsed_twice_at_once(root):
    library, pair = Library(root), Pair(data="path:beats.txt", model="path:model.pt")
    before = library.open(pair).digest

    (root / "beats.txt").write_bytes((root / "beats.txt").read_bytes())

    assert library.open(pair).digest == before
    assert library.dataset("path:beats.txt") is library.dataset("path:beats.txt")


def test_what_was_written_a_moment_ago_is_not_parsed_again_once_it_has_settled(root, monkeypatch):
    library = Library(root)
    before = library.dataset("path:beats.txt")

    age(monkeypatch)

    assert library.dataset("path:beats.txt") is before
    assert library.dataset("path:beats.txt") is before


# A table where its name says so; else lines, of which the first is a text as well.
LINES = b"text\na good film\na bad film\n"


def test_the_same_bytes_under_another_extension_are_other_data(tmp_path):
    save_classifier(tmp_path)
    for name in ("x.txt", "x.csv", "y.csv"):
        (tmp_path / name).write_bytes(LINES)
    library, words = Library(tmp_path), Words("path:words.json")
    lines, table, copy = (
        library.open(Pair(f"path:{name}", "path:model.pt", vocabulary=words)) for name in ("x.txt", "x.csv", "y.csv")
    )

    assert table.dataset.sha256 == lines.dataset.sha256
    assert table.digest == copy.digest != lines.digest


def test_uploads_of_the_same_bytes_under_two_names_are_two():
    library = Library()
    words = Words(library.upload("words.txt", b"<unk>\na\nfilm\ngood\nbad\ntext\n"))
    lines, table = (library.upload(name, LINES) for name in ("x.txt", "x.csv"))

    assert [len(library.dataset(reference, words)) for reference in (lines, table)] == [3, 2]
    assert [library.name(reference) for reference in (lines, table)] == ["x.txt", "x.csv"]


def test_within_one_look_a_file_stays_what_it_was_in_other_threads_too(root):
    library = Library(root)
    with library.look(), ThreadPoolExecutor(1) as pool:
        before = library.dataset("path:beats.txt")
        save_beats(root / "beats.txt", sequences=7)

        assert library.dataset("path:beats.txt") is before
        assert pool.submit(library.same_look(library.dataset), "path:beats.txt").result() is before
        assert len(pool.submit(library.dataset, "path:beats.txt").result()) == 7
    assert len(library.dataset("path:beats.txt")) == 7


def test_a_link_inside_a_folder_changes_with_what_it_leads_to(root, tmp_path_factory):
    save_texts(root / "texts")
    outside = tmp_path_factory.mktemp("outside") / "text.txt"
    outside.write_text("a bad film")
    (root / "texts" / "neg" / "link.txt").symlink_to(outside)
    (root / "texts" / "neg" / "gone.txt").symlink_to(outside.with_name("nowhere"))
    library = Library(root)
    before = library.dataset("path:texts", WORDS).digest

    rewrite(outside, b"a new film")

    assert library.dataset("path:texts", WORDS).digest != before
