import errno
import functools
import hashlib
import io
import os
import sys
import tarfile
import threading
import zipfile
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from kann import UnreadableDataset, open_dataset
from kann.inputs.data import named_datasets
from kann.inputs.data.downloads import fetch
from kann.inputs.data.named_datasets import Part, find

BEATS = b"1 0.5 0.25\n2 -1 3\n"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    """A data folder and a cache, both empty."""
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("KANN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("KANN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("KANN_HOSTED", raising=False)
    return tmp_path


@pytest.fixture
def server(folders, monkeypatch):
    """A server of a folder on this machine, and a catalogue that points to it."""
    pytest.importorskip("pooch")
    (folders / "served").mkdir()
    handler = functools.partial(Quiet, directory=str(folders / "served"))
    served = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{served.server_port}"
    digest = hashlib.sha256(BEATS).hexdigest()
    catalogue = {
        "ecg5000": {
            "train": Part("ecg5000/ECG5000_TRAIN.txt", f"{url}/ECG5000.zip", digest),
            "test": Part("ecg5000/ECG5000_TEST.txt", f"{url}/ECG5000.zip", digest),
        },
        "sst2": {"train": Part("sst2/train.tsv", f"{url}/train.tsv", digest)},
        "imdb": {"train": Part("aclImdb/train", f"{url}/aclImdb.tar.gz")},
    }
    monkeypatch.setattr(named_datasets, "NAMED", catalogue)
    yield folders / "served"
    served.shutdown()
    served.server_close()


def zipped(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"folder/{name}.txt", content)
    return packed.getvalue()


def tarred(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


@pytest.mark.parametrize("path", ["ecg5000/ECG5000_TEST.txt", "ECG5000/ECG5000_TEST.txt.gz", "ECG5000_TEST.txt"])
def test_a_named_data_set_is_found_below_the_data_folder(folders, path):
    (folders / "data" / path).parent.mkdir(exist_ok=True)
    (folders / "data" / path).write_bytes(BEATS)

    assert open_dataset("ecg5000/test").labels.tolist() == [1, 2]
    assert find("ecg5000/test") == folders / "data" / path


def test_a_file_of_a_common_name_is_not_taken_for_a_data_set(folders):
    (folders / "data" / "train").mkdir()
    (folders / "data" / "input.txt").write_bytes(BEATS)

    for name in ("imdb", "tinyshakespeare"):
        with pytest.raises(UnreadableDataset, match="is not here"):
            find(name)


def test_a_missing_one_says_which_file_belongs_where_and_downloads_nothing(folders):
    with pytest.raises(
        UnreadableDataset, match=r"put it at .*data/ecg5000/ECG5000_TRAIN.txt, or fetch it: python -m kann"
    ):
        open_dataset("ecg5000")


def test_unknown_names_and_parts_are_refused_with_the_known_ones():
    with pytest.raises(UnreadableDataset, match="no data set is called 'ecg5': choose among ecg5000, ecg200"):
        find("ecg5")
    with pytest.raises(UnreadableDataset, match="ecg5000 has no part 'dev': choose among train, test"):
        open_dataset("ecg5000/dev")


def test_an_archive_is_fetched_checked_and_opened_by_name(server, folders):
    (server / "ECG5000.zip").write_bytes(zipped(ECG5000_TRAIN=BEATS, ECG5000_TEST=BEATS))

    found = fetch("ecg5000")
    (server / "ECG5000.zip").unlink()

    assert found == fetch("ecg5000") == [find("ecg5000/train"), find("ecg5000/test")]
    assert len(open_dataset("ecg5000")) == 2
    assert [path.name for path in (folders / "cache" / "datasets").iterdir()] == ["ecg5000"]


@pytest.mark.parametrize("place", ["file", "file/cache"])
def test_where_nothing_can_be_kept_fetching_ends_in_one_sentence(server, folders, monkeypatch, place):
    (server / "train.tsv").write_bytes(BEATS)
    (folders / "file").write_text("no folder")
    monkeypatch.setenv("KANN_CACHE_DIR", str(folders / place))

    with pytest.raises(UnreadableDataset, match=r"cannot be kept in .*file.* \(.+\): make room there, or set KANN"):
        fetch("sst2")


def test_a_full_disk_is_not_taken_for_a_damaged_download(server, monkeypatch):
    (server / "ECG5000.zip").write_bytes(zipped(ECG5000_TRAIN=BEATS, ECG5000_TEST=BEATS))

    def full(*arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("kann.inputs.data.downloads._unpack", full)

    with pytest.raises(UnreadableDataset, match=r"it cannot be kept in .+ \(No space left on device\)"):
        fetch("ecg5000")


def test_a_plain_file_is_fetched(server):
    (server / "train.tsv").write_bytes(BEATS)

    assert fetch("sst2/train")[0].read_bytes() == BEATS


def test_of_a_folder_of_texts_only_the_texts_are_written(server, folders):
    texts = {"aclImdb/train/pos/1_9.txt": b"good", "./aclImdb/train/neg/2_1.txt": b"bad"}
    others = {"aclImdb/train/pos/../../../../evil.txt": b"x", "aclImdb/train/unsup/0_0.txt": b"x", "/evil.txt": b"x"}
    (server / "aclImdb.tar.gz").write_bytes(tarred(texts | others))

    (folder,) = fetch("imdb")

    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.txt")) == [
        "neg/2_1.txt",
        "pos/1_9.txt",
    ]
    assert not list(folders.rglob("evil.txt"))


@pytest.mark.parametrize(
    ("name", "file", "content", "sentence"),
    [
        ("ecg5000", "ECG5000.zip", zipped(ECG5000_TRAIN=b"other"), "is not the file that was expected"),
        ("ecg5000", "ECG5000.zip", zipped(ECG5000_TEST=BEATS), "the download does not hold ECG5000_TRAIN.txt"),
        ("ecg5000", "ECG5000.zip", b"PK no zip", "ECG5000.zip is damaged"),
        ("sst2", "train.tsv", b"other", "cannot be fetched .* download it elsewhere"),
        ("imdb", "aclImdb.tar.gz", tarred({"aclImdb/test/pos/1_9.txt": b""}), "does not hold aclImdb/train"),
        ("imdb", "aclImdb.tar.gz", b"no tar", "aclImdb.tar.gz is damaged"),
        ("imdb", "nothing", b"", "cannot be fetched .*404.*put it at .*aclImdb/train"),
    ],
)
def test_what_was_not_expected_is_not_kept(server, folders, name, file, content, sentence):
    (server / file).write_bytes(content)

    with pytest.raises(UnreadableDataset, match=sentence):
        fetch(name)
    with pytest.raises(UnreadableDataset, match="is not here"):
        find(name)


def test_an_archive_of_too_much_is_refused(server, monkeypatch):
    (server / "aclImdb.tar.gz").write_bytes(tarred({"aclImdb/train/pos/1_9.txt": bytes(99)}))
    monkeypatch.setattr("kann.inputs.data.downloads.LARGEST", 9)

    with pytest.raises(UnreadableDataset, match="suspiciously much"):
        fetch("imdb")


def test_a_hosted_server_downloads_nothing(monkeypatch):
    monkeypatch.setenv("KANN_HOSTED", "1")

    with pytest.raises(UnreadableDataset, match=r"downloads are off on this server: .* put ECG5000_TRAIN.txt at"):
        fetch("ecg5000")


def test_without_pooch_the_address_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)

    with pytest.raises(UnreadableDataset, match=r"pip install pooch.; or download https://.*ECG5000.zip and put it at"):
        fetch("ecg5000")
