"""What can be compared with what, and what each side is called."""

from dataclasses import replace

import pytest
import torch

from kann.analyses.koopman.spectrum.settings import Settings
from kann.backend.opened.library import Library, Words
from kann.backend.opened.pair import Pair
from kann.errors import OutOfRange, UnreadableCheckpoint
from kann.studies.koopman.contrasts import Contrast, networks_beside, sides_of, with_model
from kann.studies.koopman.questions.states import Twin
from tests.networks import save_lstm
from tests.studies.koopman.pairs import BEATS, TEXTS
from tests.texts import WORDS, save_classifier

FIT = Settings(rank=11)


def test_two_classes_are_the_same_network_with_two_labels(service):
    one, other = sides_of(service.library, BEATS, FIT, Contrast(classes=(1, 2))).sides

    assert (one.name, other.name) == ("class 1", "class 2")
    assert (one.fit.label, other.fit.label) == (1, 2)
    assert (one.pair, one.twin) == (other.pair, other.twin) == (None, None)


def test_a_twin_is_called_by_its_seed_and_kind(service):
    one, other = sides_of(service.library, BEATS, FIT, Contrast(twin=3, kind="orthogonal")).sides

    assert (one.name, other.name) == ("this network", "twin 3 (orthogonal)")
    assert (one.twin, other.twin) == (None, Twin("orthogonal", 3))


def test_a_second_network_of_another_width_has_a_rank_of_its_own(service):
    one, other = sides_of(service.library, BEATS, FIT, Contrast(model="path:other.pt")).sides

    assert (one.name, other.name) == ("model.pt", "other.pt")
    assert (one.fit.rank, other.fit.rank) == (11, 8)
    assert other.pair == Pair(data=BEATS.data, model="path:other.pt")


def test_files_of_one_name_are_told_apart(service):
    (service.library.root / "later").mkdir(exist_ok=True)
    save_lstm(service.library.root / "later" / "model.pt", seed=3)

    found = sides_of(service.library, BEATS, FIT, Contrast(model="path:later/model.pt"))

    assert [side.name for side in found.sides] == ["model.pt (A)", "model.pt (B)"]


def test_sides_that_cannot_be_compared_are_said(service):
    for contrast, error, words in (
        (Contrast(classes=(1, 1)), OutOfRange, "Class 1 cannot be compared with itself"),
        (Contrast(model="path:model.pt"), OutOfRange, "Both checkpoints are the same file"),
        (Contrast(model="path:beats.txt"), UnreadableCheckpoint, "format"),
    ):
        with pytest.raises(error, match=words):
            sides_of(service.library, BEATS, FIT, contrast)


def test_only_demos_that_read_the_data_stand_beside_them(service):
    assert "demo:ecg" in networks_beside(service.library, BEATS)
    assert "demo:ecg" not in networks_beside(service.library, Pair(data="demo:ecg", model="demo:ecg"))
    assert "demo:ecg" not in networks_beside(service.library, TEXTS)


def test_texts_are_read_in_the_words_of_the_network_that_has_its_own(tmp_path):
    save_classifier(tmp_path)
    state = torch.load(tmp_path / "model.pt")
    torch.save({"state_dict": {**state, "fc.bias": state["fc.bias"] + 1}}, tmp_path / "bare.pt")
    torch.save({"state_dict": state, "vocabulary": WORDS}, tmp_path / "worded.pt")
    given = Pair("path:texts.csv", "path:model.pt", vocabulary=Words("path:words.json"))
    library = Library(tmp_path)

    assert with_model(library, given, "path:bare.pt").vocabulary == Words("path:words.json")
    assert with_model(library, given, "path:worded.pt").vocabulary == Words("path:worded.pt", in_model=True)
    assert with_model(library, replace(given, vocabulary=None), "path:worded.pt").vocabulary is None
