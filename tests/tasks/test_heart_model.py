import numpy as np
import pytest
from scipy.integrate import solve_ivp

from kann.tasks.heart_model import BREATHS_PER_SECOND, Breathing, Waves, heart_intervals, voltages

STILL = Breathing(np.zeros(1), np.zeros(1))


def one_beat(*waves):
    angles, heights, widths = np.array(waves).T
    return Waves(angles[None], heights[None], widths[None])


def test_voltages_are_those_of_scipys_integrator_on_the_papers_equations():
    waves, interval = one_beat((0.02, -3.0, 0.02), (0.6, 1.0, 0.1)), 0.8
    breathing = Breathing(np.array([0.15]), np.array([0.3]))

    def equations(time, z):
        theta = 2 * np.pi * time / interval
        distance = (theta - 2 * np.pi * waves.angles[0] + np.pi) % (2 * np.pi) - np.pi
        b = 2 * np.pi * waves.widths[0]
        a = waves.heights[0] * 2 * np.pi / interval / b**2
        baseline = 0.15 * np.sin(2 * np.pi * (BREATHS_PER_SECOND * time + 0.3))
        return -np.sum(a * distance * np.exp(-(distance**2) / (2 * b**2))) - (z - baseline)

    start = -np.ceil(1.12 * interval * 500) / 500
    times = np.arange(150) / 250
    expected = solve_ivp(equations, (start, 0.6), [0.0], t_eval=times, rtol=1e-9, atol=1e-9, max_step=1e-3).y

    np.testing.assert_allclose(voltages(waves, np.array([interval]), breathing, 150, 250.0), expected, atol=2e-4)


@pytest.mark.parametrize("interval", [0.5, 1.0])
def test_a_wave_rises_to_its_height_at_any_heart_rate(interval):
    beat = voltages(one_beat((0.3, 2.0, 0.02)), np.array([interval]), STILL, int(250 * interval), 250.0)

    assert beat.max() == pytest.approx(2.0, rel=0.05)
    assert beat.argmax() == pytest.approx(0.3 * 250 * interval, abs=1)


def test_finer_steps_change_nothing_that_could_be_seen():
    waves = one_beat((0.02, -3.0, 0.011), (0.75, 2.0, 0.035))
    coarse, fine = (voltages(waves, np.array([0.56]), STILL, 140, 250.0, substeps) for substeps in (2, 8))

    np.testing.assert_allclose(coarse, fine, atol=2e-3)


def test_beats_do_not_depend_on_their_neighbours():
    both = Waves(np.array([[0.1], [0.7]]), np.array([[1.0], [-2.0]]), np.array([[0.03], [0.03]]))
    together = voltages(both, np.array([0.56, 0.56]), Breathing(np.zeros(2), np.zeros(2)), 140, 250.0)

    np.testing.assert_allclose(
        together[0], voltages(one_beat((0.1, 1.0, 0.03)), np.array([0.56]), STILL, 140, 250.0)[0]
    )


def test_intervals_have_the_mean_and_deviation_asked_for():
    intervals = heart_intervals(200, 0.56, 0.01, 0.5, np.random.default_rng(0))

    assert intervals.mean() == pytest.approx(0.56)
    assert intervals.std() == pytest.approx(0.01)


def test_intervals_swing_with_the_mayer_waves_and_with_breathing():
    intervals = heart_intervals(1000, 0.56, 0.01, 0.5, np.random.default_rng(0))
    power = np.abs(np.fft.rfft(intervals - intervals.mean())) ** 2
    frequencies = np.fft.rfftfreq(1000, 0.56)
    slow, breath = (power[np.abs(frequencies - peak) < 0.05].sum() for peak in (0.1, 0.25))

    assert slow / breath == pytest.approx(0.5, rel=0.01)
    assert slow + breath > 0.99 * power.sum()


def test_two_beats_are_enough_for_a_rhythm():
    assert np.isfinite(heart_intervals(2, 0.56, 0.01, 0.5, np.random.default_rng(0))).all()
