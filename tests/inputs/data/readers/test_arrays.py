import io
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kann import KannError, UnreadableDataset, open_dataset


def saved(*single, save=np.savez, **named) -> io.BytesIO:
    """The arrays in a file in memory, as numpy saves them."""
    file = io.BytesIO()
    save(file, *single, **named)
    return file


@pytest.fixture
def values():
    return np.random.default_rng(0).normal(size=(4, 6, 3)).astype(np.float32)


@pytest.mark.parametrize("dtype", ["<f8", ">f4", "<f2", "<i4"])
def test_npy_comes_back_whatever_its_type_and_order(values, dtype):
    values = np.asfortranarray((values * 9).astype(dtype))

    dataset = open_dataset(saved(values, save=np.save))

    assert dataset.kind == "signal"
    assert dataset.sequences[0].dtype == np.float32
    np.testing.assert_array_equal(dataset.sequences, values.astype(np.float32))


def test_two_axes_are_sequences_of_one_channel(values):
    assert open_dataset(saved(values[:, :, 0], save=np.save)).sequences[0].shape == (6, 1)


@pytest.mark.parametrize("key", ["signals", "x", "data", "waves"])
def test_npz_finds_the_signals_and_what_stands_beside_them(values, key):
    file = saved(
        **{key: values}, y=np.array([1.0, 2, 1, 2]), lengths=np.array([6, 2, 3, 1]), sampling_rate=360, ids=list("abcd")
    )

    dataset = open_dataset(file)

    assert dataset.lengths.tolist() == [6, 2, 3, 1]
    assert dataset.labels.tolist() == [1, 2, 1, 2]
    assert dataset.labels.dtype == np.int64
    assert dataset.ids.tolist() == list("abcd")
    assert dataset.sampling_rate == 360
    np.testing.assert_array_equal(dataset.sequences[1], values[1, :2])


def test_padding_beyond_the_lengths_is_never_read(values):
    values[1, 2:] = np.nan

    assert open_dataset(saved(x=values, lengths=np.array([6, 2, 6, 6]))).lengths.tolist() == [6, 2, 6, 6]
    assert open_dataset(saved(x=values)).lengths.tolist() == [6, 2, 6, 6]


def test_states_keep_their_type_and_carry_inputs_and_words(values):
    tokens = np.array([[f"w{step}" for step in range(6)]] * 4)
    file = saved(states=values.astype(np.float64), inputs=values[:, :, :1], tokens=tokens, lengths=np.full(4, 5))

    dataset = open_dataset(file, max_length=4)

    assert dataset.kind == "states"
    assert dataset.sequences[0].dtype == np.float64
    assert dataset.inputs[0].shape == (4, 1)
    assert dataset.tokens[3] == ["w0", "w1", "w2", "w3"]


def test_one_matrix_of_states_is_one_sequence(values):
    assert open_dataset(saved(states=values[0])).sequences[0].shape == (6, 3)


def test_symbols_are_token_ids_with_names():
    dataset = open_dataset(saved(symbols=np.array([[0, 1, 1], [1, 0, 0]]), token_names=["blank", "a"]))

    assert dataset.kind == "symbols"
    assert dataset.sequences[0].dtype == np.int64
    assert dataset.token_names == ["blank", "a"]


def test_columns_name_the_array_and_kind_says_what_it_is(values):
    dataset = open_dataset(saved(first=values, second=2 * values), columns={"values": "second"}, kind="vectors")

    assert dataset.kind == "vectors"
    np.testing.assert_array_equal(dataset.sequences, 2 * values)


STEPS = np.zeros((2, 3, 1), np.float32)


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"first": STEPS, "second": STEPS}, "no array is called signals or states; there are first, second"),
        ({"x": STEPS.astype(complex)}, "array x holds c16: save it as float32"),
        ({"x": np.array(["a", "b"])}, "array x holds str.*, not real numbers"),
        ({"x": np.zeros((2, 0, 1))}, "array x has the shape .2, 0, 1."),
        ({"x": STEPS, "lengths": np.array([1, 4])}, "lengths run from 1 to 4: .* from 1 to the 3 steps"),
        ({"x": STEPS, "lengths": np.array([1])}, "array lengths has the shape .1,.: give one for each of the 2"),
        ({"x": STEPS * np.nan}, "lengths run from 0"),
        ({"states": STEPS * np.nan}, "array states is not finite in sequence 0, step 0"),
        ({"states": STEPS, "inputs": STEPS[:, 1:]}, "array inputs has the shape .2, 2, 1.: .2, 3. is expected"),
        ({"states": STEPS, "tokens": np.array(["a"])}, "tokens do not fit the .2, 3. sequences and steps"),
        ({"x": STEPS, "sampling_rate": -1}, "sampling_rate must be one positive number"),
        ({"symbols": STEPS}, "array symbols has the shape .2, 3, 1.: symbols are sequences x steps"),
        ({"symbols": STEPS[:, :, 0] + 0.5}, "array symbols holds fractions"),
        ({"x": np.array([[1, 2], [3]], dtype=object)}, "array x holds Python objects, which are never opened"),
        ({"x": np.zeros(2, dtype=[("a", "f4")])}, "array x is not a plain array"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_by_name(arrays, sentence):
    with pytest.raises(UnreadableDataset, match=sentence):
        open_dataset(saved(**arrays))


def test_a_header_that_promises_more_than_there_is_allocates_nothing():
    whole = saved(STEPS, save=np.save).getvalue()

    for broken in (whole[:-1], whole.replace(b"(2, 3, 1)", b"(2999999, 3, 1)")):
        with pytest.raises(
            UnreadableDataset, match=r"promises the shape .* the file was cut or damaged|no plain array"
        ):
            open_dataset(io.BytesIO(broken))


def test_texts_that_are_no_unicode_are_refused():
    damaged = saved(np.array([["ab", "c"]]), save=np.save).getvalue().replace(b"a\0\0\0", b"a\0\0\x7f")

    with pytest.raises(UnreadableDataset, match="holds texts that are not Unicode"):
        open_dataset(io.BytesIO(damaged))


def test_a_zip_file_without_arrays_and_a_cut_one_say_so():
    whole = saved(x=STEPS).getvalue()

    with pytest.raises(UnreadableDataset, match="npz file is damaged or was cut"):
        open_dataset(io.BytesIO(whole[:-30]))
    with pytest.raises(UnreadableDataset, match="zip file holds no arrays"):
        open_dataset(io.BytesIO(whole.replace(b".npy", b".txt")))


def test_arrays_that_unpack_to_suspiciously_much_are_refused(monkeypatch):
    monkeypatch.setattr("kann.inputs.data.sources._ALWAYS_UNPACKED", 2**10)

    with pytest.raises(UnreadableDataset, match="suspiciously much"):
        open_dataset(saved(save=np.savez_compressed, x=np.zeros((1, 2**20))))


@settings(max_examples=300, deadline=None)
@given(
    packed=st.booleans(),
    flips=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=4),
    cut=st.one_of(st.none(), st.integers(1, 400)),
)
def test_damaged_array_files_let_only_kann_errors_out(packed, flips, cut):
    save = np.savez_compressed if packed else np.savez
    content = bytearray(
        saved(save=save, states=STEPS, tokens=np.full((2, 3), "w"), lengths=np.array([3, 1])).getvalue()
    )
    for position, byte in flips:
        content[position % len(content)] = byte

    with suppress(KannError):
        open_dataset(io.BytesIO(bytes(content[:-cut] if cut else content)))


def test_words_in_bytes_are_decoded():
    dataset = open_dataset(saved(states=STEPS, tokens=np.full((2, 3), "é".encode())))

    assert dataset.tokens == [["é"] * 3] * 2
