import numpy as np
import pytest

import kann
from kann.errors import OutOfRange
from kann.tasks.beats import RHYTHMS, SAMPLING_RATE, SHIPPED, simulate_beats, simulate_rhythm, write_beats
from kann.tasks.demos import find_demo

FEW = dict.fromkeys(SHIPPED, 4)


@pytest.mark.parametrize("rhythm", RHYTHMS, ids=lambda rhythm: rhythm.name)
def test_beats_have_mean_0_and_standard_deviation_1(rhythm):
    signals = simulate_rhythm(rhythm, 5).astype(float)

    assert signals.shape == (5, 140, 1)
    np.testing.assert_allclose(signals.mean(axis=1), 0, atol=1e-6)
    np.testing.assert_allclose(signals.std(axis=1, ddof=1), 1, atol=1e-6)


def test_normal_beats_are_aligned_as_those_of_ecg5000():
    beat = simulate_rhythm(RHYTHMS[0], 50)[:, :, 0].mean(axis=0)

    assert beat.argmin() == pytest.approx(3, abs=1)
    assert 30 + beat[30:45].argmin() == pytest.approx(35, abs=2)
    assert beat[75] - beat[35] > 1
    assert 80 + beat[80:120].argmax() == pytest.approx(103, abs=2)
    assert 120 + beat[120:138].argmax() == pytest.approx(133, abs=2)


def test_anomalies_lack_the_p_wave():
    courses = [simulate_rhythm(rhythm, 20)[:, :, 0].mean(axis=0) for rhythm in RHYTHMS]
    normal, *others = (course[104] - (course[90] + course[118]) / 2 for course in (courses[0], *courses[3:]))

    assert normal > 1
    assert max(others) < 0.2


def test_the_same_seed_gives_the_same_beats_and_another_seed_others():
    (first, ids), (again, _), (other, _) = (simulate_beats(FEW, seed) for seed in (3, 3, 4))

    np.testing.assert_array_equal(first.signals, again.signals)
    assert not np.allclose(first.signals, other.signals)
    assert len(set(ids)) == len(ids)


def test_a_rhythm_is_the_same_whichever_others_are_simulated():
    beats, ids = simulate_beats(FEW, seed=1)
    alone, alone_ids = simulate_beats({"R on T": 4}, seed=1)

    np.testing.assert_array_equal(
        beats.signals[[ids.tolist().index(name) for name in alone_ids]],
        alone.signals,
    )


def test_a_single_beat_has_no_rhythm():
    with pytest.raises(OutOfRange, match="at least 2 beats, not 1"):
        simulate_rhythm(RHYTHMS[0], 1)


def test_the_file_has_the_same_bytes_twice_and_opens_as_a_data_set(tmp_path):
    for name in ("first.npz", "again.npz"):
        beats = write_beats(tmp_path / name, FEW)
    dataset = kann.open_dataset(tmp_path / "first.npz")

    assert (tmp_path / "first.npz").read_bytes() == (tmp_path / "again.npz").read_bytes()
    np.testing.assert_array_equal(np.stack(dataset.sequences), beats.signals)
    assert dataset.kind == "signal"
    assert dataset.sampling_rate == SAMPLING_RATE
    assert dataset.labels.tolist() == beats.labels.tolist()


def test_the_shipped_beats_are_what_the_simulation_gives():
    with np.load(find_demo("ecg").data) as shipped:
        simulated, ids = simulate_beats()

        np.testing.assert_allclose(shipped["signals"], simulated.signals, atol=1e-4)
        np.testing.assert_array_equal(shipped["labels"], simulated.labels)
        np.testing.assert_array_equal(shipped["ids"], ids)


def test_the_shipped_beats_are_mostly_normal_and_hold_three_kinds_of_anomalies():
    labels, counts = np.unique(kann.open_dataset(find_demo("ecg").data).labels, return_counts=True)

    assert labels.tolist() == [1, 2, 3, 4]
    assert counts[0] > counts[1:].sum()
    assert find_demo("ecg").data.stat().st_size < 1_000_000
