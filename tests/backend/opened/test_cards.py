import shutil

import pytest

from kann.backend.opened.cards import class_names, detector
from kann.backend.opened.library import Library
from kann.backend.opened.pair import Pair
from kann.tasks.demos import find_demo
from tests.networks import save_beats, save_lstm


@pytest.fixture
def library(tmp_path):
    save_lstm(tmp_path / "model.pt")
    save_beats(tmp_path / "beats.txt")
    save_beats(tmp_path / "My_ECG5000_part.txt")
    shutil.copy(find_demo("ecg").checkpoint, tmp_path / "renamed.safetensors")
    return Library(tmp_path)


def test_the_shipped_heartbeats_have_the_names_of_their_card(library):
    names = class_names(library, Pair("demo:ecg", "demo:ecg"))

    assert names == find_demo("ecg").card["classes"]


def test_a_card_is_known_by_the_model_s_bytes_whatever_the_file_is_called(library):
    pair = Pair("path:My_ECG5000_part.txt", "path:renamed.safetensors")

    assert class_names(library, pair)["1"] == "normal"
    assert detector(library, pair).threshold == find_demo("ecg").card["threshold"]["loss"]
    assert set(detector(library, pair).scores) == {"validation", "test", "simulated"}


def test_the_shipped_data_are_known_by_their_bytes(library, tmp_path):
    shutil.copy(find_demo("ecg").data, tmp_path / "mine.npz")

    assert class_names(library, Pair("path:mine.npz", "path:renamed.safetensors"))["1"] == "normal"


def test_labels_of_other_data_mean_something_else(library):
    assert class_names(library, Pair("path:beats.txt", "demo:ecg")) == {}


@pytest.mark.parametrize("model", ["path:model.pt", None])
def test_a_model_without_a_card_has_neither_names_nor_a_threshold(library, model):
    pair = Pair("demo:ecg", model)

    assert class_names(library, pair) == {}
    assert detector(library, pair) is None
