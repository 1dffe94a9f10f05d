import numpy as np
import pytest

import kann
from kann.tasks.copy import (
    ALPHABET,
    BLANK,
    DELAYS,
    EACH,
    ITEMS,
    MARKER,
    copy_sequences,
    draw_items,
    recalled,
    write_copies,
)


def test_a_sequence_is_symbols_then_the_delay_then_the_marker_then_room_to_recall():
    (sequence,) = copy_sequences(np.array([[3, 0, 7]]), delay=4)

    assert sequence.tolist() == [3, 0, 7, *[BLANK] * 4, MARKER, *[BLANK] * 3]


def test_every_symbol_is_as_likely_as_any_other():
    counts = np.bincount(draw_items(8000, np.random.default_rng(0)).ravel(), minlength=ALPHABET)

    assert len(counts) == ALPHABET
    np.testing.assert_allclose(counts / counts.sum(), 1 / ALPHABET, atol=0.005)


@pytest.mark.parametrize("delay", [1, 5, 200])
def test_what_is_to_be_recalled_is_read_off_a_sequence(delay):
    items = draw_items(5, np.random.default_rng(delay))

    for sequence, expected in zip(copy_sequences(items, delay), items, strict=True):
        assert recalled(sequence).tolist() == expected.tolist()


def test_other_ids_for_blank_and_marker_are_read_alike():
    assert recalled(np.array([4, 6, 0, 0, 0, 1, 0, 0])).tolist() == [4, 6]


@pytest.mark.parametrize(
    "sequence",
    [
        [],
        [5],
        [2, 2, 2, 2],
        [1, 2, 3, 4],
        [4, 6, 0, 0, 0, 1, 0],  # too short to recall both
        [4, 6, 0, 0, 0, 1, 0, 0, 0],  # a step too many
        [4, 6, 1, 0, 0],  # no delay: the marker would be a symbol
        [4, 0, 6, 0, 0, 1, 0, 0, 0],  # a blank among the symbols
        [4, 6, 0, 0, 0, 4, 0, 0],  # the marker is a symbol too
    ],
)
def test_sequences_of_another_form_have_nothing_to_recall(sequence):
    assert recalled(np.array(sequence, dtype=np.int64)) is None


def test_the_file_opens_as_symbols_with_the_delays_for_labels(tmp_path):
    write_copies(tmp_path / "copies.npz")

    dataset = kann.open_dataset(tmp_path / "copies.npz")

    assert dataset.kind == "symbols"
    assert (dataset.lengths - 2 * ITEMS - 1).tolist() == dataset.labels.tolist() == list(DELAYS) * EACH
    assert all(recalled(sequence) is not None for sequence in dataset.sequences)
    assert dataset.token_names[BLANK] == "·"


def test_every_delay_is_met_among_every_fifth_sequence(tmp_path):
    write_copies(tmp_path / "copies.npz")

    labels = kann.open_dataset(tmp_path / "copies.npz").labels

    assert np.unique(labels[4::5], return_counts=True)[1].tolist() == [EACH // 5] * len(DELAYS)


def test_the_same_seed_writes_the_same_bytes(tmp_path):
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        write_copies(tmp_path / name, each=2, seed=seed)

    first, again, other = ((tmp_path / f"{name}.npz").read_bytes() for name in "abc")
    assert first == again
    assert first != other
