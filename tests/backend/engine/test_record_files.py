from dataclasses import dataclass

import numpy as np
import pytest

import kann
from kann.backend.engine.record_files import read_record, write_record
from kann.numerics.operator.koopman import Operator
from tests.numerics.systems import batches_of, tanh_states


def stored(record, folder):
    write_record(record, folder / "record.npz")
    return read_record(type(record), folder / "record.npz")


def operator_of(rank, driven):
    states = tanh_states()
    inputs = np.random.default_rng(3).standard_normal((40, 30, 2)) if driven else None
    return states, inputs, kann.summarise(batches_of(states, inputs=inputs), inputs=driven).solve(rank)


@pytest.mark.parametrize("driven", [False, True])
@pytest.mark.parametrize("rank", [3, None])
@pytest.mark.parametrize("of", [lambda operator: operator, lambda operator: operator.restricted([0, 2])])
def test_an_operator_that_was_stored_answers_as_before(tmp_path, rank, driven, of):
    states, inputs, operator = operator_of(rank, driven)
    before = of(operator)
    after = stored(before, tmp_path)

    for name in (
        "eigenvalues",
        "residuals",
        "condition",
        "eigenfunctions",
        "modes",
        "shares",
        "matrix",
        "mean_inputs",
        "notes",
    ):
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name), err_msg=name)
    for ask in (
        lambda operator: operator.project(states),
        lambda operator: operator.reconstruct(states, [0]),
        lambda operator: operator.predict(states[:, 0], 1, inputs[:, 1] if driven else None),
        lambda operator: operator.pseudospectrum(np.array([[0.3 + 0.2j, -0.9]])),
        lambda operator: operator.restricted([1]).modes,
    ):
        np.testing.assert_array_equal(ask(after), ask(before))


def test_an_operator_of_low_rank_is_stored_without_the_directions_that_it_left_out(tmp_path):
    random = np.random.default_rng(0)
    write_record(kann.summarise_arrays(random.standard_normal((30, 40, 90))).solve(3), tmp_path / "record.npz")

    with np.load(tmp_path / "record.npz") as file:
        assert sum(file[name].nbytes for name in file.files) < 10 * 3 * 90 * 8


@dataclass(frozen=True)
class Inner:
    values: np.ndarray
    name: str = "inner"


@dataclass(frozen=True)
class Outer:
    first: Inner
    second: Inner | None
    names: tuple[str, ...]
    count: int
    several: tuple[Inner, ...] = ()


@pytest.mark.parametrize("second", [None, Inner(np.zeros((0, 2)), "other")])
def test_records_within_records_come_back(tmp_path, second):
    back = stored(Outer(Inner(np.arange(3)), second, ("a", "b"), 7), tmp_path)

    np.testing.assert_array_equal(back.first.values, np.arange(3))
    assert (back.names, back.count, back.first.name) == (("a", "b"), 7, "inner")
    assert back.second is None if second is None else back.second.values.shape == (0, 2)


@pytest.mark.parametrize("count", [0, 1, 12])
def test_several_records_come_back_in_their_order(tmp_path, count):
    several = tuple(Inner(np.full(place, 0.5), str(place)) for place in range(count))

    back = stored(Outer(Inner(np.arange(3)), None, (), 7, several), tmp_path)

    assert [part.name for part in back.several] == [str(place) for place in range(count)]
    assert [len(part.values) for part in back.several] == [*range(count)]
    assert isinstance(back.several, tuple)


def test_another_record_s_file_is_refused(tmp_path):
    write_record(Inner(np.arange(3)), tmp_path / "record.npz")

    with pytest.raises(KeyError):
        read_record(Operator, tmp_path / "record.npz")
