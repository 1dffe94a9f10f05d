"""Second passes look at sequences that were not fitted: at most so many, or all of them on demand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from kann.analyses.koopman.spectrum.transitions import Settings
from kann.backend.engine.jobs import Progress
from kann.backend.koopman_states import MOST_CLASSES, sampled, shortened
from kann.records import Dataset, StateBatch

MOST = 512


def held_out(dataset: Dataset, settings: Settings, everything: bool = False) -> Dataset:
    """The held-out sequences, evenly sampled to at most 512, or all of them, fitted ones too; where none was
    held out, those that were fitted. Labels of more classes than can be shown apart are dropped."""
    rows = np.arange(len(dataset))
    held = rows[rows % settings.held_out == settings.held_out - 1]
    chosen = dataset if everything or not len(held) else dataset.select(held)
    if chosen.labels is not None and len(np.unique(chosen.labels)) > MOST_CLASSES:
        chosen = replace(chosen, labels=None)
    return shortened(chosen if everything else sampled(chosen, MOST), settings.max_length)


def counted(batches: Iterable[StateBatch], total: int, progress: Progress) -> Iterator[StateBatch]:
    """The same batches; how many sequences have gone by is reported after each."""
    done = 0
    for batch in batches:
        yield batch
        done += len(batch.lengths)
        progress(done, total)
