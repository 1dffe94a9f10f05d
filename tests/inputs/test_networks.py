import io
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from kann.errors import OutOfRange, UnknownNetwork
from kann.inputs.checkpoints import open_checkpoint
from kann.inputs.networks import build_network
from tests.inputs.saved_networks import Model, saved, saved_by_name

RECURRENT = {"RNN": nn.RNN, "GRU": nn.GRU, "LSTM": nn.LSTM}
CELLS = {"RNN": nn.RNNCell, "GRU": nn.GRUCell, "LSTM": nn.LSTMCell}


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


def autoencoder(channels=1, hidden=6, wide=10):
    return Model(
        encoder=nn.LSTM(channels, hidden, batch_first=True),
        decoder=nn.LSTM(hidden, wide, batch_first=True),
        output=nn.Linear(wide, channels),
    )


@pytest.mark.parametrize("cell", RECURRENT)
@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("bias", [True, False])
def test_the_rebuilt_module_gives_what_the_saved_one_gave(cell, layers, bias):
    original = RECURRENT[cell](3, 5, num_layers=layers, bias=bias, batch_first=True)
    inputs = torch.randn(4, 9, 3)

    network = build_network(saved(Model(rnn=original)))

    torch.testing.assert_close(network.module(inputs)[0], original(inputs)[0], atol=1e-6, rtol=0)


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_is_rebuilt_as_the_module_of_one_layer(cell):
    original = CELLS[cell](3, 5)
    inputs = torch.randn(4, 9, 3)
    state = None
    for step in range(9):
        state = original(inputs[:, step], state)

    network = build_network(saved(Model(body=original)))

    last = state[0] if cell == "LSTM" else state
    torch.testing.assert_close(network.module(inputs)[0][:, -1], last, atol=1e-6, rtol=0)


def test_a_relu_is_taken_on_the_users_word():
    original = nn.RNN(2, 4, nonlinearity="relu", batch_first=True)
    inputs = torch.randn(3, 6, 2)

    network = build_network(saved(Model(rnn=original)), nonlinearity="relu")

    torch.testing.assert_close(network.module(inputs)[0], original(inputs)[0], atol=1e-6, rtol=0)


@pytest.mark.parametrize("layers", [1, 2])
def test_each_direction_of_a_bidirectional_layer_runs_alone_in_its_own_time(layers):
    original = nn.GRU(2, 4, num_layers=layers, bidirectional=True, batch_first=True)
    first = nn.GRU(2, 4, bidirectional=True, batch_first=True)
    first.load_state_dict({name: original.state_dict()[name] for name in first.state_dict()})
    inputs = torch.randn(3, 7, 2)
    checkpoint = saved(Model(rnn=original))

    forward = build_network(checkpoint).module(inputs)[0]
    backward = build_network(checkpoint, direction="backward").module(inputs.flip(1))[0].flip(1)

    expected = first(inputs)[0]
    torch.testing.assert_close(torch.cat([forward, backward], dim=2), expected, atol=1e-6, rtol=0)


def test_the_module_is_for_running_only():
    network = build_network(saved(Model(rnn=nn.LSTM(2, 3).double(), fc=nn.Linear(3, 2))))

    assert not network.module.training
    assert all(not weight.requires_grad for part in (network.module, network.readout) for weight in part.parameters())
    assert {weight.dtype for weight in network.module.parameters()} == {torch.float32}


def test_half_precision_widens_to_float32():
    original = nn.LSTM(2, 3, batch_first=True).half()

    network = build_network(saved(Model(rnn=original), dtype=torch.float16))

    inputs = torch.randn(2, 5, 2)
    torch.testing.assert_close(network.module(inputs)[0], original.float()(inputs)[0], atol=1e-6, rtol=0)


def test_building_draws_no_random_numbers():
    checkpoint = saved(autoencoder())
    before = torch.get_rng_state()

    build_network(checkpoint)

    assert torch.equal(torch.get_rng_state(), before)


def test_the_checkpoint_keeps_its_own_arrays():
    checkpoint = saved(Model(rnn=nn.GRU(2, 3)))
    network = build_network(checkpoint)

    network.module.weight_hh_l0.zero_()

    assert np.abs(checkpoint.tensors["rnn.weight_hh_l0"]).min() > 0


@pytest.mark.parametrize("part", [nn.LSTM(2, 3, num_layers=2), nn.GRU(2, 3, bidirectional=True), nn.RNNCell(2, 3)])
def test_a_saved_file_comes_back_to_life(part):
    model, file = Model(embed=nn.Embedding(9, 2), body=part, fc=nn.Linear(3, 2)), io.BytesIO()
    torch.save(model.state_dict(), file)
    file.seek(0)

    opened, direct = build_network(open_checkpoint(file)), build_network(saved(model))

    assert opened.layer == direct.layer
    inputs = torch.randn(2, 5, 2)
    assert torch.equal(opened.module(inputs)[0], direct.module(inputs)[0])
    assert torch.equal(opened.embedding.weight, direct.embedding.weight)


def test_the_first_recurrent_layer_is_taken_unless_another_is_named():
    checkpoint = saved(autoencoder())

    assert build_network(checkpoint).layer.name == "encoder"
    assert build_network(checkpoint, layer="decoder").layer.hidden_size == 10


@pytest.mark.parametrize(("hidden", "wide"), [(6, 10), (6, 1), (1, 1)])
def test_a_file_sorted_by_name_still_begins_with_the_encoder(hidden, wide):
    network = build_network(saved_by_name(autoencoder(hidden=hidden, wide=wide)))

    assert network.layer.name == "encoder"
    assert network.decoder(torch.zeros(2, hidden), 4).shape == (2, 4, 1)


def test_a_file_sorted_by_name_with_layers_in_a_ring_begins_with_the_first():
    ring = Model(b=nn.GRU(3, 4), a=nn.GRU(4, 3))

    assert build_network(saved_by_name(ring)).layer.name == "a"


def test_a_layer_without_a_prefix_is_found_too():
    original = nn.GRU(2, 3, batch_first=True)

    network = build_network(saved(original), layer="")

    inputs = torch.randn(2, 5, 2)
    torch.testing.assert_close(network.module(inputs)[0], original(inputs)[0], atol=1e-6, rtol=0)


def test_a_classifier_has_its_embedding_and_its_readout():
    model = Model(embed=nn.Embedding(20, 4), gru=nn.GRU(4, 6), fc=nn.Linear(6, 2))
    network = build_network(saved(model))

    assert torch.equal(network.embedding.weight, model.embed.weight)
    h = torch.randn(3, 6)
    torch.testing.assert_close(network.readout(h), model.fc(h))
    assert network.decoder is None


def test_an_autoencoder_has_a_decoder():
    model = autoencoder()
    network = build_network(saved(model))
    last = torch.randn(3, 6)

    repeated = last[:, None].repeat(1, 8, 1)
    expected = model.output(model.decoder(repeated)[0])
    torch.testing.assert_close(network.decoder(last, 8), expected, atol=1e-6, rtol=0)
    assert network.readout is None
    assert network.embedding is None


def test_a_readout_of_two_linear_layers_has_a_relu_between():
    model = Model(gru=nn.GRU(2, 6), head=nn.Sequential(nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 3)))
    h = torch.randn(5, 6)

    torch.testing.assert_close(build_network(saved(model)).readout(h), model.head(h), atol=1e-6, rtol=0)


def test_roles_overrule_the_guess():
    model = Model(
        words=nn.Embedding(20, 4), tags=nn.Embedding(5, 4), gru=nn.GRU(4, 6), main=nn.Linear(6, 2), side=nn.Linear(6, 3)
    )
    network = build_network(saved(model), roles={"embedding": "tags", "readout": "side"})

    assert network.embedding.num_embeddings == 5
    assert network.readout.out_features == 3


def test_none_switches_a_role_off():
    network = build_network(saved(autoencoder()), roles={"decoder": None})

    assert network.decoder is None


def test_a_decoder_may_leave_out_its_only_linear_layer():
    network = build_network(saved(autoencoder()), roles={"decoder": "decoder"})

    assert network.decoder(torch.zeros(2, 6), 4).shape == (2, 4, 1)


def test_an_unknown_layer_is_answered_with_those_that_are_there():
    with pytest.raises(UnknownNetwork, match=r"no recurrent layer 'rnn' .* 'encoder', 'decoder'"):
        build_network(saved(autoencoder()), layer="rnn")


def test_a_checkpoint_without_recurrence_says_what_it_holds():
    with pytest.raises(UnknownNetwork, match=r"No recurrent layer .* fc\.weight \(3, 2\).*states_from_module"):
        build_network(saved(Model(fc=nn.Linear(2, 3))))


def test_an_empty_checkpoint_says_so():
    with pytest.raises(UnknownNetwork, match="it holds no tensors"):
        build_network(saved(Model()))


@pytest.mark.parametrize("recognised", [True, False])
def test_a_projection_is_refused(recognised):
    checkpoint = saved(Model(rnn=nn.LSTM(2, 6, proj_size=3)))
    if not recognised:
        checkpoint = replace(checkpoint, recurrent_layers=())

    with pytest.raises(UnknownNetwork, match=r"rnn\.weight_hr_l0 .* proj_size=3, .*states_from_module"):
        build_network(checkpoint)


def test_a_cell_of_another_kind_is_refused():
    checkpoint = saved(Model(rnn=nn.GRU(2, 3)))
    alien = replace(checkpoint, recurrent_layers=(replace(checkpoint.recurrent_layers[0], cell="QRNN"),))

    with pytest.raises(UnknownNetwork, match="rnn is a QRNN; cells that can be rebuilt: RNN, GRU, LSTM"):
        build_network(alien)


def test_weights_of_a_diverged_training_are_refused():
    model = Model(rnn=nn.GRU(2, 3))
    model.rnn.weight_hh_l0.data[0, :2] = torch.nan

    with pytest.raises(UnknownNetwork, match=r"2 of the 27 values of rnn\.weight_hh_l0 are NaN or infinite"):
        build_network(saved(model))


def test_a_nonlinearity_of_another_name_is_refused():
    with pytest.raises(OutOfRange, match="'tanh' or 'relu', not 'gelu'"):
        build_network(saved(Model(rnn=nn.RNN(2, 3))), nonlinearity="gelu")


def test_a_direction_of_another_name_is_refused():
    with pytest.raises(OutOfRange, match="'forward' or 'backward', not 'both'"):
        build_network(saved(Model(rnn=nn.RNN(2, 3))), direction="both")


def test_a_backward_direction_needs_a_bidirectional_layer():
    with pytest.raises(UnknownNetwork, match="rnn reads forward only"):
        build_network(saved(Model(rnn=nn.RNN(2, 3))), direction="backward")
    with pytest.raises(UnknownNetwork, match="the RNN reads forward only"):
        build_network(saved(nn.RNN(2, 3)), direction="backward")


def test_a_role_of_another_name_is_refused():
    with pytest.raises(UnknownNetwork, match="no role 'head'; the roles are embedding, readout, decoder"):
        build_network(saved(autoencoder()), roles={"head": "output"})


def test_an_embedding_that_does_not_fit_is_refused_with_both_sizes():
    model = Model(embed=nn.Embedding(20, 5), gru=nn.GRU(4, 6))

    with pytest.raises(UnknownNetwork, match="gru reads 4 values a step, but embed gives 5"):
        build_network(saved(model), roles={"embedding": "embed"})


def test_a_readout_that_does_not_fit_is_refused_with_both_sizes():
    with pytest.raises(UnknownNetwork, match="output reads 10 values a step, but encoder gives 6"):
        build_network(saved(autoencoder()), roles={"readout": "output"})


def test_a_readout_of_both_directions_is_refused():
    model = Model(gru=nn.GRU(2, 4, bidirectional=True), fc=nn.Linear(8, 2))

    assert build_network(saved(model)).readout is None
    with pytest.raises(UnknownNetwork, match="fc reads 8 values a step, but one direction of gru gives 4"):
        build_network(saved(model), roles={"readout": "fc"})


def test_a_role_without_its_tensor_is_answered_with_what_fits():
    model = Model(gru=nn.GRU(2, 4), fc=nn.Linear(4, 2))

    with pytest.raises(UnknownNetwork, match=r"head\.weight is not a weight .* what fits as its readout: fc;"):
        build_network(saved(model), roles={"readout": "head"})


def test_a_decoder_begins_with_a_recurrent_layer():
    with pytest.raises(UnknownNetwork, match=r"output is not; .* decoder: decoder\+output;"):
        build_network(saved(autoencoder()), roles={"decoder": "output"})


def test_a_decoder_with_two_possible_readouts_asks_for_one():
    model = autoencoder()
    model.add_module("other", nn.Linear(10, 3))

    with pytest.raises(UnknownNetwork, match=r"2 linear layers read the 10 units of decoder: name one"):
        build_network(saved(model), roles={"decoder": "decoder"})
