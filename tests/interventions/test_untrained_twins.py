import pytest
import torch
from torch import nn

from kann.errors import OutOfRange
from kann.inputs.networks import build_network
from kann.interventions.untrained_twins import kinds_of, untrained_twin
from tests.inputs.saved_networks import Model, saved


def network_of(**parts):
    torch.manual_seed(1)
    return build_network(saved(Model(**parts)))


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_a_twin_is_what_torch_itself_would_start_from(kind):
    twin = untrained_twin(network_of(rnn=kind(3, 5, num_layers=2), fc=nn.Linear(5, 2)), seed=7)

    torch.manual_seed(7)
    module, readout = kind(3, 5, num_layers=2), nn.Linear(5, 2)
    for part, expected in ((twin.module, module), (twin.readout, readout)):
        for name, weight in expected.named_parameters():
            torch.testing.assert_close(part.get_parameter(name), weight.detach(), rtol=1e-6, atol=0)


def test_the_embedding_is_drawn_anew_too():
    twin = untrained_twin(network_of(embed=nn.Embedding(30, 4), rnn=nn.GRU(4, 5)), seed=7)

    torch.manual_seed(7)
    assert torch.equal(twin.embedding.weight, nn.Embedding(30, 4).weight)


def test_every_weight_is_new_and_the_trained_network_stays():
    network = network_of(enc=nn.LSTM(1, 5), dec=nn.LSTM(5, 8, bias=False), out=nn.Linear(8, 1))
    before = [weight.clone() for part in (network.module, network.decoder) for weight in part.parameters()]

    twin = untrained_twin(network, seed=0)

    after = [weight for part in (network.module, network.decoder) for weight in part.parameters()]
    fresh = [weight for part in (twin.module, twin.decoder) for weight in part.parameters()]
    assert all(torch.equal(old, now) for old, now in zip(before, after, strict=True))
    assert all((old != new).all() for old, new in zip(before, fresh, strict=True))


def test_the_same_seed_gives_the_same_twin_and_leaves_the_global_generator_alone():
    network = network_of(rnn=nn.GRU(2, 3))
    before = torch.get_rng_state()

    once, again, other = (untrained_twin(network, seed).module.weight_hh_l0 for seed in (3, 3, 4))

    assert torch.equal(once, again)
    assert not torch.equal(once, other)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_twin_runs_and_takes_no_gradients():
    twin = untrained_twin(network_of(rnn=nn.LSTM(2, 3)), seed=0)

    assert not twin.module.training
    assert not any(weight.requires_grad for weight in twin.module.parameters())
    assert twin.module(torch.zeros(1, 4, 2))[0].shape == (1, 4, 3)


def test_forget_gates_of_a_twin_start_at_one_where_a_cell_has_one():
    lstm = untrained_twin(network_of(rnn=nn.LSTM(2, 4)), 0, "forget bias 1").module
    gru = untrained_twin(network_of(rnn=nn.GRU(2, 4)), 0, "forget bias 1").module
    plain = untrained_twin(network_of(rnn=nn.LSTM(2, 4)), 0).module

    for module in (lstm, gru):  # torch's order of gates: i f g o; r z n
        assert torch.equal(module.bias_hh_l0[4:8], torch.ones(4))
    assert torch.equal(lstm.weight_hh_l0, plain.weight_hh_l0)
    assert torch.equal(lstm.bias_hh_l0[:4], plain.bias_hh_l0[:4])


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_every_gate_of_an_orthogonal_twin_keeps_lengths(kind):
    module = untrained_twin(network_of(rnn=kind(3, 5, num_layers=2)), 0, "orthogonal").module

    for weight in (module.weight_hh_l0, module.weight_hh_l1):
        for block in weight.split(5):
            torch.testing.assert_close(block @ block.T, torch.eye(5), rtol=0, atol=1e-5)


def test_a_shuffled_twin_has_each_gates_own_values_in_other_places():
    network = network_of(embed=nn.Embedding(30, 4), rnn=nn.GRU(4, 6), fc=nn.Linear(6, 2))
    twin = untrained_twin(network, 0, "shuffled")

    gates = zip(network.module.weight_hh_l0.split(6), twin.module.weight_hh_l0.split(6), strict=True)
    for trained, shuffled in (*gates, (network.embedding.weight, twin.embedding.weight)):
        assert torch.equal(trained.flatten().sort().values, shuffled.flatten().sort().values)
        assert not torch.equal(trained, shuffled)


def test_kinds_are_those_that_the_cell_has_a_place_for():
    assert "forget bias 1" not in kinds_of(network_of(rnn=nn.RNN(2, 3)))
    assert "forget bias 1" not in kinds_of(network_of(rnn=nn.GRU(2, 3, bias=False)))
    with pytest.raises(OutOfRange, match="no untrained twin of kind 'forget bias 1': choose default, orthogonal"):
        untrained_twin(network_of(rnn=nn.RNN(2, 3)), 0, "forget bias 1")
