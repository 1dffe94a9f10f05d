import numpy as np
import pytest
import torch
from torch import nn

from kann.errors import OutOfRange, UnknownNetwork
from kann.inputs import hidden_states as module_under_test
from kann.inputs.hidden_states import hidden_states
from kann.inputs.networks import build_network
from kann.records import Dataset
from tests.inputs.saved_networks import Model, saved

RECURRENT = {"RNN": nn.RNN, "GRU": nn.GRU, "LSTM": nn.LSTM}
CELLS = {"RNN": nn.RNNCell, "GRU": nn.GRUCell, "LSTM": nn.LSTMCell}


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


def signals(lengths, channels=3, **beside):
    rng = np.random.default_rng(0)
    sequences = [rng.normal(size=(length, channels)).astype(np.float32) for length in lengths]
    return Dataset("signal", sequences, sha256="0" * 64, **beside)


def texts(*sequences, kind="text"):
    return Dataset(kind, [np.array(tokens, dtype=np.int64) for tokens in sequences], sha256="0" * 64)


def network_of(**parts):
    return build_network(saved(Model(**parts)))


def stepwise(original, sequence):
    """Every state of every layer, by torch's own cells, one step of one sequence at a time."""
    cells = []
    for depth in range(original.num_layers):
        shape = (original.input_size if depth == 0 else original.hidden_size, original.hidden_size)
        cell = CELLS[original.mode.split("_")[0]](*shape, bias=original.bias)
        cell.load_state_dict({name: original.get_parameter(f"{name}_l{depth}") for name in cell.state_dict()})
        cells.append(cell)
    states, path = [None] * len(cells), []
    for inputs in torch.from_numpy(sequence):
        for depth, cell in enumerate(cells):
            states[depth] = cell(inputs, states[depth])
            inputs = states[depth][0] if isinstance(states[depth], tuple) else states[depth]
        path.append(torch.cat([torch.hstack(s) if isinstance(s, tuple) else s for s in states]).detach().numpy())
    return np.stack(path)


@pytest.mark.parametrize("kind", RECURRENT)
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("bias", [True, False])
def test_full_states_are_those_of_torchs_cells_layer_by_layer(kind, layers, bias):
    original = RECURRENT[kind](3, 5, num_layers=layers, bias=bias)
    data = signals([20, 7, 33])

    (batch,) = hidden_states(network_of(rnn=original), data)

    for values, sequence in zip(batch.values, data.sequences, strict=True):
        np.testing.assert_allclose(values[: len(sequence)], stepwise(original, sequence), atol=1e-6)


@pytest.mark.parametrize("kind", RECURRENT)
def test_hidden_is_the_last_layers_output(kind):
    original = RECURRENT[kind](3, 5, num_layers=2, batch_first=True)
    data = signals([40, 40])

    (batch,) = hidden_states(network_of(rnn=original), data, state="hidden")

    expected = original(torch.from_numpy(np.stack(data.sequences)))[0].detach().numpy()
    np.testing.assert_allclose(batch.values, expected, atol=1e-6)


def test_a_relu_network_unrolls_with_relu():
    original = nn.RNN(3, 5, nonlinearity="relu", batch_first=True)
    data = signals([12])

    (batch,) = hidden_states(build_network(saved(Model(rnn=original)), nonlinearity="relu"), data)

    expected = original(torch.from_numpy(data.sequences[0]))[0].detach().numpy()
    np.testing.assert_allclose(batch.values[0], expected, atol=1e-6)


def test_batches_keep_the_order_and_carry_what_belongs_to_their_sequences():
    data = signals([5, 9, 2, 4, 7], labels=np.array(list("abcde")), ids=np.array([3, 1, 4, 1, 5]))

    batches = list(hidden_states(network_of(rnn=nn.GRU(3, 4)), data, batch_size=2))

    assert [len(batch.values) for batch in batches] == [2, 2, 1]
    assert np.concatenate([batch.labels for batch in batches]).tolist() == list("abcde")
    assert np.concatenate([batch.ids for batch in batches]).tolist() == [3, 1, 4, 1, 5]
    assert np.concatenate([batch.lengths for batch in batches]).tolist() == [5, 9, 2, 4, 7]
    assert all(batch.values.dtype == np.float32 for batch in batches)


def test_batch_size_changes_nothing_but_the_batches():
    data, network = signals([15, 3, 8, 11]), network_of(rnn=nn.LSTM(3, 4))

    (together,) = hidden_states(network, data)
    alone = list(hidden_states(network, data, batch_size=1))

    for values, batch, length in zip(together.values, alone, data.lengths, strict=True):
        np.testing.assert_allclose(values[:length], batch.values[0], atol=1e-6)


def test_a_sequences_neighbours_do_not_matter():
    data, network = signals([4, 30, 0, 17, 30, 1, 18]), network_of(rnn=nn.LSTM(3, 4, num_layers=2))
    order = np.random.default_rng(1).permutation(7)

    (batch,) = hidden_states(network, data)
    (shuffled,) = hidden_states(network, data.select(order))

    np.testing.assert_allclose(shuffled.values, batch.values[order], atol=1e-6)
    np.testing.assert_array_equal(shuffled.inputs, batch.inputs[order])


def test_padding_is_zero_in_states_and_inputs():
    network = network_of(embed=nn.Embedding(9, 3), rnn=nn.LSTM(3, 4))

    (batch,) = hidden_states(network, texts([1, 2, 3, 4], [5, 6]))

    assert not batch.values[1, 2:].any()
    assert not batch.inputs[1, 2:].any()
    assert batch.values[1, :2].all()


def test_empty_sequences_pass_through():
    (batch,) = hidden_states(network_of(rnn=nn.LSTM(3, 4)), signals([0, 5, 0]))
    (nothing,) = hidden_states(network_of(rnn=nn.LSTM(3, 4)), signals([0]))

    assert batch.lengths.tolist() == [0, 5, 0]
    assert not batch.values[[0, 2]].any()
    assert nothing.values.shape == (1, 0, 8)


def test_no_sequences_give_no_batches():
    assert list(hidden_states(network_of(rnn=nn.LSTM(3, 4)), signals([]))) == []


def test_the_inputs_are_what_the_layer_received():
    data = signals([4, 6])
    network = network_of(embed=nn.Embedding(9, 3), rnn=nn.GRU(3, 4))

    (of_signals,) = hidden_states(network_of(rnn=nn.GRU(3, 4)), data)
    (of_text,) = hidden_states(network, texts([1, 8, 2]))

    np.testing.assert_array_equal(of_signals.inputs[1], data.sequences[1])
    np.testing.assert_array_equal(of_text.inputs[0], network.embedding.weight[[1, 8, 2]].numpy())


def test_symbols_without_an_embedding_are_one_hot():
    original = nn.RNN(4, 5, batch_first=True)

    (batch,) = hidden_states(network_of(rnn=original), texts([3, 0, 2], [1], kind="symbols"))

    np.testing.assert_array_equal(batch.inputs[0], np.eye(4, dtype=np.float32)[[3, 0, 2]])
    assert not batch.inputs[1, 1:].any()
    expected = original(torch.eye(4)[[3, 0, 2]])[0].detach().numpy()
    np.testing.assert_allclose(batch.values[0], expected, atol=1e-6)


def test_a_backward_direction_reads_every_sequence_from_its_true_end():
    original = nn.GRU(3, 4, bidirectional=True, batch_first=True)
    data = signals([6, 4])

    (batch,) = hidden_states(build_network(saved(Model(rnn=original)), direction="backward"), data)

    for row, sequence in enumerate(data.sequences):
        expected = original(torch.from_numpy(sequence))[0][:, 4:].flip(0).detach().numpy()
        np.testing.assert_allclose(batch.values[row, : len(sequence)], expected, atol=1e-6)
        np.testing.assert_array_equal(batch.inputs[row, : len(sequence)], sequence[::-1])


def test_stored_states_stream_without_a_network():
    rng = np.random.default_rng(0)
    states = [rng.normal(size=(length, 4)) for length in (5, 3, 6)]
    inputs = [rng.normal(size=(length, 2)) for length in (5, 3, 6)]
    data = Dataset("states", states, sha256="0" * 64, inputs=inputs, labels=np.array([0, 1, 1]))

    first, second = hidden_states(None, data, batch_size=2)

    np.testing.assert_array_equal(first.values[1, :3], states[1])
    np.testing.assert_array_equal(second.inputs[0], inputs[2])
    assert second.labels.tolist() == [1]
    assert not first.values[1, 3:].any()


def test_stored_states_may_come_without_inputs():
    (batch,) = hidden_states(None, Dataset("states", [np.ones((3, 4))], sha256="0" * 64))

    assert batch.inputs is None


def test_a_batch_is_cut_to_the_memory_it_may_take(monkeypatch):
    monkeypatch.setattr(module_under_test, "BATCH_BYTES", 4 * (8 + 3) * 20)
    data = signals([10, 10, 10, 30, 5, 5])

    batches = list(hidden_states(network_of(rnn=nn.LSTM(3, 4)), data))

    assert [batch.lengths.tolist() for batch in batches] == [[10, 10], [10], [30], [5, 5]]


def test_batches_are_made_as_they_are_asked_for():
    batches = hidden_states(network_of(rnn=nn.GRU(3, 4)), signals([5, 5, 5]), batch_size=1)

    next(batches)

    assert not torch.is_inference_mode_enabled()
    assert len(list(batches)) == 2


def test_the_callers_arrays_stay_as_they_are():
    data = signals([5, 8])
    before = [sequence.copy() for sequence in data.sequences]

    for batch in hidden_states(network_of(rnn=nn.GRU(3, 4)), data):
        batch.inputs[:] = 0

    for sequence, copy in zip(data.sequences, before, strict=True):
        np.testing.assert_array_equal(sequence, copy)


def test_other_channels_than_the_layers_are_refused():
    with pytest.raises(UnknownNetwork, match="rnn reads 1 channels a step, but the data have 3: keep in the file"):
        hidden_states(network_of(rnn=nn.GRU(1, 4)), signals([5]))


def test_text_needs_an_embedding():
    with pytest.raises(UnknownNetwork, match=r"rnn reads 3 channels .* no embedding .*roles=\{'embedding': 'embed'\}"):
        hidden_states(network_of(rnn=nn.GRU(3, 4)), texts([1, 2]))


def test_signals_do_not_pass_an_embedding():
    with pytest.raises(UnknownNetwork, match=r"embedding of 9 rows, but the data are of the kind 'signal'"):
        hidden_states(network_of(embed=nn.Embedding(9, 3), rnn=nn.GRU(3, 4)), signals([5]))


@pytest.mark.parametrize("token", [9, -1])
def test_a_token_without_a_row_is_refused(token):
    with pytest.raises(OutOfRange, match=f"Token {token} is in the data, but the embedding has 9 rows"):
        hidden_states(network_of(embed=nn.Embedding(9, 3), rnn=nn.GRU(3, 4)), texts([1, 2], [], [token]))


def test_a_symbol_without_a_channel_is_refused():
    with pytest.raises(OutOfRange, match="Token 3 is in the data, but rnn reads one channel a symbol, 3, numbered"):
        hidden_states(network_of(rnn=nn.GRU(3, 4)), texts([1, 3], kind="symbols"))


def test_data_other_than_states_need_a_network():
    with pytest.raises(UnknownNetwork, match="kind 'signal' are read by a network"):
        hidden_states(None, signals([5]))


def test_a_batch_holds_a_sequence_at_least():
    with pytest.raises(OutOfRange, match="at least 1 sequence, not 0"):
        hidden_states(network_of(rnn=nn.GRU(3, 4)), signals([5]), batch_size=0)


def test_a_state_of_another_name_is_refused():
    with pytest.raises(OutOfRange, match=r"'full' .* or 'hidden' .*, not 'cell'"):
        hidden_states(network_of(rnn=nn.GRU(3, 4)), signals([5]), state="cell")


def test_stored_states_keep_their_digits():
    states = np.random.default_rng(0).standard_normal((3, 5, 2))
    dataset = Dataset("states", list(states), "x")

    found = next(hidden_states(None, dataset)).values

    np.testing.assert_array_equal(found, states)
