import pytest
import torch
from torch import nn

from kann.inputs.networks import build_network
from kann.interventions.untrained_twins import untrained_twin
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
