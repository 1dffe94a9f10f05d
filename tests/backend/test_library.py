import numpy as np
import pytest

from kann.backend.library import Library, Source, as_roles
from kann.errors import OutOfRange, UnreadableCheckpoint, UnreadableDataset
from tests.networks import save_beats, save_lstm, save_states


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
    monkeypatch.setattr("kann.backend.library.MOST_UPLOADED", 250)
    library = Library()
    references = [library.upload(f"{number}", bytes([number]) * 100) for number in range(4)]

    assert [library.name(reference) for reference in references[2:]] == ["2", "3"]
    assert library.name(references[0]) == references[0].removeprefix("upload:")


def test_a_huge_upload_is_refused(monkeypatch):
    monkeypatch.setattr("kann.backend.library.MOST_BYTES", 2**20)

    with pytest.raises(OutOfRange, match=r"big\.pt has 2 MB, an upload at most 1"):
        Library().upload("big.pt", bytes(2 * 2**20))


def test_states_need_no_network(root):
    assert Library(root).network(Source(data="path:states.npz")) is None


def test_digests_tell_apart_what_changes_states(root):
    library = Library(root)
    save_lstm(root / "other.pt", seed=1)
    source = Source(data="path:beats.txt", model="path:model.pt")

    assert library.digests(source) != library.digests(Source(data="path:beats.txt", model="path:other.pt"))
    assert as_roles({"b": None, "a": "x"}) == as_roles({"a": "x", "b": None})


@pytest.mark.parametrize("path", ["a\0b", "x" * 5000])
def test_what_no_file_could_be_called_is_refused(root, path):
    with pytest.raises(OutOfRange, match="no path that a file could have: check the spelling"):
        Library(root).checkpoint(f"path:{path}")


def test_a_folder_in_a_model_s_place_is_said(root):
    (root / "folder").mkdir()

    with pytest.raises(OutOfRange, match=r"folder cannot be read \(.+\): give a file that can"):
        Library(root).digests(Source(data="path:beats.txt", model="path:folder"))


def save_texts(folder):
    """Two texts a class, and words for them."""
    texts = {"neg/0": "a bad film", "neg/1": "not good", "pos/0": "a good film", "pos/1": "very good"}
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.txt").write_text(text)
    (folder.parent / "words.txt").write_text("<unk>\na\nfilm\ngood\nbad\n")


def test_a_folder_of_texts_opens_with_its_words_and_has_a_digest(root):
    save_texts(root / "texts")
    library, source = Library(root), Source(data="path:texts", model="path:model.pt", vocabulary="path:words.txt")
    before, dataset = library.digests(source), library.dataset("path:texts", "path:words.txt")

    (root / "texts" / "pos" / "2.txt").write_text("good")

    assert dataset.labels.tolist() == ["neg", "neg", "pos", "pos"]
    assert len(library.dataset("path:texts", "path:words.txt")) == 5
    assert library.digests(source) != before


def test_changed_words_are_read_again(root):
    save_texts(root / "texts")
    library = Library(root)
    before = library.dataset("path:texts", "path:words.txt")

    (root / "words.txt").write_text("<unk>\nvery\nnot\n")

    assert library.dataset("path:texts", "path:words.txt").unknown_share > before.unknown_share


def test_a_record_of_several_files_changes_with_each_of_them(root):
    wfdb = pytest.importorskip("wfdb")
    save_record(wfdb, root, rows=400)
    library, source = Library(root), Source(data="path:beat.hea", model="path:model.pt")
    before = library.digests(source)

    save_record(wfdb, root, rows=400, seed=1)

    assert library.digests(source)[0] == before[0]
    assert library.digests(source)[1] != before[1]
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
    assert len(library.digests(Source(data="named:ecg200/test"))[1]) == 64
    with pytest.raises(OutOfRange, match="names no model: give demo:NAME, path:FILE, named:DATASET or upload:DIGEST"):
        library.checkpoint("named:ecg200/test")
    with pytest.raises(UnreadableDataset, match=r"is not here: .*python -m kann fetch"):
        library.dataset("named:imdb")


def test_a_demo_that_reads_words_opens_with_its_models_own():
    library = Library()
    source = library.demo("sentiment")

    dataset = library.dataset(source.data, source.vocabulary)

    assert source == Source("demo:sentiment", "demo:sentiment", vocabulary="of demo:sentiment")
    assert len(dataset.token_names) == library.network(source).embedding.num_embeddings
    assert library.typed("Not bad at all.", source.vocabulary).tokens == [["not", "bad", "at", "all", "."]]
    assert None not in library.digests(source)[:3]


def test_a_demo_of_signals_opens_without_words_and_an_unknown_one_is_refused():
    assert Library().demo("ecg") == Source("demo:ecg", "demo:ecg")
    with pytest.raises(OutOfRange, match="no demo called 'egc'"):
        Library().demo("egc")
