import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kann
from kann.errors import NotEnoughData, OutOfRange, UnreadableDataset
from tests.numerics.systems import batches_of, direct_operator, distance, driven_states, tanh_states


def eigenvalues_of(statistic, rank=None, **settings):
    return statistic.solve(rank, **settings).eigenvalues


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("rank", [3, 11, 12])
def test_it_finds_the_operator_of_svd_and_least_squares(rank, intercept):
    states = tanh_states()
    operator = kann.summarise_arrays(states).solve(rank, intercept=intercept)

    matrix, basis, mean = direct_operator(states, rank, intercept)

    assert distance(operator.eigenvalues, np.linalg.eigvals(matrix)) < 1e-11
    np.testing.assert_allclose(np.abs(operator.basis.T @ basis), np.eye(rank), atol=1e-8)
    np.testing.assert_allclose(operator.mean, mean, atol=1e-12)


@pytest.mark.parametrize("lag", [1, 3])
def test_padding_is_never_read(lag):
    states = tanh_states(sequences=30)
    lengths = np.random.default_rng(2).integers(0, 31, size=30)
    padded = states.copy()
    for row, length in enumerate(lengths):
        padded[row, length:] = np.nan

    found = eigenvalues_of(kann.summarise_arrays(padded, lengths, lag=lag))

    expected = np.linalg.eigvals(direct_operator(states, 12, lengths=lengths, lag=lag)[0])
    assert distance(found, expected) < 1e-11


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 40), st.integers(0, 1000))
def test_batching_and_order_change_nothing(size, seed):
    states = tanh_states()
    lengths = np.random.default_rng(seed).integers(1, 31, size=len(states))
    order = np.random.default_rng(seed).permutation(len(states))

    shuffled = kann.summarise(batches_of(states[order], lengths[order], size))

    assert distance(eigenvalues_of(shuffled), eigenvalues_of(kann.summarise_arrays(states, lengths))) < 1e-11


def test_the_same_states_give_the_same_bytes(tmp_path):
    for name in "ab":
        kann.summarise(batches_of(tanh_states(), labels=np.arange(40) % 3), groups=4).save(tmp_path / name)

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_merging_equals_one_pass_even_where_scales_differ():
    states = tanh_states().astype(float)
    states[20:] *= np.geomspace(1e-6, 1e3, 12)
    one, other = kann.summarise_arrays(states[:20]), kann.summarise_arrays(states[20:])

    found = eigenvalues_of(one + other)

    assert distance(found, eigenvalues_of(kann.summarise_arrays(states))) < 1e-10
    assert distance(found, eigenvalues_of(other + one)) < 1e-10


def test_a_frame_that_the_data_outgrows_is_made_anew():
    states = tanh_states().astype(float)
    states[:3, :, 5] = 0.25

    found = eigenvalues_of(kann.summarise(batches_of(states, size=3)))

    assert distance(found, np.linalg.eigvals(direct_operator(states, 12)[0])) < 1e-11


def test_smooth_states_keep_their_digits_where_a_gram_matrix_loses_them():
    random = np.random.default_rng(3)
    states = tanh_states(units=8).astype(float) @ (np.geomspace(1, 1e-9, 8)[:, None] * random.standard_normal((8, 8)))
    operator = kann.summarise_arrays(states).solve()
    expected = np.linalg.eigvals(direct_operator(states, 8)[0])
    worst = 1e-12 + 100 * np.finfo(float).eps * operator.singular_values[0] / operator.singular_values[-1]

    assert operator.rank == 8
    assert distance(operator.eigenvalues, expected) < worst


def test_a_constant_unit_is_cut_and_named():
    states = tanh_states()
    states[..., 4] = 0.7

    operator = kann.summarise_arrays(states).solve()

    assert operator.rank == 11
    assert "Rank cut from 12 to 11" in operator.notes[0]


def test_a_rank_beyond_rounding_noise_of_float32_is_cut():
    states = tanh_states(units=4)
    wide = np.concatenate([states, 1e-12 * states[..., :1] ** 2], axis=-1).astype(np.float32)

    assert kann.summarise_arrays(wide).solve().rank == 4


def test_long_sequences_are_cut_into_blocks_without_losing_a_pair():
    states = tanh_states(sequences=2, steps=5000, units=4)

    operator = kann.summarise_arrays(states, np.array([5000, 4100])).solve()

    expected = np.linalg.eigvals(direct_operator(states, 4, lengths=np.array([5000, 4100]))[0])
    assert distance(operator.eigenvalues, expected) < 1e-11


def test_a_class_has_its_own_operator():
    states, labels = tanh_states(), np.arange(40) % 3
    statistic = kann.summarise_arrays(states, labels=labels, groups=5)

    found = eigenvalues_of(statistic, label=2)

    assert distance(found, np.linalg.eigvals(direct_operator(states[labels == 2], 12)[0])) < 1e-11


def test_too_many_groups_are_joined_in_pairs():
    states, labels = tanh_states(sequences=400, steps=5, units=3), np.arange(400) % 5

    statistic = kann.summarise_arrays(states, labels=labels, groups=64)

    assert len(statistic.labels) <= 64
    assert statistic.folds == 3
    assert distance(eigenvalues_of(statistic), eigenvalues_of(kann.summarise_arrays(states))) < 1e-11


def test_delays_stack_earlier_states():
    states = tanh_states()
    stacked = np.concatenate([states[:, 2:], states[:, 1:-1], states[:, :-2]], axis=2)

    found = eigenvalues_of(kann.summarise_arrays(states, delays=2), 20)

    assert distance(found, eigenvalues_of(kann.summarise_arrays(stacked), 20)) < 1e-11


def test_steps_keep_a_window_of_each_sequence():
    states = tanh_states()

    found = eigenvalues_of(kann.summarise(batches_of(states), steps=(5, 20)))

    assert distance(found, eigenvalues_of(kann.summarise_arrays(states[:, 5:20]))) < 1e-11


def test_a_stop_below_zero_counts_from_the_true_end_of_each_sequence():
    states, lengths = tanh_states(), 12 + np.arange(40) % 19
    padded = np.where(np.arange(30)[None, :, None] < lengths[:, None, None], states, np.float32(np.nan))

    found = kann.summarise(batches_of(padded, lengths), steps=(3, -5))

    expected = kann.summarise_arrays(states[:, 3:], lengths - 8)
    assert found.pairs == (lengths - 9).sum()
    assert distance(eigenvalues_of(found), eigenvalues_of(expected)) < 1e-11


def test_with_steps_left_out_at_both_ends_short_sequences_have_nothing_left():
    states, lengths = tanh_states(), np.where(np.arange(40) % 2, 30, 8)

    found = kann.summarise(batches_of(states, lengths), steps=(4, -4))

    assert found.pairs == 20 * 21


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("seed", range(4))
def test_a_unit_that_stands_still_in_one_class_gives_it_no_mode(seed, dtype):
    states = tanh_states(80, units=4, seed=seed, dtype=dtype)
    states[:40, :, 3] = 0.7
    statistic = kann.summarise(batches_of(states, labels=np.repeat(["a", "b"], 40)), groups=4)
    expected = direct_operator(states[:40], 3)[0]

    operator = statistic.solve(label="a")

    assert operator.rank == 3
    assert distance(operator.eigenvalues, np.linalg.eigvals(expected)) < 1e-8
    assert statistic.solve(label="b").rank == 4


@pytest.mark.parametrize("intercept", [True, False])
def test_inputs_are_partialled_out(intercept):
    matrix, drive, states, inputs = driven_states()
    if not intercept:
        states = states - np.linalg.solve(np.eye(3) - matrix, [0.3, -0.1, 0.2])
    statistic = kann.summarise(batches_of(states, inputs=inputs), inputs=True)

    operator = statistic.solve(intercept=intercept)

    assert distance(operator.eigenvalues, np.linalg.eigvals(matrix)) < 1e-10
    np.testing.assert_allclose(operator.basis @ operator.input_matrix, drive, atol=1e-9)
    following = operator.predict(states[:, :-1], 1, inputs[:, 1:])
    np.testing.assert_allclose(following, states[:, 1:], atol=1e-9)


def test_inputs_left_out_bend_the_eigenvalues():
    matrix, _, states, inputs = driven_states()

    blind = kann.summarise(batches_of(states, inputs=inputs)).solve()

    assert distance(blind.eigenvalues, np.linalg.eigvals(matrix)) > 0.05


def test_a_saved_statistic_comes_back_whole(tmp_path):
    _, _, states, inputs = driven_states()
    statistic = kann.summarise(
        batches_of(states, inputs=inputs, labels=np.array(["a", "b"])[np.arange(50) % 2]), groups=4, inputs=True
    )
    statistic.save(tmp_path / "s.npz")

    loaded = kann.load_statistic(tmp_path / "s.npz")

    assert loaded.labels == statistic.labels
    np.testing.assert_array_equal(eigenvalues_of(loaded, label="b"), eigenvalues_of(statistic, label="b"))


def test_a_damaged_statistic_is_refused(tmp_path):
    path = tmp_path / "s.npz"
    kann.summarise_arrays(tanh_states()).save(path)
    path.write_bytes(path.read_bytes()[:-100])

    with pytest.raises(UnreadableDataset, match="is not a statistic of kann"):
        kann.load_statistic(path)


def test_arrays_of_something_else_are_refused(tmp_path):
    np.savez(tmp_path / "s.npz", weights=np.zeros(3))

    with pytest.raises(UnreadableDataset, match="its arrays are weights"):
        kann.load_statistic(tmp_path / "s.npz")


def test_a_statistic_of_another_schema_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("kann.numerics.moments.statistic.SCHEMA", 99)
    kann.summarise_arrays(tanh_states()).save(tmp_path / "s.npz")
    monkeypatch.undo()

    with pytest.raises(UnreadableDataset, match="has schema 99"):
        kann.load_statistic(tmp_path / "s.npz")


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda s: kann.summarise_arrays(s, lag=0), OutOfRange, "lag must be at least 1, not 0"),
        (lambda s: kann.summarise_arrays(s, delays=-1), OutOfRange, "delays must be at least 0"),
        (lambda s: kann.summarise_arrays(s, lag=30), NotEnoughData, "at least 31 steps"),
        (lambda s: kann.summarise_arrays(s, [31] * 40), OutOfRange, "lengths up to 31 do not fit"),
        (lambda s: kann.summarise(batches_of(s), steps=(5, 5)), OutOfRange, "are not a range"),
        (lambda s: kann.summarise(batches_of(s), steps=(-5, -1)), OutOfRange, r"\(-5, -1\) are not a range"),
        (lambda s: kann.summarise(batches_of(s), steps=(20, -11)), NotEnoughData, "No sequence is long enough"),
        (lambda s: kann.summarise(batches_of(s), inputs=True), NotEnoughData, "without inputs"),
        (lambda s: kann.summarise([*batches_of(s), *batches_of(s[..., :3])]), OutOfRange, "A batch has 3 units"),
        (lambda s: kann.summarise_arrays(s * np.inf), OutOfRange, "not finite"),
        (lambda s: kann.summarise_arrays(s).solve(13), OutOfRange, "between 1 and the 12 units"),
        (lambda s: kann.summarise_arrays(s).solve(label=1), NotEnoughData, "was not kept apart"),
        (lambda s: kann.summarise_arrays(s, labels=[1] * 40, groups=2).solve(label=7), OutOfRange, "there are 1"),
        (lambda s: kann.summarise_arrays(s, labels=range(40), groups=2)
         if len(s) > 64 else kann.summarise_arrays(np.tile(s, (2, 1, 1)), labels=range(80), groups=2),
         OutOfRange, "65 classes are more than the 64"),
        (lambda s: kann.summarise_arrays(s) + kann.summarise_arrays(s, lag=2), OutOfRange, "with lag 1 and 2"),
        (
            lambda s: kann.summarise_arrays(s) + kann.summarise(batches_of(s, inputs=s), inputs=True),
            OutOfRange,
            "0 and 12 inputs",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_summarised_is_said(call, error, words):
    with np.errstate(all="ignore"), pytest.raises(error, match=words):
        call(tanh_states())


def test_a_statistic_without_inputs_holds_no_copy_of_itself():
    statistic = kann.summarise_arrays(tanh_states())

    assert statistic.without_inputs is statistic
    assert not any(held is statistic for held in vars(statistic).values())
