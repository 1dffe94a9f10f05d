"""What a file says of its recurrent layers is obeyed, and what it does not say is assumed."""

import io

import pytest
import torch
from safetensors.torch import save
from torch import nn

from kann.errors import UnknownNetwork
from kann.inputs.checkpoints import open_checkpoint
from kann.inputs.networks import build_network
from tests.inputs.saved_networks import Model

WEIGHTS = {f"body.rnn.{name}": value for name, value in nn.RNN(2, 4).state_dict().items()}


def opened(value):
    file = io.BytesIO(value if isinstance(value, bytes) else b"")
    if not isinstance(value, bytes):
        torch.save(value, file)
        file.seek(0)
    return open_checkpoint(file)


def stated(**beside):
    (layer,) = opened({"state_dict": WEIGHTS, **beside}).recurrent_layers
    return layer.nonlinearity


@pytest.mark.parametrize("nonlinearity", ["relu", "tanh"])
@pytest.mark.parametrize("wrapped", [lambda it: it, lambda it: {"model": it, "epoch": 3}, nn.DataParallel])
def test_a_whole_module_does_here_what_it_did_in_torch(nonlinearity, wrapped):
    torch.manual_seed(0)
    module = Model(rnn=nn.RNN(2, 4, num_layers=2, nonlinearity=nonlinearity, batch_first=True))
    inputs = torch.randn(3, 6, 2)

    network = build_network(opened(wrapped(module)))

    assert network.layer.nonlinearity == nonlinearity
    torch.testing.assert_close(network.module(inputs)[0], module.rnn(inputs)[0], atol=1e-6, rtol=0)


def test_a_whole_cell_is_obeyed_too():
    torch.manual_seed(0)
    cell = nn.RNNCell(2, 4, nonlinearity="relu")
    inputs, h = torch.randn(3, 6, 2), torch.zeros(3, 4)
    for step in range(6):
        h = cell(inputs[:, step], h)

    network = build_network(opened(Model(body=cell)))

    torch.testing.assert_close(network.module(inputs)[0][:, -1], h, atol=1e-6, rtol=0)


def test_a_named_nonlinearity_overrules_the_file():
    checkpoint = opened(nn.RNN(2, 4, nonlinearity="relu"))

    assert build_network(checkpoint).module.nonlinearity == "relu"
    assert build_network(checkpoint, nonlinearity="tanh").module.nonlinearity == "tanh"


def test_each_half_of_an_autoencoder_has_its_own():
    encoder, decoder = nn.RNN(1, 6, nonlinearity="relu"), nn.RNN(6, 8)

    network = build_network(opened(Model(encoder=encoder, decoder=decoder, output=nn.Linear(8, 1))))

    assert network.module.nonlinearity == "relu"
    assert network.decoder.recurrent.nonlinearity == "tanh"


def test_a_state_dict_states_nothing_and_tanh_is_assumed():
    checkpoint = opened(WEIGHTS)

    assert checkpoint.recurrent_layers[0].nonlinearity is None
    assert build_network(checkpoint).module.nonlinearity == "tanh"


@pytest.mark.parametrize(
    "beside",
    [
        {"hyper_parameters": {"nonlinearity": "relu", "lr": 0.1}, "pytorch-lightning_version": "2.6"},
        {"config": {"network": {"rnn_nonlinearity": "ReLU"}}},
        {"args": {"model": "RNN_RELU", "emsize": 200}},
        {"nonlinearity": "relu"},
    ],
    ids=["Lightning", "a nested configuration", "the language model of torch's examples", "a word beside the weights"],
)
def test_hyper_parameters_beside_a_state_dict_are_obeyed(beside):
    assert stated(**beside) == "relu"


def test_the_metadata_of_safetensors_are_obeyed():
    (layer,) = opened(save(WEIGHTS, {"nonlinearity": "relu"})).recurrent_layers

    assert layer.nonlinearity == "relu"


@pytest.mark.parametrize(
    "beside",
    [
        {"encoder": {"nonlinearity": "relu"}, "decoder": {"nonlinearity": "tanh"}},
        {"hyper_parameters": {"activation": "relu"}},
        {"hyper_parameters": {"nonlinearity": "gelu"}},
        {"head.nonlinearity": "relu"},
    ],
    ids=["two that disagree", "a word for other layers too", "a third nonlinearity", "another module's"],
)
def test_what_may_mean_something_else_is_not_obeyed(beside):
    assert stated(**beside) is None


def test_what_a_module_says_of_a_layer_comes_before_what_is_said_of_all():
    assert stated(**{"body.nonlinearity": "tanh", "nonlinearity": "relu"}) == "tanh"
    assert stated(**{"body.rnn.mode": "RNN_RELU", "body.rnn.nonlinearity": "tanh"}) == "relu"


def test_layers_that_have_no_choice_state_none():
    (layer,) = opened({"state_dict": nn.GRU(2, 4).state_dict(), "nonlinearity": "relu"}).recurrent_layers

    assert layer.nonlinearity is None


@pytest.mark.parametrize(("name", "value"), [("hidden_size", 5), ("bidirectional", True), ("num_layers", 3)])
def test_weights_of_other_sizes_than_the_file_states_are_refused(name, value):
    module = Model(rnn=nn.LSTM(2, 4))
    setattr(module.rnn, name, value)

    with pytest.raises(UnknownNetwork, match=rf"The file states rnn\.{name} = {value}, but the weights of rnn have"):
        build_network(opened(module))
