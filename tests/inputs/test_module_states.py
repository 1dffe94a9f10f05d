import numpy as np
import pytest
import torch
from torch import nn

from kann.errors import OutOfRange, UnknownNetwork
from kann.inputs.module_states import states_from_module


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


class Stepping(nn.Module):
    """Calls its cell once a step."""

    def __init__(self, cell):
        super().__init__()
        self.cell = cell
        self.out = nn.Linear(5, 2)

    def forward(self, inputs):
        state = None
        for step in range(inputs.shape[1]):
            state = self.cell(inputs[:, step], state)
        return self.out(state[0] if isinstance(state, tuple) else state)


class MinimalGatedUnit(nn.Module):
    """A cell that torch does not have."""

    def __init__(self):
        super().__init__()
        self.gate, self.new = nn.Linear(8, 5), nn.Linear(8, 5)

    def forward(self, inputs, h):
        h = inputs.new_zeros(len(inputs), 5) if h is None else h
        gate = torch.sigmoid(self.gate(torch.cat([inputs, h], 1)))
        return h + gate * (torch.tanh(self.new(torch.cat([inputs, gate * h], 1))) - h)


class LinearRecurrentUnit(nn.Module):
    """A diagonal complex recurrence over the whole sequence."""

    def __init__(self):
        super().__init__()
        self.eigenvalues = nn.Parameter(torch.tensor([0.9 + 0.1j, 0.5 - 0.4j]))
        self.drive = nn.Parameter(torch.randn(3, 2, dtype=torch.complex64))

    def forward(self, inputs):
        driven, h, path = inputs.to(torch.complex64) @ self.drive, 0, []
        for step in range(inputs.shape[1]):
            h = self.eigenvalues * h + driven[:, step]
            path.append(h)
        return torch.stack(path, dim=1)


class Swapping(nn.Module):
    """Takes sequences first and runs a part that takes steps first."""

    def __init__(self, part):
        super().__init__()
        self.part = part

    def forward(self, inputs):
        return self.part(inputs.transpose(0, 1))


def test_a_hand_written_cell_gives_its_state_at_every_step():
    model, inputs = Stepping(MinimalGatedUnit()), torch.randn(4, 6, 3)

    (batch,) = states_from_module(model, inputs, "cell")

    h = None
    for step in range(6):
        h = model.cell(inputs[:, step], h)
        np.testing.assert_allclose(batch.values[:, step], h.detach().numpy(), atol=1e-6)
    np.testing.assert_array_equal(batch.inputs, inputs.numpy())
    assert batch.ids.tolist() == [0, 1, 2, 3]


def test_the_state_of_an_lstm_cell_is_h_and_c():
    model, inputs = Stepping(nn.LSTMCell(3, 5)), torch.randn(2, 6, 3)

    (batch,) = states_from_module(model, inputs, "cell")

    state = None
    for step in range(6):
        state = model.cell(inputs[:, step], state)
    np.testing.assert_allclose(batch.values[:, -1], torch.cat(state, 1).detach().numpy(), atol=1e-6)


def test_a_transformer_layer_gives_its_tokens():
    model = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8, batch_first=True), 2, enable_nested_tensor=False)
    inputs = torch.randn(3, 7, 4)

    (batch,) = states_from_module(model, inputs, "layers.1")

    np.testing.assert_allclose(batch.values, model.eval()(inputs).detach().numpy(), atol=1e-5)


def test_complex_states_lie_side_by_side():
    model, inputs = nn.Sequential(LinearRecurrentUnit()), torch.randn(3, 6, 3)

    (batch,) = states_from_module(model, inputs, "0")

    expected = model(inputs).detach().numpy()
    np.testing.assert_allclose(batch.values, np.concatenate([expected.real, expected.imag], axis=2), atol=1e-6)


def test_a_recurrent_module_gives_its_outputs_and_not_its_last_state():
    model = nn.Sequential(nn.GRU(3, 5, batch_first=True))
    inputs = torch.randn(2, 6, 3)

    (batch,) = states_from_module(model, inputs, "0")

    np.testing.assert_allclose(batch.values, model(inputs)[0].detach().numpy(), atol=1e-6)


def test_the_module_itself_is_a_layer_without_a_name():
    (batch,) = states_from_module(nn.GRU(3, 5, batch_first=True), torch.randn(2, 6, 3), "")

    assert batch.values.shape == (2, 6, 5)


def test_token_ids_pass_as_they_are():
    model, tokens = nn.Embedding(9, 4), np.array([[1, 8, 2], [0, 0, 3]])

    (batch,) = states_from_module(model, tokens, "")

    np.testing.assert_array_equal(batch.values, model.weight.detach().numpy()[tokens])
    assert batch.inputs is None


def test_double_precision_arrays_run_through_single_precision_weights():
    (batch,) = states_from_module(nn.Linear(3, 5), np.random.default_rng(0).normal(size=(2, 6, 3)), "")

    assert batch.values.dtype == np.float32


def test_no_padding_enters_a_module_that_looks_ahead():
    model = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)
    sequences = [torch.randn(length, 4) for length in (5, 3, 5, 7)]

    (batch,) = states_from_module(model, sequences, "")

    assert batch.lengths.tolist() == [5, 3, 5, 7]
    for row, sequence in enumerate(sequences):
        expected = model.eval()(sequence[None])[0].detach().numpy()
        np.testing.assert_allclose(batch.values[row, : len(sequence)], expected, atol=1e-5)
        assert not batch.values[row, len(sequence) :].any()


@pytest.mark.parametrize("sequences", [2, 6])
def test_a_part_that_takes_steps_first_is_turned(sequences):
    model, inputs = Swapping(nn.GRU(3, 5)), torch.randn(sequences, 6, 3)

    (batch,) = states_from_module(model, inputs, "part")

    np.testing.assert_allclose(batch.values, model(inputs)[0].transpose(0, 1).detach().numpy(), atol=1e-6)


@pytest.mark.parametrize("sequences", [2, 6])
def test_a_part_that_took_sequences_for_steps_is_refused(sequences):
    with pytest.raises(UnknownNetwork, match="batch_first=False but gives"):
        list(states_from_module(nn.GRU(3, 5), torch.randn(sequences, 6, 3), ""))


def test_batches_follow_the_inputs():
    batches = list(states_from_module(nn.Linear(3, 5), torch.randn(5, 6, 3), "", batch_size=2))

    assert [batch.ids.tolist() for batch in batches] == [[0, 1], [2, 3], [4]]


def test_later_work_in_place_does_not_reach_the_states():
    model, inputs = nn.Sequential(nn.Linear(3, 5), nn.ReLU(inplace=True)), torch.randn(2, 6, 3)

    (batch,) = states_from_module(model, inputs, "0")

    np.testing.assert_allclose(batch.values, model[0](inputs).detach().numpy(), atol=1e-6)


def test_dropout_is_off_and_the_mode_of_every_part_returns():
    model = nn.Sequential(nn.Linear(3, 5), nn.Dropout(0.9))
    model[0].eval()
    inputs = torch.randn(2, 6, 3)

    batches = states_from_module(model, inputs, "1")
    values = next(batches).values

    np.testing.assert_allclose(values, model[0](inputs).detach().numpy(), atol=1e-6)
    assert [part.training for part in model.modules()] == [True, False, True]
    assert not model[1]._forward_hooks


def test_the_hook_goes_even_when_the_module_fails():
    model = nn.Sequential(nn.Linear(3, 5), nn.Linear(4, 2))

    with pytest.raises(RuntimeError):
        list(states_from_module(model, torch.randn(2, 6, 3), "0"))

    assert not model[0]._forward_hooks
    assert model.training


def test_an_unknown_layer_is_answered_with_those_that_are_there():
    model = Stepping(MinimalGatedUnit())

    with pytest.raises(UnknownNetwork, match=r"no layer 'gru' in this module; it has cell, cell\.gate, cell\.new, out"):
        states_from_module(model, torch.randn(2, 6, 3), "gru")
    with pytest.raises(UnknownNetwork, match="it has none below itself"):
        states_from_module(nn.Linear(3, 5), torch.randn(2, 6, 3), "gru")
    with pytest.raises(UnknownNetwork, match="0, 1, 2, 3, 4, 5, 6, 7 and 2 more"):
        states_from_module(nn.Sequential(*[nn.ReLU() for _ in range(10)]), torch.randn(2, 6, 3), "gru")


def test_outputs_without_steps_are_refused_with_their_shape():
    with pytest.raises(UnknownNetwork, match=r"out gives the shape \(4, 2\) for 4 sequences of 6 steps"):
        list(states_from_module(Stepping(MinimalGatedUnit()), torch.randn(4, 6, 3), "out"))


def test_a_layer_called_more_than_once_but_not_at_each_step_is_refused():
    shared = nn.Linear(3, 3)

    with pytest.raises(UnknownNetwork, match=r"0 was called 2 times for 6 steps, the shapes \[\(4, 6, 3\)\]"):
        list(states_from_module(nn.Sequential(shared, shared), torch.randn(4, 6, 3), "0"))


def test_a_layer_that_is_never_called_is_refused():
    model = nn.Linear(3, 5)
    model.unused = nn.Linear(3, 5)

    with pytest.raises(UnknownNetwork, match="unused is never called while the module runs: name the layer around it"):
        list(states_from_module(model, torch.randn(4, 6, 3), "unused"))


def test_a_layer_that_gives_no_tensor_is_refused():
    class Naming(nn.Module):
        def forward(self, inputs):
            return {"h": inputs}

    with pytest.raises(UnknownNetwork, match="the module gives a dict"):
        list(states_from_module(Naming(), torch.randn(4, 6, 3), ""))


def test_sequences_need_steps_and_equal_channels():
    with pytest.raises(UnknownNetwork, match=r"Sequence 0 has the shape \(\): give it at least one step"):
        states_from_module(nn.Linear(3, 5), torch.randn(4), "")
    with pytest.raises(UnknownNetwork, match=r"Sequence 1 has the shape \(2, 4\), sequence 0 \(2, 3\)"):
        states_from_module(nn.Linear(3, 5), [torch.randn(2, 3), torch.randn(2, 4)], "")


def test_a_batch_holds_a_sequence_at_least():
    with pytest.raises(OutOfRange, match="at least 1 sequence, not 0"):
        states_from_module(nn.Linear(3, 5), torch.randn(2, 6, 3), "", batch_size=0)
