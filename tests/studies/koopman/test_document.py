import json
import math
import re
from dataclasses import asdict

import numpy as np
import pytest
import torch
from torch import nn

from kann.analyses.koopman.spectrum.settings import Settings
from kann.backend.engine.service import Service
from kann.backend.engine.store import Store
from kann.backend.opened.library import Library, Words
from kann.backend.opened.pair import Pair
from kann.studies.documents import as_json
from kann.studies.koopman.document import document
from kann.studies.koopman.questions.spectrum import BESIDE_UNTRAINED
from tests.networks import save_beats, save_lstm, save_states
from tests.texts import save_classifier

SETTINGS = Settings(rank=4, twins=2)


def documented(folder, pair, settings=SETTINGS):
    service = Service(Store(folder / "cache"), Library(folder))
    result = service.answer(pair, BESIDE_UNTRAINED(settings))
    return document(service.library, pair, settings, result), result


@pytest.fixture
def beats(tmp_path):
    save_lstm(tmp_path / "model.pt")
    save_beats(tmp_path / "beats.txt")
    return documented(tmp_path, Pair(data="path:beats.txt", model="path:model.pt"))


def test_a_document_says_what_was_asked_of_what(beats, tmp_path):
    told, _ = beats

    assert told["settings"] == asdict(SETTINGS)
    assert told["files"]["checkpoint"] == {
        "name": "model.pt",
        "sha256": Library(tmp_path).checkpoint("path:model.pt").sha256,
    }
    assert (told["files"]["kind"], told["files"]["sequences"], told["files"]["vocabulary"]) == ("signal", 60, None)
    assert told["network"] == {
        "name": "rnn", "cell": "LSTM", "input_size": 1, "hidden_size": 6, "layers": 1, "bidirectional": False,
        "bias": True, "nonlinearity": None, "nonlinearity_is": None, "direction": "forward",
        "roles": {"embedding": None, "readout": None, "decoder": None},
    }  # fmt: skip
    assert told["versions"]["numpy"] == np.__version__


def test_a_document_holds_the_result_s_numbers(beats):
    told, result = beats

    assert [complex(*pair) for pair in told["eigenvalues"]] == result.spectrum.eigenvalues.tolist()
    assert told["accuracy"]["R2"] == result.accuracy.R2
    assert told["accuracy"]["with_inputs"] == result.with_inputs
    assert told["untrained"]["R2"] == result.spectrum.untrained.R2.tolist()
    assert told["untrained"]["median_R2"] == pytest.approx(np.median(told["untrained"]["R2"]))
    assert told["untrained"]["networks_of_each_kind"] == 2
    assert told["rank"] == 4
    assert told["notes"] == list(result.notes)


def test_modes_are_rows_and_pairs_share_one(beats):
    told, result = beats

    upper = [value for value in result.spectrum.eigenvalues if value.imag >= 0]
    assert len(told["modes"]) == len(upper)
    assert all(row.keys() == told["modes"][0].keys() for row in told["modes"])
    assert all(re.fullmatch("[a-zA-Z0-9_]+", name) for name in (*told, *told["modes"][0], *told["untrained"]))


@pytest.mark.parametrize(
    ("saved", "given", "told"),
    [
        ("whole", None, ("relu", "stated in the file")),
        ("whole", "tanh", ("tanh", "given")),
        ("weights", None, ("tanh", "assumed")),
    ],
)
def test_a_document_says_on_whose_word_the_nonlinearity_is(tmp_path, saved, given, told):
    module = nn.RNN(1, 4, nonlinearity="relu")
    torch.save(module if saved == "whole" else module.state_dict(), tmp_path / "model.pt")
    save_beats(tmp_path / "beats.txt")

    network, _ = documented(tmp_path, Pair("path:beats.txt", "path:model.pt", nonlinearity=given), Settings(twins=0))

    assert (network["network"]["nonlinearity"], network["network"]["nonlinearity_is"]) == told


def test_states_have_neither_network_nor_twins(tmp_path):
    save_states(tmp_path / "states.npz")

    told, _ = documented(tmp_path, Pair(data="path:states.npz"))

    assert (told["network"], told["untrained"], told["files"]["checkpoint"]) == (None, None, None)


def test_chosen_roles_outrank_the_guessed_ones(tmp_path):
    save_classifier(tmp_path)
    files = {"data": "path:texts.csv", "model": "path:model.pt", "vocabulary": Words("path:words.json")}

    told, _ = documented(tmp_path, Pair(**files, roles=(("readout", None),)))

    assert told["network"]["roles"] == {"embedding": "embedding", "readout": None, "decoder": None}
    assert told["unit"] == "words"
    assert "words" in told["finding"]["headline"] + told["finding"]["support"]


def test_the_json_of_a_document_is_strict_and_comes_back(beats):
    told, _ = beats

    back = json.loads(as_json(told), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))

    assert back["eigenvalues"] == told["eigenvalues"]
    assert back["settings"] == told["settings"]


def test_what_json_has_no_number_for_gets_a_word():
    told = json.loads(as_json({"a": math.nan, "b": (math.inf, -math.inf, 1.5), "c": [{"d": np.float64("nan")}]}))

    assert told == {"a": None, "b": ["infinity", "-infinity", 1.5], "c": [{"d": None}]}
