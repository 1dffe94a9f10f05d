import pytest

from kann.backend.opened.named_data import fetch, folders, listed
from kann.errors import UnreadableDataset
from kann.inputs.data.named_datasets import NAMED


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.delenv("KANN_DATA_DIR", raising=False)
    monkeypatch.setenv("KANN_CACHE_DIR", str(tmp_path))
    return tmp_path / "datasets"


def test_the_data_folder_is_looked_into_first(tmp_path, monkeypatch, cache):
    monkeypatch.setenv("KANN_DATA_DIR", str(tmp_path / "data"))

    assert folders() == [tmp_path / "data", cache]


def test_every_part_is_listed_with_where_it_lies(cache):
    (cache / "sst2").mkdir(parents=True)
    (cache / "sst2" / "train.tsv").write_text("good\t1\n")

    found = {name: path for name, _, path in listed()}

    assert set(found) == {f"{name}/{part}" for name, parts in NAMED.items() for part in parts}
    assert {name for name, path in found.items() if path} == {"sst2/train"}
    assert found["sst2/train"] == cache / "sst2" / "train.tsv"
    assert fetch("sst2/train") == [found["sst2/train"]]


def test_what_cannot_be_fetched_is_said_by_its_name(monkeypatch):
    monkeypatch.setenv("KANN_HOSTED", "1")

    with pytest.raises(UnreadableDataset, match=r"Cannot fetch imdb/test: downloads are off on this server: .* put"):
        fetch("imdb/test")
    with pytest.raises(UnreadableDataset, match="Cannot fetch cifar: no data set is called 'cifar': choose among"):
        fetch("cifar")
