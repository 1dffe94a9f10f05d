import io

import pytest
import torch
from torch import nn

from kann.inputs.checkpoints import open_checkpoint
from kann.inputs.networks import build_network
from kann.inputs.recurrent.roles import MOST_LAYERS, guess_roles, role_candidates
from tests.inputs.architectures import ARCHITECTURES
from tests.inputs.saved_networks import Model, saved, saved_by_name

# By their tensors' shapes alone, what they do with them cannot be known.
TWO_READINGS = (
    "frozen embedding behind a regression on word vectors",
    "frozen embedding that reads its own projection back",
    "translator with one embedding",
    "sentence VAE",
    "sentence VAE E=H",
    "annotated encoder-decoder",
    "TimeGAN",
    "auxiliary reconstruction",
)


def guess(**parts):
    checkpoint = saved(Model(**parts))
    return guess_roles(checkpoint, checkpoint.recurrent_layers[0])


def guess_by_name(**parts):
    checkpoint = saved_by_name(Model(**parts))
    return guess_roles(checkpoint, checkpoint.recurrent_layers[0])


def candidates(**parts):
    checkpoint = saved(Model(**parts))
    return role_candidates(checkpoint, checkpoint.recurrent_layers[0])


def test_an_embedding_is_known_by_its_name_or_by_standing_alone_before_the_layer():
    assert guess(tok_emb=nn.Embedding(9, 4), pos_emb=nn.Embedding(7, 4), rnn=nn.GRU(4, 5))["embedding"] == "tok_emb"
    assert guess(encoder=nn.Embedding(9, 4), rnn=nn.GRU(4, 5))["embedding"] == "encoder"


def test_two_nameless_tables_are_no_embedding():
    assert guess(a=nn.Embedding(9, 4), b=nn.Embedding(9, 4), rnn=nn.GRU(4, 5))["embedding"] is None


def test_a_linear_layer_is_no_embedding():
    assert guess(project=nn.Linear(4, 4), rnn=nn.GRU(4, 5))["embedding"] is None


def test_a_readout_without_bias_behind_the_layer_is_no_embedding():
    roles = guess(rnn=nn.GRU(4, 4), out=nn.Linear(4, 3, bias=False))

    assert roles["embedding"] is None
    assert roles["readout"] == "out"


def test_a_readout_may_be_defined_before_the_layer():
    assert guess(fc=nn.Linear(5, 2), rnn=nn.GRU(4, 5))["readout"] == "fc"


@pytest.mark.parametrize("hidden", [4, 5])
def test_a_hidden_layer_belongs_to_the_readout(hidden):
    roles = guess(rnn=nn.GRU(3, 5), fc1=nn.Linear(5, hidden), fc2=nn.Linear(hidden, 2))

    assert roles["readout"] == "fc1+fc2"


def test_attention_is_not_the_readout():
    roles = guess(rnn=nn.GRU(3, 5), attention=nn.Linear(5, 1), fc=nn.Linear(5, 2))

    assert roles["readout"] == "fc"


@pytest.mark.parametrize(
    "parts",
    [
        {"actor": nn.Linear(5, 2), "critic": nn.Linear(5, 1)},
        {"norm": nn.LayerNorm(5), "fc": nn.Linear(5, 2)},
        {"head": nn.Sequential(nn.Linear(5, 4), nn.Linear(4, 2))},
        {"trunk": nn.Linear(5, 4), "actor": nn.Linear(4, 2), "critic": nn.Linear(4, 1)},
        {"dense": nn.Linear(5, 5), "classify": nn.Linear(5, 2)},
        {"head1": nn.Linear(5, 5), "head2": nn.Linear(5, 2)},
    ],
    ids=[
        "two heads",
        "a normalisation",
        "no activation",
        "a trunk with two heads",
        "a layer as wide",
        "numbered heads",
    ],
)
def test_an_ambiguous_readout_is_left_to_the_user(parts):
    assert guess(rnn=nn.GRU(3, 5), **parts)["readout"] is None
    assert candidates(rnn=nn.GRU(3, 5), **parts)["readout"]


def test_a_linear_layer_behind_a_second_recurrent_one_of_the_same_width_is_not_the_firsts_readout():
    roles = guess(first=nn.LSTM(1, 5), second=nn.LSTM(5, 5), fc=nn.Linear(5, 3))

    assert roles == {"embedding": None, "readout": None, "decoder": None}


def test_an_autoencoder_may_also_classify():
    roles = guess(enc=nn.LSTM(1, 5), dec=nn.LSTM(5, 8), out=nn.Linear(8, 1), classify=nn.Linear(5, 3))

    assert roles == {"embedding": None, "readout": "classify", "decoder": "dec+out"}


def test_a_bidirectional_layer_has_neither_readout_nor_decoder():
    both = nn.LSTM(1, 5, bidirectional=True)

    assert guess(enc=both, dec=nn.LSTM(5, 8), out=nn.Linear(8, 1), fc=nn.Linear(10, 2)) == {
        "embedding": None,
        "readout": None,
        "decoder": None,
    }


def test_candidates_begin_with_the_guess():
    offered = candidates(
        pos=nn.Embedding(7, 4), word=nn.Embedding(9, 4), rnn=nn.GRU(4, 5), attention=nn.Linear(5, 1), fc=nn.Linear(5, 2)
    )

    assert offered == {"embedding": ["word", "pos"], "readout": ["fc", "attention"], "decoder": []}


def test_tied_weights_serve_twice():
    embed, out = nn.Embedding(9, 4), nn.Linear(4, 9)
    out.weight = embed.weight

    roles = guess(embed=embed, rnn=nn.GRU(4, 4), out=out)

    assert (roles["embedding"], roles["readout"]) == ("embed", "out")


def test_integer_tensors_have_no_role():
    model = Model(rnn=nn.GRU(4, 5), table=nn.Module())
    model.table.register_buffer("weight", torch.zeros(9, 4, dtype=torch.int64))
    checkpoint = saved(model, dtype=torch.float32)
    checkpoint.tensors["table.weight"] = checkpoint.tensors["table.weight"].astype(int)

    assert role_candidates(checkpoint, checkpoint.recurrent_layers[0])["embedding"] == []


def test_a_file_sorted_by_name_gives_the_same_guesses_where_sizes_tell():
    roles = guess_by_name(table=nn.Embedding(9, 4), rnn=nn.GRU(4, 5), dense=nn.Linear(5, 6), classify=nn.Linear(6, 3))

    assert roles == {"embedding": "table", "readout": "dense+classify", "decoder": None}


def test_a_file_sorted_by_name_leaves_open_what_only_the_order_told():
    assert guess(rnn=nn.GRU(4, 4), out=nn.Linear(4, 3, bias=False))["embedding"] is None
    assert guess_by_name(rnn=nn.GRU(4, 4), out=nn.Linear(4, 3, bias=False))["embedding"] is None
    assert guess_by_name(rnn=nn.GRU(3, 5), norm=nn.LayerNorm(5), fc=nn.Linear(5, 2))["readout"] is None
    assert guess_by_name(rnn=nn.GRU(3, 5), a=nn.Linear(5, 5), b=nn.Linear(5, 5))["readout"] is None
    assert guess_by_name(one=nn.GRU(5, 5), other=nn.GRU(5, 5), fc=nn.Linear(5, 2))["readout"] is None


def test_a_normalisation_elsewhere_does_not_hide_the_readout():
    assert guess_by_name(norm=nn.LayerNorm(3), rnn=nn.GRU(3, 5), fc=nn.Linear(5, 2))["readout"] == "fc"
    assert guess(norm=nn.LayerNorm(5), rnn=nn.GRU(5, 5), fc=nn.Linear(5, 2))["readout"] == "fc"


def test_a_trunk_is_offered_with_each_of_its_heads():
    offered = candidates(rnn=nn.GRU(3, 5), trunk=nn.Linear(5, 4), actor=nn.Linear(4, 2), critic=nn.Linear(4, 1))

    assert offered["readout"] == ["trunk", "trunk+actor", "trunk+critic"]


@pytest.mark.parametrize("form", [saved, saved_by_name], ids=["in order", "sorted by name"])
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_no_architecture_gets_a_role_that_belongs_elsewhere(name, form):
    build, roles = ARCHITECTURES[name]
    checkpoint = form(build())

    for layer in checkpoint.recurrent_layers:
        for role, guessed in guess_roles(checkpoint, layer).items():
            assert guessed in (None, roles[layer.name].get(role)), f"{role} of {layer.name}"


@pytest.mark.parametrize("name", [name for name in ARCHITECTURES if name not in TWO_READINGS])
def test_what_belongs_to_a_layer_is_found_where_the_file_keeps_its_order(name):
    build, roles = ARCHITECTURES[name]
    checkpoint = saved(build())

    for layer in checkpoint.recurrent_layers:
        found = {role: guessed for role, guessed in guess_roles(checkpoint, layer).items() if guessed}
        assert found == roles[layer.name]


@pytest.mark.parametrize("name", TWO_READINGS)
def test_where_two_readings_fit_both_are_offered(name):
    build, roles = ARCHITECTURES[name]
    checkpoint = saved(build())

    for layer in checkpoint.recurrent_layers:
        offered = role_candidates(checkpoint, layer)
        assert all(right in offered[role] for role, right in roles[layer.name].items())


def test_a_projection_onto_tied_weights_has_no_relu_before_them():
    model = Model(embed=nn.Embedding(20, 4), gru=nn.GRU(4, 6), project=nn.Linear(6, 4))
    h = torch.randn(5, 6)

    network = build_network(saved(model), roles={"readout": "project+embed"})

    torch.testing.assert_close(network.readout(h), model.project(h) @ model.embed.weight.T, atol=1e-6, rtol=0)


def test_a_whole_module_tells_its_tables_from_its_linear_layers():
    file = io.BytesIO()
    torch.save(Model(x=nn.Embedding(9, 4), y=nn.Linear(4, 4, bias=False), rnn=nn.GRU(4, 5)), file)
    file.seek(0)
    checkpoint = open_checkpoint(file)

    assert guess_roles(checkpoint, checkpoint.recurrent_layers[0])["embedding"] == "x"


def test_among_very_many_recurrent_layers_nothing_is_guessed():
    many = {f"rnn{number}": nn.GRUCell(3, 3) for number in range(MOST_LAYERS + 1)}

    assert guess(embed=nn.Embedding(9, 3), **many) == {"embedding": None, "readout": None, "decoder": None}
