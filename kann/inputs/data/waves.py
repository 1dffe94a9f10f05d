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
# Less than this is taken for a single beat; a row of copies of it has this length at least, in seconds.
_SINGLE, _ROW = 2.5, 8.0
# Seconds that a QRS complex takes at least; shorter ones are an R peak that was taken for all of it.
_SHORTEST = 0.03
# Steps by which the copies of one beat may differ in where its R peak is found.
_LOOSE = 2


def can_find_waves() -> bool:
    """Whether NeuroKit2 is installed."""
    return find_spec("neurokit2") is not None


def find_waves(signal: Float[np.ndarray, " steps"], sampling_rate: float) -> Int[np.ndarray, " steps"]:
    """The wave that each step belongs to, a place in `WAVES`; 0 where none was found.

    A recording of less than 2.5 seconds counts as one beat: no method finds its way into so little, so copies
    of it are put in a row and the beat between them is delineated. It counts as found only where every copy has
    its R peak in the same place and the QRS complex is no shorter than 30 ms and holds the steepest step of the
    beat, as it does in any heart; else nothing is. Waves may run over the end into the begin. The seam between copies
    is not in the recording: what lies there is to be read with care.

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
    """Of copies of the beat in a row. They are delineated as they are, since a filter would smear the seam; where
    that finds nothing to believe, cleaned."""
    copies = int(np.ceil(_ROW * rate / max(len(signal), 1)))
    row = np.tile(signal, copies)
    tries = (_within_one(signal, rate, copies, *_delineated(row, rate, clean)) for clean in (False, True))
    return next((waves for waves in tries if waves is not None), dict.fromkeys(_KEYS, np.zeros(0, dtype=np.int64)))


def _delineated(signal: np.ndarray, rate: float, clean: bool) -> tuple[np.ndarray, dict[int, np.ndarray]]:
    """Places of the R peaks, and of each wave its first and last step [peaks 2], NaN where it was not found."""
    import neurokit2  # seconds to import, and optional

    nothing = np.zeros(0), {code: np.zeros((0, 2)) for code in _KEYS}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            cleaned = neurokit2.ecg_clean(signal, sampling_rate=rate) if clean else signal
            peaks = neurokit2.ecg_peaks(cleaned, sampling_rate=rate)[1]["ECG_R_Peaks"]
            if len(peaks) < 2:
                return nothing
            found = neurokit2.ecg_delineate(signal, peaks, sampling_rate=rate, method="prominence")[1]
    except Exception:  # of many kinds, on signals that are no heartbeat: nothing was found
        return nothing
    ends = {code: np.array([found[f"{key}_Onsets"], found[f"{key}_Offsets"]], float).T for code, key in _KEYS.items()}
    return np.asarray(peaks), ends


def _within_one(
    signal: np.ndarray, rate: float, copies: int, peaks: np.ndarray, marks: dict[int, np.ndarray]
) -> dict[int, np.ndarray] | None:
    """The waves of the beat of which copies stand in a row, by the inner ones of them; None where they are not to
    be believed."""
    steps, inner = len(signal), slice(1, -1)
    if not copies - 2 <= len(peaks) <= copies + 1 or np.abs(np.diff(peaks[inner]) - steps).max() > _LOOSE:
        return None
    peak = int(np.median(peaks[inner] - steps * np.arange(1, len(peaks) - 1))) % steps
    found = {code: _typical(ends[inner] - peaks[inner, None], peak, steps) for code, ends in marks.items()}
    steepest, complex_ = int(np.argmax(np.abs(np.diff(signal)))), set(found[2].tolist())
    believed = len(complex_) >= _SHORTEST * rate and {steepest, steepest + 1} & complex_
    return found if believed else None


def _typical(ends: np.ndarray, peak: int, steps: int) -> np.ndarray:
    """Steps of the wave as most copies have it, from its ends relative to the R peak."""
    known = ends[np.isfinite(ends).all(axis=1)]
    if 2 * len(known) <= len(ends):
        return np.zeros(0, dtype=np.int64)
    return _between(peak + np.median(known, axis=0)[None], steps)


def _between(ends: np.ndarray, steps: int) -> np.ndarray:
    """All steps from a first to a last one, around the end of the recording where they lie beyond it."""
    stretches = [np.arange(int(first), int(last) + 1) for first, last in ends]
    return np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *stretches]) % steps)
