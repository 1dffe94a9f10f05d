"""Which sequences are fitted, held out and sampled: one rule, held against plain Python."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kann.backend.opened.samples import sample, shortened, split
from kann.records import Dataset


def numbered(count, labels=None, steps=9):
    """Each sequence is full of its own row number."""
    sequences = [np.full((steps, 1), row, np.float32) for row in range(count)]
    return Dataset("signal", sequences, "x", labels=None if labels is None else np.asarray(labels))


def splitmix64(state):
    """The first output of SplitMix64 from a state, in integers of any size; and the next state."""
    most = 2**64
    state = (state + 0x9E3779B97F4A7C15) % most
    mixed = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 % most
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB % most
    return mixed ^ (mixed >> 31), state


def test_the_plain_splitmix64_gives_the_published_numbers():
    first, state = splitmix64(1234567)
    second, _ = splitmix64(state)

    assert (first, second) == (6457827717110365317, 3203168211198807973)


def held_by_plain_python(labels, every):
    """Class by class, within a class by the hash of the row's number, every n-th one."""
    order = sorted(range(len(labels)), key=lambda row: (labels[row], splitmix64(row)[0]))
    return sorted(order[every - 1 :: every])


@pytest.mark.parametrize("every", [2, 5, 7])
def test_the_split_is_that_of_plain_integers(every):
    labels = [("b", "a", "c")[row % 3] for row in range(100)]

    assert split(numbered(100, labels), every).held_out.tolist() == held_by_plain_python(labels, every)
    assert split(numbered(100), every).held_out.tolist() == held_by_plain_python([0] * 100, every)


@given(count=st.integers(0, 200), classes=st.integers(1, 6), every=st.integers(2, 9), seed=st.integers(0, 9))
def test_every_sequence_is_on_one_side_and_each_class_has_its_share_held_out(count, classes, every, seed):
    labels = np.random.default_rng(seed).integers(0, classes, count)

    found = split(numbered(count, labels), every)

    assert sorted([*found.fitted, *found.held_out]) == list(range(count))
    assert (np.diff(found.fitted) > 0).all()
    assert (np.diff(found.held_out) > 0).all()
    alone = np.count_nonzero(np.bincount(labels) == 1)
    assert count // every - alone <= len(found.held_out) <= count // every
    for label in range(classes):
        own = np.count_nonzero(labels == label)
        held = np.count_nonzero(labels[found.held_out] == label)
        assert abs(held - own / every) < 1 if own > 1 else held == 0


def test_five_classes_in_turn_hold_out_a_fifth_of_each():
    labels = np.arange(100) % 5

    held = split(numbered(100, labels), 5).held_out

    assert np.bincount(labels[held]).tolist() == [4, 4, 4, 4, 4]


def test_what_the_classes_are_called_and_in_which_order_they_come_changes_little():
    labels = np.arange(90) % 3
    one, other = (
        split(numbered(90, names[labels]), 5) for names in (np.array(["a", "b", "c"]), np.array([30, 20, 10]))
    )

    # Whichever class comes first, within each the rows stand in the same order; a class of 30 is a multiple of 5.
    np.testing.assert_array_equal(one.held_out, other.held_out)


def test_the_split_does_not_depend_on_what_the_sequences_hold():
    dataset = numbered(50)
    other = Dataset("text", [np.arange(3)] * 50, "y")

    np.testing.assert_array_equal(split(dataset, 5).held_out, split(other, 5).held_out)


def test_fewer_sequences_than_one_in_n_hold_out_none_and_those_fitted_are_scored():
    found = split(numbered(4), 5)

    assert len(found.held_out) == 0
    assert found.scored.tolist() == [0, 1, 2, 3]
    assert split(numbered(5), 5).scored.tolist() == split(numbered(5), 5).held_out.tolist()


@pytest.mark.parametrize("period", [2, 3, 4, 5, 6, 7, 10])
def test_what_recurs_in_the_file_is_not_held_out_as_one(period):
    held = split(numbered(2000), 5).held_out

    counts = np.bincount(held % period, minlength=period)
    # Five standard deviations of independent draws.
    assert abs(counts - len(held) / period).max() < 5 * np.sqrt(len(held) / period)


def test_a_sample_has_so_many_rows_rising_and_all_where_there_are_no_more():
    rows = np.arange(3, 90, 2)

    few = sample(rows, 10)

    assert len(few) == 10
    assert (np.diff(few) > 0).all()
    assert set(few.tolist()) <= set(rows.tolist())
    assert sample(rows, None) is rows
    assert sample(rows, len(rows)) is rows
    assert len(sample(rows, 0)) == 0


@given(most=st.integers(2, 60), classes=st.integers(1, 5))
def test_a_sample_is_balanced_over_the_classes(most, classes):
    labels = np.arange(120) % classes

    few = sample(np.arange(120), most, labels)

    assert len(few) == most
    assert abs(np.bincount(labels[few], minlength=classes) - most / classes).max() <= 1


@pytest.mark.parametrize("classes", [1, 2, 5])
@pytest.mark.parametrize("count", [1000, 1001])
@pytest.mark.parametrize("most", [41, 100, 101])
def test_a_sample_of_all_rows_does_not_fall_on_one_side_of_the_split(most, count, classes):
    """Of 1001 rows 101 evenly spaced ones are every tenth: in the order of the split none would be held out."""
    labels = np.arange(count) % classes
    held = split(numbered(count, labels), 5).held_out

    share = np.isin(sample(np.arange(count), most, labels), held).mean()

    assert abs(share - 0.2) < 4 * np.sqrt(0.2 * 0.8 / most)


def test_a_sample_of_a_sample_is_still_balanced():
    labels = np.arange(1000) % 4
    fitted = split(numbered(1000, labels), 5).fitted

    few = sample(fitted, 80, labels)

    assert np.bincount(labels[few]).tolist() == [20, 20, 20, 20]


def test_sequences_are_cut_behind_their_first_steps_with_all_that_comes_with_them():
    dataset = Dataset(
        "states",
        [np.ones((9, 2), np.float32), np.ones((3, 2), np.float32)],
        "x",
        tokens=[list("abcdefghi"), list("abc")],
        inputs=[np.ones((9, 1), np.float32), np.ones((3, 1), np.float32)],
    )

    cut = shortened(dataset, 4)

    assert cut.lengths.tolist() == [4, 3]
    assert cut.tokens == [list("abcd"), list("abc")]
    assert [len(entry) for entry in cut.inputs] == [4, 3]
    assert shortened(dataset, None) is dataset


def test_the_only_sequence_of_a_class_is_never_held_out():
    for count in range(6, 30):
        labels = np.array(["alone"] + ["many"] * (count - 1))
        data = Dataset("states", [np.zeros((2, 1), np.float32)] * count, "made here", labels=labels)

        assert 0 in split(data, 3).fitted
