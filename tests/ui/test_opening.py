"""The home page on files of other people: what it shows of them, and what it says of those that do not open."""

import base64
import json

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from torch import nn

from kann.backend.opened.pair import Pair
from tests.networks import save_states
from tests.texts import save_classifier
from tests.ui.pages import metric, open_app, said, spectrum_of


def upload(app, **files):
    """Puts files into the uploaders for model, data and vocabulary, and runs."""
    for uploader, name in zip(app.get("file_uploader"), ("model", "data", "words"), strict=True):
        if name in files:
            uploader.set_value((files[name].name, files[name].read_bytes(), "application/octet-stream"))
    app.run()
    assert not app.exception
    return app


def charts(app):
    """The charts on the page by what they are said to show."""
    return {chart.key: json.loads(chart.proto.spec) for chart in app.get("plotly_chart")}


def test_lengths_and_classes_of_texts_are_drawn_with_the_share_of_unknown_words(data_root):
    save_classifier(data_root)

    app = upload(open_app(), model=data_root / "model.pt", data=data_root / "texts.csv", words=data_root / "words.json")

    drawn = charts(app)
    assert {"classes", "lengths"} <= set(drawn)
    counts = drawn["classes"]["data"][0]["x"]
    assert np.frombuffer(base64.b64decode(counts["bdata"]), counts["dtype"]).tolist() == [40, 40]
    assert any("80 sequences" in words and "0 % of the words are not in the vocabulary" in words for words in said(app))


def test_a_network_alone_shows_what_is_in_its_file(data_root):
    app = upload(open_app(), model=data_root / "model.pt")

    assert "rnn: LSTM 1 → 6 (with biases)" in said(app)
    assert any("data are missing" in words for words in said(app))
    assert "rnn.weight_hh_l0" in app.dataframe[0].value["tensor"].tolist()


def test_a_file_without_a_recurrent_layer_lists_its_tensors(data_root):
    torch.save({"state_dict": nn.Linear(2, 3).state_dict(), "epoch": 3}, data_root / "linear.pt")

    app = upload(open_app(), model=data_root / "linear.pt", data=data_root / "beats.txt")

    assert len(app.error) == 1
    assert "No recurrent layer is recognised by names and shapes." in said(app)
    assert "Metadata: epoch" in said(app)
    assert app.dataframe[0].value["shape"].tolist() == ["3 × 2", "3"]


def nonlinearity_of(app):
    (choice,) = [group for group in app.button_group if group.label == "Nonlinearity"]
    return choice


def test_a_whole_module_is_taken_at_its_word_and_the_user_may_overrule_it(data_root):
    torch.save(nn.RNN(1, 4, nonlinearity="relu"), data_root / "relu.pt")
    app = upload(open_app(), model=data_root / "relu.pt", data=data_root / "beats.txt")

    assert nonlinearity_of(app).value == "relu"
    assert "Relu, as the file states (mode)." in said(app)
    assert app.session_state["pair"].nonlinearity is None

    nonlinearity_of(app).set_value("tanh").run()

    assert app.session_state["pair"].nonlinearity == "tanh"
    assert "Chosen here; otherwise relu, as the file states (mode)." in said(app)
    assert not app.error


def test_where_the_file_cannot_tell_the_page_says_that_tanh_is_assumed(data_root):
    torch.save(nn.RNN(1, 4, nonlinearity="relu").state_dict(), data_root / "weights.pt")

    app = upload(open_app(), model=data_root / "weights.pt", data=data_root / "beats.txt")

    assert nonlinearity_of(app).value == "tanh"
    assert any("Tanh is assumed: weights do not tell it from relu" in words for words in said(app))


def test_where_two_readings_fit_none_is_guessed_and_all_are_offered(data_root):
    parts = {"lstm": nn.LSTM(1, 6), "trunk": nn.Linear(6, 4), "actor": nn.Linear(4, 3), "critic": nn.Linear(4, 1)}
    torch.save(nn.ModuleDict(parts).state_dict(), data_root / "heads.pt")

    app = upload(open_app(), model=data_root / "heads.pt", data=data_root / "beats.txt")
    (readout,) = [box for box in app.selectbox if box.label == "Read-out"]
    assert readout.options == ["none", "trunk", "trunk+actor", "trunk+critic"]
    assert any(words.startswith("No guess:") for words in said(app))
    assert "No tensor of the file fits as embedding or decoder." in said(app)
    readout.select("trunk+actor").run()

    assert app.session_state["pair"].roles == (("readout", "trunk+actor"),)
    assert "A ReLU between its layers is assumed." in said(app)


def test_a_file_sorted_by_name_shows_the_layer_that_is_looked_at(data_root):
    parts = {"decoder": nn.LSTM(6, 8), "encoder": nn.LSTM(1, 6), "out": nn.Linear(8, 1)}
    weights = {f"{part}.{name}": tensor.numpy() for part in parts for name, tensor in parts[part].state_dict().items()}
    save_file(weights, data_root / "sorted.safetensors")

    app = upload(open_app(), model=data_root / "sorted.safetensors", data=data_root / "beats.txt")
    assert app.selectbox(key="layer choice").value == "encoder"
    app.selectbox(key="layer choice").select("decoder").run()

    assert app.session_state["pair"].layer == "decoder"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("1 2 3\n1 2 x3\n", "bad.txt: line 2, column 3 holds 'x3' where a number belongs"),
        ("1 2 3\n1 nan 3\n", "bad.txt: line 2, column 2 lacks a value inside the series"),
        ("1 2 3\n1 2\n", "bad.txt: line 2 has 2 columns where the first line has 3"),
        ("0.5 2 3\n0.25 2 3\n", "bad.txt: there are no labels"),
        ("", "bad.txt is empty"),
        ("\0\1\2\3", "bad.txt: this is a binary file of no known format"),
        ("1 2 3\n1 2 \udce9\n", "bad.txt: line 2 is not UTF-8 text (byte 0xe9 at byte 5 of the line)"),
    ],
)
def test_bad_data_get_one_sentence_and_what_is_open_stays(data_root, content, sentence):
    (data_root / "bad.txt").write_bytes(content.encode(errors="surrogateescape"))
    app = upload(open_app(), model=data_root / "model.pt", data=data_root / "beats.txt")
    before = app.session_state["pair"]

    upload(app, data=data_root / "bad.txt")

    assert [error.value.replace("\\", "").startswith(sentence) for error in app.error] == [True]
    assert app.session_state["pair"] == before
    assert any("60 sequences" in words for words in said(app))


@pytest.fixture
def states(tmp_path):
    with np.load(save_states(tmp_path / "plain.npz")) as file:
        return dict(file)


def test_a_link_to_what_is_not_there_says_so_once_beside_the_rest(data_root):
    app = open_app(model="path:gone.pt", data="path:beats.txt")

    assert [error.value.replace("\\", "") for error in app.error] == [
        f"'gone.pt' is not in the data folder {data_root.name}: check the spelling."
    ]
    assert any("60 sequences" in words for words in said(app))


BESIDE = {
    "labels": {"labels": np.arange(60) % 2},
    "tokens": {"tokens": np.full((60, 30), "word")},
    "inputs": {"inputs": np.random.default_rng(1).standard_normal((60, 30, 2)).astype(np.float32)},
    "sampling_rate": {"sampling_rate": np.array(50.0)},
}
BESIDE["all"] = {name: array for part in BESIDE.values() for name, array in part.items()}
BESIDE["nothing"] = {}


@pytest.mark.parametrize("beside", BESIDE)
def test_states_with_anything_beside_them_have_a_spectrum_without_a_network(data_root, states, beside):
    np.savez(data_root / "states.npz", **states, **BESIDE[beside])

    app = spectrum_of(Pair(data="path:states.npz"))

    assert metric(app, "rank") == 5
    assert not app.error


def test_inputs_beside_states_can_be_fitted_along_and_their_absence_is_said(data_root, states):
    np.savez(data_root / "states.npz", **states)
    np.savez(data_root / "driven.npz", **states, **BESIDE["inputs"])

    for file, absent in (("driven.npz", False), ("states.npz", True)):
        app = spectrum_of(Pair(data=f"path:{file}"))
        app.toggle(key="inputs").set_value(True)
        app.run()
        assert not app.exception
        assert not app.error
        assert any("this is the fit without them" in words for words in said(app)) == absent


def test_states_in_safetensors_carry_their_words_and_labels_as_metadata(data_root, states):
    said_of_them = {"tokens": json.dumps([["word"] * 30] * 60), "labels": json.dumps(["a", "b"] * 30)}
    save_file({"states": states["states"], "lengths": states["lengths"]}, data_root / "s.safetensors", said_of_them)

    app = spectrum_of(Pair(data="path:s.safetensors"))

    assert metric(app, "rank") == 5
    assert not app.error
