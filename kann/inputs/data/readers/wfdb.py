"""WFDB records of PhysioNet, cut into beats by their annotations; read by the package `wfdb`, where installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from kann.errors import UnreadableDataset
from kann.inputs.data.options import ReadOptions
from kann.inputs.data.sources import Source, digest_of_files
from kann.records import Dataset

EXTENSIONS = (".hea", ".dat", ".mat", ".atr", ".qrs", ".ecg")
BEFORE, AFTER = 0.25, 0.45
"""Seconds of a beat before and after its annotation, which stands at the R peak."""
BEATS = frozenset("NLRBAaJSVrFejnE/fQ?")
"""Annotation symbols that mark a beat; the others mark rhythms, noise and waves (PhysioNet, "Annotations")."""
_SIGNALS = (".hea", ".dat", ".mat")
_MOST_PACKED = 20
_FASTEST = 1e6
_DAMAGE = (ValueError, LookupError, TypeError, AttributeError, OSError, OverflowError)
"""What `wfdb` raises on damaged files, which it hardly checks."""


def belongs_to_record(path: Path) -> bool:
    """Whether the file is one of a record's, or the record's name without extension."""
    return path.suffix.lower() in (*EXTENSIONS, "") and path.with_suffix(".hea").is_file()


class Record(NamedTuple):
    """`signals` [samples channels] in physical units; `samples` and `symbols` of the annotations."""

    signals: Float[np.ndarray, "samples channels"]
    rate: float
    samples: Int[np.ndarray, " annotations"]
    symbols: list[str]
    sha256: str


def read(source: Source, options: ReadOptions) -> Dataset:
    """A beat a sequence, in physical units, all leads as channels; labels are the annotations' symbols.

    The annotator is `atr`, unless a file of another one is opened. Ids are "record:sample". Beats too
    near the record's ends, or with samples marked as invalid, are left out.

    Raises:
        UnreadableDataset: `wfdb` is missing, a file is, or one is damaged; no beats are annotated.
    """
    if source.path is None or not source.path.with_suffix(".hea").is_file():
        raise UnreadableDataset("a WFDB record is several files: give the path of its .hea file, the others beside it.")
    name = source.path.with_suffix("")
    annotator = source.path.suffix[1:] if source.path.suffix.lower() not in (*_SIGNALS, "") else "atr"
    record = _read_record(name, annotator)
    beats = _beats(record)
    if not beats:
        raise UnreadableDataset(
            f"the annotations .{annotator} mark no beat inside the record: choose another annotator."
        )
    return Dataset(
        kind=options.kind or "signal",
        sequences=[record.signals[beat][: options.max_length] for beat in beats.values()],
        sha256=record.sha256,
        name=name.name,
        labels=np.array([record.symbols[row] for row in beats]),
        ids=np.array([f"{name.name}:{record.samples[row]}" for row in beats]),
        sampling_rate=record.rate,
    )


def _beats(record: Record) -> dict[int, slice]:
    """Where the beats lie, by the number of their annotation."""
    before, after = max(round(BEFORE * record.rate), 1), round(AFTER * record.rate)
    valid = np.isfinite(record.signals).all(axis=1)
    beats = {}
    for row, sample in enumerate(record.samples):
        beat = slice(sample - before, sample + after)
        inside = beat.start >= 0 and beat.stop <= len(valid)
        if record.symbols[row] in BEATS and inside and valid[beat].all():
            beats[row] = beat
    return beats


def _read_record(name: Path, annotator: str) -> Record:
    if not name.with_suffix(f".{annotator}").is_file():
        raise UnreadableDataset(
            f"there is no {name.name}.{annotator} beside the record: its annotations mark the beats."
        )
    try:
        return _parsed(name, annotator)
    except UnreadableDataset:
        raise
    except _DAMAGE as error:
        raise UnreadableDataset(f"a file of the record is damaged ({error}): copy or download it again.") from None


def _parsed(name: Path, annotator: str) -> Record:
    try:
        import wfdb
    except ImportError:
        raise UnreadableDataset("WFDB records need the package wfdb: pip install wfdb.") from None
    header = wfdb.rdheader(str(name))
    files = [name.with_suffix(".hea"), name.with_suffix(f".{annotator}"), *_signal_files(header, name.parent)]
    signals = wfdb.rdrecord(str(name)).p_signal
    if signals is None:
        raise UnreadableDataset("the record holds no signals: open one that does.")
    annotations = wfdb.rdann(str(name), annotator)
    symbols = list(annotations.symbol)
    return Record(signals.astype(np.float32), float(header.fs), annotations.sample, symbols, digest_of_files(files))


def _signal_files(header: Any, folder: Path) -> list[Path]:
    """The signal files that this header names; `wfdb` has checked that they exist."""
    segments = [f"{segment}.dat" for segment in getattr(header, "seg_name", None) or []]
    names = dict.fromkeys(map(str, getattr(header, "file_name", None) or segments))
    files = [folder / name for name in names if (folder / name).is_file()]
    size = sum(path.stat().st_size for path in files)
    if names and (header.sig_len or 0) * header.n_sig > _MOST_PACKED * size:
        raise UnreadableDataset(
            f"the header promises {header.sig_len} samples, more than {', '.join(names)} beside it can hold: "
            "copy the record's files again."
        )
    if not header.fs or not 0 < header.fs < _FASTEST:
        raise UnreadableDataset(f"the header gives the sampling rate {header.fs}, in Hz: correct it.")
    return files
