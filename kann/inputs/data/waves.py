"""P, QRS and T of heartbeats, as NeuroKit2 delineates them where it is installed; or not found."""

from __future__ import annotations

import warnings
from importlib.util import find_spec

import numpy as np
from jaxtyping import Float, Int

from kann.errors import NotEnoughData, OutOfRange

# Names by code; 0 is what belongs to no wave that was found.
WAVES = ("rest", "P", "QRS", "T")
_KEYS = {1: "ECG_P", 2: "ECG_R", 3: "ECG_T"}
# Shorter recordings, in seconds, count as a single beat; its concatenated copies have at least this length.
_SINGLE, _ROW = 2.5, 8.0
# Least duration of a QRS complex, in seconds; a shorter one is an R peak mistaken for the whole complex.
_SHORTEST = 0.03
# Steps by which the copies of one beat may differ in where its R peak is found.
_LOOSE = 2


def can_find_waves() -> bool:
    """Whether NeuroKit2 is installed."""
    return find_spec("neurokit2") is not None


def find_waves(signal: Float[np.ndarray, " steps"], sampling_rate: float) -> Int[np.ndarray, " steps"]:
    """The wave that each step belongs to, a place in `WAVES`; 0 where none was found.

    A recording of less than 2.5 seconds counts as one beat: no method delineates so short a signal, so
    copies of it are concatenated and the inner beats are delineated. The result is kept only where every
    copy has its R peak in the same place and the QRS complex is no shorter than 30 ms and holds the steepest step of
    the beat; otherwise all steps are 0. Waves may continue from the end into the beginning. The seam between copies
    is not in the recording: interpret waves there with care.

    Raises:
        NotEnoughData: NeuroKit2 is not installed.
        OutOfRange: a sampling rate that is not above 0.

    Source: Emrich, Gargano, Koka and Muma (2024), "Physiology-informed ECG delineation based on peak prominence",
    as implemented in Makowski et al. (2021), NeuroKit2, doi:10.3758/s13428-020-01516-y.
    """
    if not can_find_waves():
        raise NotEnoughData("Waves are found by NeuroKit2, and it is not installed: pip install 'kann[ecg]'.")
    if not sampling_rate > 0:
        raise OutOfRange(f"A sampling rate lies above 0, not at {sampling_rate}.")
    values = np.asarray(signal, dtype=np.float64)
    waves = (
        _of_one_beat(values, sampling_rate) if len(values) < _SINGLE * sampling_rate else _of_all(values, sampling_rate)
    )
    codes = np.zeros(len(values), dtype=np.int64)
    for code in (1, 3, 2):
        codes[waves[code]] = code
    return codes


def _of_all(signal: np.ndarray, rate: float) -> dict[int, np.ndarray]:
    marks = _delineated(signal, rate, clean=True)[1]
    return {code: _between(ends[np.isfinite(ends).all(axis=1)], len(signal)) for code, ends in marks.items()}


def _of_one_beat(signal: np.ndarray, rate: float) -> dict[int, np.ndarray]:
    """Waves from concatenated copies of the beat: first unfiltered, since a filter would blur the seam; filtered where
    that gives no plausible result."""
    copies = int(np.ceil(_ROW * rate / max(len(signal), 1)))
    row = np.tile(signal, copies)
    tries = (_within_one(signal, rate, copies, *_delineated(row, rate, clean)) for clean in (False, True))
    return next((waves for waves in tries if waves is not None), dict.fromkeys(_KEYS, np.zeros(0, dtype=np.int64)))


def _delineated(signal: np.ndarray, rate: float, clean: bool) -> tuple[np.ndarray, dict[int, np.ndarray]]:
    """Places of the R peaks, and of each wave its first and last step [peaks 2], NaN where it was not found."""
    import neurokit2  # imported late: optional, and slow to import

    nothing = np.zeros(0), {code: np.zeros((0, 2)) for code in _KEYS}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            cleaned = neurokit2.ecg_clean(signal, sampling_rate=rate) if clean else signal
            peaks = neurokit2.ecg_peaks(cleaned, sampling_rate=rate)[1]["ECG_R_Peaks"]
            if len(peaks) < 2:
                return nothing
            found = neurokit2.ecg_delineate(signal, peaks, sampling_rate=rate, method="prominence")[1]
    except Exception:  # NeuroKit2 raises many kinds of errors on signals that are not heartbeats: nothing was found
        return nothing
    ends = {code: np.array([found[f"{key}_Onsets"], found[f"{key}_Offsets"]], float).T for code, key in _KEYS.items()}
    return np.asarray(peaks), ends


def _within_one(
    signal: np.ndarray, rate: float, copies: int, peaks: np.ndarray, marks: dict[int, np.ndarray]
) -> dict[int, np.ndarray] | None:
    """The waves of the beat from the inner ones of its copies; None where they are not plausible."""
    steps, inner = len(signal), slice(1, -1)
    if not copies - 2 <= len(peaks) <= copies + 1 or np.abs(np.diff(peaks[inner]) - steps).max() > _LOOSE:
        return None
    peak = int(np.median(peaks[inner] - steps * np.arange(1, len(peaks) - 1))) % steps
    found = {code: _typical(ends[inner] - peaks[inner, None], peak, steps) for code, ends in marks.items()}
    steepest, complex_ = int(np.argmax(np.abs(np.diff(signal)))), set(found[2].tolist())
    believed = len(complex_) >= _SHORTEST * rate and {steepest, steepest + 1} & complex_
    return found if believed else None


def _typical(ends: np.ndarray, peak: int, steps: int) -> np.ndarray:
    """Steps of the wave in the median copy, from its ends relative to the R peak."""
    known = ends[np.isfinite(ends).all(axis=1)]
    if 2 * len(known) <= len(ends):
        return np.zeros(0, dtype=np.int64)
    return _between(peak + np.median(known, axis=0)[None], steps)


def _between(ends: np.ndarray, steps: int) -> np.ndarray:
    """All steps from the first to the last one, continued from the end of the recording at its beginning."""
    stretches = [np.arange(int(first), int(last) + 1) for first, last in ends]
    return np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *stretches]) % steps)
