"""Cells of our own, from the module that was trained to the one that a checkpoint's metadata rebuild."""

import io

import numpy as np
import pytest
import torch
from safetensors.torch import save
from torch import nn

import kann
from kann.errors import UnknownNetwork
from kann.inputs.recurrent.cells.antisymmetric import AntisymmetricRNN
from kann.inputs.recurrent.cells.orthogonal import OrthogonalRNN, cayley, modrelu
from kann.inputs.recurrent.layers import OWN_CELLS
from kann.interventions.untrained_twins import untrained_twin
from kann.records import Dataset, RecurrentLayer
from tests.inputs.saved_networks import Model

CELLS = {"orthogonal": OrthogonalRNN, "antisymmetric": AntisymmetricRNN}
SIGNALS = Dataset(
    "signal", list(np.random.default_rng(0).standard_normal((3, 60, 3)).astype(np.float32)), sha256="0" * 64
)


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


def saved(module, **metadata):
    return kann.open_checkpoint(io.BytesIO(save(module.state_dict(), metadata)))


def trained(cell, inputs=3, hidden=16):
    """A cell whose weights are no longer those of its start."""
    module = CELLS[cell](inputs, hidden)
    with torch.no_grad():
        for weight in module.parameters():
            weight += 0.05 * torch.randn(weight.shape)
    return module


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("name", ["rnn", "model.encoder.cell"])
def test_a_cell_is_rebuilt_from_the_checkpoints_metadata(cell, name):
    original, parts = trained(cell), name.split(".")
    module = original
    for part in reversed(parts):
        module = Model(**{part: module})

    network = kann.build_network(saved(module, cell=cell))

    assert network.layer == RecurrentLayer(name, cell, 3, 16)
    inputs = torch.from_numpy(np.stack(SIGNALS.sequences))
    torch.testing.assert_close(network.module(inputs)[0], original(inputs)[0], atol=1e-6, rtol=0)


@pytest.mark.parametrize("cell", CELLS)
def test_its_states_are_those_that_the_module_gives(cell):
    original = trained(cell)

    (batch,) = kann.hidden_states(kann.build_network(saved(Model(rnn=original), cell=cell)), SIGNALS)

    expected = original(torch.from_numpy(np.stack(SIGNALS.sequences)))[0].detach().numpy()
    np.testing.assert_allclose(batch.values, expected, atol=1e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_the_read_out_behind_it_is_guessed(cell):
    network = kann.build_network(saved(Model(out=nn.Linear(16, 5), rnn=trained(cell)), cell=cell))

    assert network.readout.out_features == 5


@pytest.mark.parametrize("cell", CELLS)
def test_a_module_goes_on_from_a_given_state(cell):
    original, inputs = trained(cell), torch.randn(2, 9, 3)

    whole, last = original(inputs)
    middle = original(inputs[:, :4])[1]

    torch.testing.assert_close(original(inputs[:, 4:], middle)[0], whole[:, 4:])
    torch.testing.assert_close(last[0], whole[:, -1])


@pytest.mark.parametrize("cell", CELLS)
def test_the_table_of_tensors_is_that_of_the_module(cell):
    sizes = {"h": 16, "i": 3}
    shapes = {leaf: tuple(sizes[axis] for axis in axes) for leaf, axes in OWN_CELLS[cell].items()}

    assert {name: tuple(tensor.shape) for name, tensor in CELLS[cell](3, 16).state_dict().items()} == shapes


@pytest.mark.parametrize("hidden", [5, 16])
def test_the_orthogonal_recurrence_keeps_every_length(hidden):
    recurrence = trained("orthogonal", hidden=hidden).recurrence

    torch.testing.assert_close(recurrence @ recurrence.T, torch.eye(hidden), atol=1e-6, rtol=0)


def test_a_fresh_orthogonal_recurrence_turns_by_angles_over_the_whole_half_circle():
    angles = np.angle(np.linalg.eigvals(OrthogonalRNN(3, 256).recurrence.detach().numpy()))

    assert np.histogram(np.abs(angles), bins=4, range=(0, np.pi))[0].min() > 32


def test_the_cayley_transform_of_one_plane_is_twice_the_turn_of_its_tangent():
    square = torch.tensor([[0.0, -np.tan(0.3) / 2], [np.tan(0.3) / 2, 0.0]], dtype=torch.float32)

    turned = cayley(square)

    expected = torch.tensor([[np.cos(0.6), np.sin(0.6)], [-np.sin(0.6), np.cos(0.6)]], dtype=torch.float32)
    torch.testing.assert_close(turned, expected, atol=1e-6, rtol=0)


def test_modrelu_shifts_magnitudes_and_keeps_signs():
    values = torch.tensor([[-2.0, -0.5, 0.0, 0.5, 2.0]])

    assert modrelu(values, torch.full((5,), -1.0)).tolist() == [[-1.0, 0.0, 0.0, 0.0, 1.0]]
    assert modrelu(values, torch.full((5,), 0.5)).tolist() == [[-2.5, -1.0, 0.0, 1.0, 2.5]]


def test_without_damping_an_antisymmetric_recurrence_has_purely_imaginary_eigenvalues():
    module = AntisymmetricRNN(3, 16, damping=0.0)

    values = np.linalg.eigvals(module.recurrence.detach().double().numpy())

    np.testing.assert_allclose(values.real, 0, atol=1e-6)
    assert np.abs(values.imag).max() > 0.1


def test_a_pass_over_the_data_makes_the_cayley_matrix_once(monkeypatch):
    asked = []
    monkeypatch.setattr(
        "kann.inputs.recurrent.cells.orthogonal.cayley", lambda square: asked.append(square) or cayley(square)
    )

    list(kann.hidden_states(kann.build_network(saved(Model(rnn=trained("orthogonal")), cell="orthogonal")), SIGNALS, 1))

    assert len(asked) == 1


def test_the_metadata_alone_tell_an_orthogonal_cell_from_other_tensors():
    with pytest.raises(UnknownNetwork, match="No recurrent layer is in this file"):
        kann.build_network(saved(Model(rnn=trained("orthogonal"))))


def test_an_unknown_cell_in_the_metadata_is_named_beside_those_that_are_known():
    with pytest.raises(UnknownNetwork, match=r"call its cell 'unitary', but .* are: orthogonal, antisymmetric"):
        kann.build_network(saved(Model(rnn=trained("orthogonal")), cell="unitary"))


def test_tensors_that_do_not_agree_with_the_cell_are_said_to():
    original = trained("orthogonal")
    original.bias = nn.Parameter(torch.zeros(3))

    with pytest.raises(UnknownNetwork, match="no prefix has its tensors weight_ih, skew_hh, bias in shapes that agree"):
        kann.build_network(saved(Model(rnn=original), cell="orthogonal"))


def test_layers_that_torch_knows_need_no_metadata_and_are_not_misled_by_them():
    checkpoint = saved(Model(rnn=nn.GRU(3, 4)), cell="whatever")

    assert [layer.cell for layer in checkpoint.recurrent_layers] == ["GRU"]


@pytest.mark.parametrize("cell", CELLS)
def test_twins_are_fresh_cells_that_their_seeds_draw(cell):
    original = trained(cell)
    network = kann.build_network(saved(Model(rnn=original), cell=cell))
    before = torch.get_rng_state()

    once, again, other = (untrained_twin(network, seed).module for seed in (3, 3, 4))

    for name in ("weight_ih", "skew_hh"):
        drawn = once.get_parameter(name)
        assert torch.equal(drawn, again.get_parameter(name))
        assert not torch.equal(drawn, other.get_parameter(name))
        assert not torch.equal(drawn, original.get_parameter(name))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("cell", CELLS)
def test_a_twin_is_what_the_cell_itself_would_start_from(cell):
    network = kann.build_network(saved(Model(rnn=trained(cell)), cell=cell))

    twin = untrained_twin(network, 7).module

    torch.manual_seed(7)
    fresh = CELLS[cell](3, 16)
    for name, weight in fresh.named_parameters():
        torch.testing.assert_close(twin.get_parameter(name), weight.detach())
