"""Waves of heartbeats: the model's own beats, whose waves are known, and what is no beat at all."""

import numpy as np
import pytest

from kann.errors import NotEnoughData, OutOfRange
from kann.inputs.data import waves
from kann.inputs.data.waves import WAVES, find_waves
from kann.tasks.beats import RHYTHMS, SAMPLING_RATE, simulate_rhythm

installed = pytest.mark.skipif(not waves.can_find_waves(), reason="NeuroKit2 is not installed")
SINUS = RHYTHMS[0]


@pytest.fixture(scope="module")
def beats():
    return simulate_rhythm(SINUS, 20)[..., 0]


def centre(code, found):
    """The middle of a wave, seen from the R peak near the end of the window, in steps."""
    return np.mean((np.flatnonzero(found == WAVES.index(code)) + 70) % len(found)) - 70


@installed
def test_waves_of_simulated_beats_lie_where_the_model_puts_them(beats):
    found = [find_waves(beat, SAMPLING_RATE) for beat in beats]
    complete = [codes for codes in found if set(codes.tolist()) == {0, 1, 2, 3}]

    assert len(complete) >= 0.9 * len(beats)
    # Angles in turns of a beat of 140 steps: P at 0.746, R at 0.951, the inverted T at 0.249.
    for codes in complete:
        assert centre("P", codes) == pytest.approx(0.746 * 140 - 140, abs=6)
        assert -12 < centre("QRS", codes) < 8
        assert np.flatnonzero(codes == WAVES.index("T")).mean() == pytest.approx(0.249 * 140, abs=20)


@installed
def test_height_and_offset_change_no_wave(beats):
    np.testing.assert_array_equal(
        find_waves(beats[0], SAMPLING_RATE), find_waves(3 * beats[0].astype(float) + 5, SAMPLING_RATE)
    )


@installed
@pytest.mark.parametrize(
    "signal", [np.zeros(140), np.ones(3), np.zeros(0), np.sin(np.arange(140) / 3), np.random.default_rng(0).random(140)]
)
def test_what_is_no_heartbeat_has_no_waves(signal):
    assert not find_waves(signal, SAMPLING_RATE).any()


@installed
def test_a_recording_of_many_beats_has_as_many_complexes(beats):
    recording = np.concatenate(beats[:12])

    found = find_waves(recording, SAMPLING_RATE) == WAVES.index("QRS")

    assert 10 <= np.count_nonzero(np.diff(found.astype(int)) == 1) <= 13


@installed
@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan")])
def test_a_sampling_rate_that_is_none_is_refused(rate):
    with pytest.raises(OutOfRange, match="sampling rate lies above 0"):
        find_waves(np.zeros(140), rate)


def test_without_neurokit_the_remedy_is_named(monkeypatch):
    monkeypatch.setattr(waves, "find_spec", lambda name: None)

    with pytest.raises(NotEnoughData, match=r"pip install 'kann\[ecg\]'"):
        find_waves(np.zeros(140), SAMPLING_RATE)
