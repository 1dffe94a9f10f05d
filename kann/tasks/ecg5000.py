"""ECG5000: finding its two official files, pooling their beats, and splitting the rows."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from kann.errors import NotEnoughData, UnreadableDataset
from kann.inputs.data import named_datasets
from kann.inputs.datasets import open_dataset

STEPS = 140
NORMAL = 1
CLASSES = {
    1: "normal",
    2: "R-on-T premature ventricular contraction",
    3: "premature ventricular contraction",
    4: "supraventricular premature or ectopic beat",
    5: "unclassified",
}
SOURCE = (
    "ECG5000, UCR archive: 5000 heartbeats, interpolated to 140 samples each, of record chf07, "
    "BIDMC Congestive Heart Failure Database (Chen et al. 2015, doi:10.1007/s10618-014-0388-4; Dau et al. 2019, "
    "arXiv:1810.07758; Goldberger et al. 2000, doi:10.1161/01.CIR.101.23.e215)"
)
_FILES = ("ECG5000_TRAIN", "ECG5000_TEST")


@dataclass(frozen=True)
class Beats:
    """Heartbeats with their classes.

    signals: [beats steps 1], each of mean 0 and standard deviation 1 (n - 1); labels: [beats], keys of
    `CLASSES`; files: {name without .gz: sha256 of the text}, empty where the beats were simulated.
    """

    signals: Float[np.ndarray, "beats steps 1"]
    labels: Int[np.ndarray, " beats"]
    files: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Split:
    """Rows of the pooled beats; training holds normal beats only, the other two hold all classes."""

    training: Int[np.ndarray, " training"]
    validation: Int[np.ndarray, " validation"]
    test: Int[np.ndarray, " test"]


def find_files(sources: Sequence[str | Path] = ()) -> list[Path]:
    """The official training and test file, in this order.

    `sources`: the two files, or one folder that holds them or an `ecg5000` folder with them; without
    any, they are looked up by name in KANN_DATA_DIR and among the fetched data sets.

    Raises:
        UnreadableDataset: one of the files is missing; the message says which file belongs where.
    """
    if not sources:
        return [named_datasets.find(name) for name in ("ecg5000/train", "ecg5000/test")]
    return [_find(name, [Path(source) for source in sources]) for name in _FILES]


def read_beats(files: Sequence[Path]) -> Beats:
    """The beats of these files, pooled in their order: row 0 is the first of the first file."""
    parts = [open_dataset(path) for path in files]
    return Beats(
        signals=np.stack([sequence for part in parts for sequence in part.sequences]),
        labels=np.concatenate([part.labels for part in parts]).astype(np.int64),
        files={path.name.removesuffix(".gz"): _digest(path) for path in files},
    )


def split_beats(labels: Int[np.ndarray, " beats"], seed: int) -> Split:
    """Draw 70, 15 and 15 % of the normal beats, and halve every anomalous class between the last two.

    Raises:
        NotEnoughData: too few normal beats, or no anomalous ones, to fill every part.
    """
    random = np.random.default_rng(seed)
    normal = random.permutation(np.flatnonzero(labels == NORMAL))
    anomalous = [random.permutation(np.flatnonzero(labels == label)) for label in np.unique(labels) if label != NORMAL]
    if len(normal) < 7 or sum(len(rows) // 2 for rows in anomalous) < 1:
        raise NotEnoughData(
            f"{len(normal)} normal and {sum(map(len, anomalous))} other beats cannot be split in three: "
            f"give at least 7 normal ones and 2 of another class."
        )
    training, validation, test = np.split(normal, [round(0.7 * len(normal)), round(0.85 * len(normal))])
    return Split(
        np.sort(training),
        np.sort(np.concatenate([validation, *(rows[: len(rows) // 2] for rows in anomalous)])),
        np.sort(np.concatenate([test, *(rows[len(rows) // 2 :] for rows in anomalous)])),
    )


def _find(name: str, places: Sequence[Path]) -> Path:
    wanted = [f"{name}.txt", f"{name}.txt.gz"]
    for place in places:
        candidates = [place / folder / file for folder in (".", "ecg5000", "ECG5000") for file in wanted]
        for candidate in [place, *candidates] if place.name in wanted else candidates:
            if candidate.is_file():
                return candidate
    looked = ", ".join(str(place) for place in places)
    raise UnreadableDataset(
        f"{wanted[0]} (or .gz) is not at {looked}. Put both files of ECG5000 from "
        f"timeseriesclassification.com there, or name their folder."
    )


def _digest(path: Path) -> str:
    content = path.read_bytes()
    return hashlib.sha256(gzip.decompress(content) if path.suffix == ".gz" else content).hexdigest()
