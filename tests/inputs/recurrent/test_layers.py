import itertools

import pytest
import torch
from torch import nn

from kann import RecurrentLayer
from kann.inputs.recurrent.layers import projection_size, recurrent_layers

CELLS = {"RNN": nn.RNN, "GRU": nn.GRU, "LSTM": nn.LSTM}
PREFIXES = ("", "rnn", "module.encoder.rnn", "_orig_mod.weight_ih_l0")


def arrays(module, prefix=""):
    return {f"{prefix}.{name}" if prefix else name: value.numpy() for name, value in module.state_dict().items()}


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_layer_is_recognised_under_any_prefix_in_all_its_forms(cell, prefix):
    for layers, bias, bidirectional, hidden in itertools.product((1, 3), (True, False), (True, False), (1, 4)):
        module = CELLS[cell](5, hidden, layers, bias=bias, bidirectional=bidirectional)

        expected = RecurrentLayer(prefix, cell, 5, hidden, layers, bidirectional, bias)
        assert recurrent_layers(arrays(module, prefix)) == (expected,)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("bias", [True, False])
def test_a_cell_class_is_a_layer_of_one(cell, bias):
    module = getattr(nn, f"{cell}Cell")(5, 4, bias=bias)

    assert recurrent_layers(arrays(module, "steps.0")) == (RecurrentLayer("steps.0", cell, 5, 4, 1, False, bias),)


def test_several_layers_come_in_the_order_of_the_file():
    module = nn.ModuleDict({"encoder": nn.GRU(3, 4), "head": nn.Linear(4, 2), "decoder": nn.LSTM(4, 3)})

    found = recurrent_layers(arrays(module))

    assert [(layer.name, layer.cell) for layer in found] == [("encoder", "GRU"), ("decoder", "LSTM")]


def test_a_projected_lstm_is_listed_with_the_size_of_its_projection():
    tensors = arrays(nn.LSTM(5, 6, 2, proj_size=3, bidirectional=True), "rnn")

    (layer,) = recurrent_layers(tensors)

    assert layer == RecurrentLayer("rnn", "LSTM", 5, 6, 2, True)
    assert projection_size(tensors, layer) == 3


def test_other_layers_have_no_projection():
    tensors = arrays(nn.GRU(5, 6))

    assert projection_size(tensors, *recurrent_layers(tensors)) is None


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("weight_hh_l0", (12, 5)),
        ("weight_hh_l0", (8, 4)),
        ("weight_hh_l0", (0, 0)),
        ("weight_hh_l0", (12,)),
        ("weight_ih_l0", (9, 5)),
        ("weight_ih_l0", (12,)),
        ("weight_ih_l1", (12, 5)),
        ("bias_ih_l0", (4,)),
        ("bias_hh_l1", (12, 1)),
        ("weight_hr_l0", (3, 4)),
        ("weight_hr_l0", (4, 0)),
    ],
)
def test_tensors_that_do_not_fit_together_are_no_layer(name, shape):
    tensors = arrays(nn.GRU(5, 4, 2)) | {name: torch.zeros(shape).numpy()}

    assert recurrent_layers(tensors) == ()


@pytest.mark.parametrize("name", ["weight_hh_l0", "weight_hh_l1", "bias_ih_l0", "bias_hh_l1", "bias_hh_l0"])
def test_a_layer_with_a_tensor_missing_is_no_layer(name):
    tensors = arrays(nn.GRU(5, 4, 2))
    del tensors[name]

    assert recurrent_layers(tensors) == ()


def test_weights_of_whole_numbers_are_no_layer():
    tensors = {name: array.astype("int8") for name, array in arrays(nn.GRU(5, 4)).items()}

    assert recurrent_layers(tensors) == ()
