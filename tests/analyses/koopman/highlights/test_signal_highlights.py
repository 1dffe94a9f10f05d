import numpy as np
import pytest

import kann
from kann.analyses.koopman.highlights.signal_highlights import (
    FIFTHS,
    SignalReading,
    energy_by_segment,
    fifths,
    modes_in_window,
    segment_finding,
    step_energies,
)
from kann.analyses.koopman.spectrum.koopman_states import analyse
from kann.analyses.koopman.spectrum.settings import Settings
from kann.numerics.attribution.energy import energies
from kann.numerics.attribution.highlights import projections
from kann.records import StateBatch
from tests.analyses.koopman.stand_ins import transitions
from tests.numerics.systems import batches_of, tanh_states

STATES = tanh_states(dtype=np.float64)
LENGTHS = np.arange(40) % 26 + 5


@pytest.fixture(scope="module")
def operator():
    return kann.summarise_arrays(STATES).solve()


def reading(energy, segment=None, name="1"):
    energy = np.asarray(energy, float)
    segment = np.zeros(len(energy), int) if segment is None else np.asarray(segment)
    return SignalReading(name, "normal", np.zeros((len(energy), 1)), {"contribution": energy, "innovation": energy},
                         np.arange(energy.shape[1]) * 2, segment, ("rest", "P", "QRS"))  # fmt: skip


def batch(labels):
    return StateBatch(np.zeros((len(labels), 4, 1)), np.full(len(labels), 4), labels=np.array(labels))


def test_energies_are_those_of_true_steps_and_pairs_once(operator):
    found = [part for b in batches_of(STATES, LENGTHS) for part in step_energies(operator, b, None, True)]
    whole = energies(operator, projections(operator, STATES, LENGTHS))[..., operator.eigenvalues.imag >= 0]

    assert [len(part["contribution"]) for part in found] == LENGTHS.tolist()
    np.testing.assert_allclose(found[3]["contribution"], whole[3, : LENGTHS[3]])
    assert found[0]["innovation"].shape == found[0]["contribution"].shape


def test_a_backward_network_s_energies_stand_in_the_data_s_order(operator):
    one, other = (
        step_energies(operator, next(batches_of(STATES, LENGTHS)), None, True, turned) for turned in (False, True)
    )

    np.testing.assert_array_equal(one[2]["contribution"], other[2]["contribution"][::-1])


@pytest.mark.parametrize("steps", [1, 4, 5, 7, 140])
def test_fifths_are_as_equal_as_can_be(steps):
    counts = np.bincount(fifths(steps), minlength=6)[1:]

    assert counts.sum() == steps
    assert counts.max() - counts.min() <= 1
    assert (np.diff(fifths(steps)) >= 0).all()


def test_energy_is_averaged_over_the_sequences_that_have_the_segment():
    first, second = np.array([[1.0], [2.0], [4.0], [8.0]]), np.array([[1.0], [1.0], [1.0], [1.0]])
    energy = [{"contribution": part, "innovation": 2 * part} for part in (first, second, second)]
    segment = [np.array([0, 1, 1, 0]), np.array([0, 0, 1, 2]), np.array([0, 0, 0, 0])]

    found = energy_by_segment([(batch([7, 7, 8]), energy, segment)], np.array([0]), ("rest", "P", "QRS"))

    assert found.labels.tolist() == ["7", "8"]
    assert found.found.tolist() == [[2, 2, 1], [1, 0, 0]]
    np.testing.assert_allclose(found.steps, [[2, 1.5, 1], [4, np.nan, np.nan]])
    np.testing.assert_allclose(found.contribution[..., 0], [[5.5, 3.5, 1.0], [4.0, np.nan, np.nan]])
    np.testing.assert_allclose(found.of("innovation", [0]), 2 * found.of("contribution", [0]))


def test_batches_change_no_average():
    random = np.random.default_rng(0)
    energy = [{name: random.random((4, 3)) for name in ("contribution", "innovation")} for _ in range(9)]
    segment = [random.integers(0, 3, 4) for _ in range(9)]
    labels = list(random.integers(0, 2, 9))
    parts = [slice(0, 9)], [slice(0, 2), slice(2, 9)]

    one, other = (
        energy_by_segment([(batch(labels[p]), energy[p], segment[p]) for p in cut], np.arange(3), ("rest", "P", "QRS"))
        for cut in parts
    )

    np.testing.assert_allclose(one.contribution, other.contribution)
    np.testing.assert_array_equal(one.found, other.found)


def test_the_mode_that_lives_in_a_window_comes_first():
    spectrum = analyse(transitions(tanh_states(sequences=60)), Settings()).spectrum
    energy = np.zeros((10, 3))
    energy[:, 0] = 1.0
    energy[4:6, 1] = 3.0
    energy[8, 2] = 50.0

    columns = modes_in_window([reading(energy)], "contribution", 4, 6, spectrum)

    assert columns["mode"] == [3, 1, 5]
    np.testing.assert_allclose(columns["of its energy here, %"], [100, 20, 0])
    np.testing.assert_allclose(columns["of the energy here, %"], [75, 25, 0])
    assert columns["id"][0] == spectrum.ids[2]


def test_a_window_behind_a_sequence_s_end_asks_those_that_reach_it():
    spectrum = analyse(transitions(tanh_states(sequences=60)), Settings()).spectrum
    short, long = reading(np.ones((3, 2))), reading(np.ones((9, 2)))

    found = modes_in_window([short, long], "contribution", 5, 9, spectrum)

    np.testing.assert_allclose(found["of its energy here, %"], 400 / 9)
    assert modes_in_window([short], "contribution", 5, 9, spectrum) == {}


def test_a_reading_names_what_was_not_found_and_each_mode_s_window():
    energy = np.zeros((10, 2))
    energy[3, 1] = 9.0
    energy[6, 0] = 1.0

    found = reading(energy, [0, 0, 2, 2, 0, 0, 0, 0, 0, 0])

    assert found.missing == ["P"]
    assert found.window("contribution", 2) == (3, 4)
    assert found.of("innovation", [0, 2])[6] == 1


def test_the_finding_weighs_energy_against_time():
    energy = [{"contribution": np.array([[1.0], [9.0], [5.0], [5.0]]), "innovation": np.ones((4, 1))}] * 3
    segment = [np.array([0, 2, 1, 1])] * 3
    found = energy_by_segment([(batch([1, 1, 1]), energy, segment)], np.array([0]), ("rest", "P", "QRS"))

    headline, support = segment_finding(found, "contribution", [0], {"1": "normal"})

    assert headline.startswith("In “normal”")
    assert "QRS: 45 % of their energy in 25 % of the time" in headline
    assert support == "Found of 3: P in 3, QRS in 3."


def test_a_class_without_waves_says_so():
    energy, segment = [{"contribution": np.ones((4, 1)), "innovation": np.ones((4, 1))}], [np.zeros(4, int)]
    found = energy_by_segment([(batch([1]), energy, segment)], np.array([0]), FIFTHS)

    assert segment_finding(found, "contribution", [0], {})[0] == "No segment was found in “class 1”."
