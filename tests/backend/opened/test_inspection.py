import json
import os

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from kann.backend.opened.inspection import as_json, as_text, inspect
from kann.errors import UnreadableCheckpoint
from tests.networks import save_lstm
from tests.texts import save_classifier


def test_layers_come_with_their_roles(tmp_path):
    save_classifier(tmp_path)

    found = inspect(tmp_path / "model.pt")

    (entry,) = found.layers
    assert (entry.layer.name, entry.layer.cell, entry.layer.hidden_size) == ("lstm", "LSTM", 6)
    assert entry.roles == {"embedding": "embedding", "readout": "fc", "decoder": None}
    assert "lstm  LSTM 5 -> 6, with biases\n    embedding  embedding\n    read-out   fc" in as_text(found)


def test_tensors_keep_the_types_of_the_file(tmp_path):
    save_file({"a": torch.ones(2, 3, dtype=torch.bfloat16), "b": torch.tensor(1.0)}, tmp_path / "m.safetensors")

    found = inspect(tmp_path / "m.safetensors")

    assert {tensor.name: (tensor.shape, tensor.dtype) for tensor in found.tensors} == {
        "a": ((2, 3), "bfloat16"),
        "b": ((), "float32"),
    }
    assert "a  2 x 3       bfloat16" in as_text(found)
    assert "b  one number  float32" in as_text(found)
    assert "7 numbers in 2 tensors" in as_text(found)


def test_a_file_without_a_recurrent_layer_says_so(tmp_path):
    torch.save({"weight": torch.eye(2)}, tmp_path / "m.pt")

    assert "No recurrent layer is recognised by names and shapes." in as_text(inspect(tmp_path / "m.pt"))


def test_stacked_layers_in_both_directions_are_described(tmp_path):
    torch.save(nn.GRU(2, 3, num_layers=2, bidirectional=True, bias=False).state_dict(), tmp_path / "m.pt")

    assert "(no name)  GRU 2 -> 3, 2 layers, both directions, without biases" in as_text(inspect(tmp_path / "m.pt"))


@pytest.mark.parametrize(
    ("saved", "words"),
    [
        (lambda rnn: rnn, "relu, as the file states (mode)"),
        (
            lambda rnn: {"state_dict": rnn.state_dict(), "nonlinearity": "relu"},
            "relu, as the file states (nonlinearity)",
        ),
        (
            lambda rnn: rnn.state_dict(),
            "tanh is assumed: weights do not tell it from relu, and the file does not say",
        ),
    ],
    ids=["a whole module", "a word beside the weights", "a state dict"],
)
def test_the_nonlinearity_comes_with_whose_word_it_is(tmp_path, saved, words):
    torch.save(saved(nn.RNN(2, 3, nonlinearity="relu")), tmp_path / "m.pt")

    assert f"    nonlinearity  {words}\n" in as_text(inspect(tmp_path / "m.pt"))


def test_what_fits_a_role_beside_the_guess_is_offered(tmp_path):
    heads = {"lstm": nn.LSTM(2, 3), "actor": nn.Linear(3, 2), "critic": nn.Linear(3, 1)}
    torch.save(nn.ModuleDict(heads).state_dict(), tmp_path / "m.pt")

    found = inspect(tmp_path / "m.pt")

    assert "read-out   none guessed; what fits: actor, critic\n" in as_text(found)
    assert json.loads(as_json(found))["layers"][0]["fit"]["readout"] == ["actor", "critic"]


def test_what_stands_beside_the_tensors_is_named(tmp_path):
    torch.save({"state_dict": nn.LSTM(1, 2).state_dict(), "epoch": 3, "lr": 0.1}, tmp_path / "m.pt")

    found = inspect(tmp_path / "m.pt")

    assert found.metadata == ("epoch", "lr")
    assert "metadata  epoch, lr" in as_text(found)


def test_dangerous_globals_are_marked_and_the_others_are_not(tmp_path):
    torch.save({"model": nn.LSTM(1, 2), "hook": os.system}, tmp_path / "m.pt")

    found = inspect(tmp_path / "m.pt")
    told = as_text(found)

    assert found.dangerous == (f"{os.system.__module__}.system",)
    assert "torch.nn.modules.rnn.LSTM" in found.uncalled
    assert "Globals named in the file; none of them was called" in told
    assert told.count("dangerous if called") == 1
    assert told.endswith("Do not load this file with torch.load or pickle: it may run code.")


def test_a_harmless_file_comes_without_a_warning(tmp_path):
    assert "torch.load" not in as_text(inspect(save_lstm(tmp_path / "m.pt")))


def test_the_json_holds_all_of_it(tmp_path):
    path = save_lstm(tmp_path / "m.pt")

    told = json.loads(as_json(inspect(path)))

    assert told["layers"] == [
        {"name": "rnn", "cell": "LSTM", "input_size": 1, "hidden_size": 6, "layers": 1, "bidirectional": False,
         "bias": True, "nonlinearity": None, "roles": {"embedding": None, "readout": None, "decoder": None},
         "fit": {"embedding": [], "readout": [], "decoder": []}}
    ]  # fmt: skip
    assert told["tensors"][0] == {"name": "rnn.weight_ih_l0", "shape": [24, 1], "dtype": "float32"}
    assert told["bytes"] == path.stat().st_size
    assert told["uncalled"] == told["dangerous"] == []


def test_odd_names_are_escaped_in_both_forms(tmp_path):
    torch.save({"a\x1b[31m\n": torch.eye(2)}, tmp_path / "m.pt")

    found = inspect(tmp_path / "m.pt")

    assert r"a\x1b[31m\n" in as_text(found)
    assert "\x1b" not in as_text(found) + as_json(found)
    assert json.loads(as_json(found))["tensors"][0]["name"] == "a\x1b[31m\n"


def test_a_large_file_is_counted_in_megabytes(tmp_path):
    torch.save({"weight": torch.zeros(2**18)}, tmp_path / "m.pt")

    assert "1.0 MB; 262,144 numbers in 1 tensors" in as_text(inspect(tmp_path / "m.pt"))


def test_what_does_not_open_says_why(tmp_path):
    with pytest.raises(UnreadableCheckpoint, match=r"absent\.pt cannot be opened: there is no such file"):
        inspect(tmp_path / "absent.pt")
