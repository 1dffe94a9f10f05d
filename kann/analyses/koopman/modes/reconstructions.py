"""Reconstructions by chosen modes, by class: median output and errors, beside those of the whole state."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Shaped

from kann.analyses.koopman.modes.mode_classes import Course, course_by_class, in_order, joined, label_names, reaching
from kann.numerics.prediction.decisions import decisions, evidence_weights
from kann.records import Rebuilt

OUTPUTS = ("full", "part", "original")


@dataclass(frozen=True)
class Reconstructions:
    """Outputs of a network from its true states (`full`) and from chosen modes alone (`part`).

    `through` "decoder": courses [classes steps channels] beside the `original`; `full_error`, `part_error` and,
    from the mean state, `mean_error` [sequences] are L1 distances to it, summed over steps and channels.
    `through` "readout": courses of the evidence for one class [classes steps 1]; errors are 1 where the decision
    at the last step is not the network's, so that of `full` they are 0. `of_class` [sequences] are rows of `labels`,
    `counts` [classes steps] the sequences that reach a step.
    """

    through: str
    labels: Shaped[np.ndarray, " classes"]
    counts: Int[np.ndarray, "classes steps"]
    full: Course
    part: Course
    original: Course | None
    of_class: Int[np.ndarray, " sequences"]
    full_error: Float[np.ndarray, " sequences"]
    part_error: Float[np.ndarray, " sequences"]
    mean_error: Float[np.ndarray, " sequences"]


def reconstructions(
    rebuilt: Iterable[tuple[Rebuilt, np.ndarray | None]], through: str, target: int = 1
) -> Reconstructions:
    """Courses and errors of reconstructions, batch by batch, each with its labels; `target` is the class whose evidence
    is computed from a read-out's outputs."""
    parts, labels, errors = {name: [] for name in OUTPUTS}, [], []
    for batch, given in rebuilt:
        labels.append(label_names(given, len(batch.full)))
        errors.append(_distances(batch) if through == "decoder" else _disagreements(batch))
        shown = vars(batch) if through == "decoder" else _evidence(batch, target)
        for name in OUTPUTS:
            parts[name] += [] if shown[name] is None else [shown[name]]
    known = np.concatenate(labels)
    whole = {name: joined(found) for name, found in parts.items() if found}
    names = in_order(known)
    rows = np.argmax(known[:, None] == names, axis=1)
    full_error, part_error, mean_error = (np.concatenate(found) for found in zip(*errors, strict=True))
    return Reconstructions(
        through=through,
        labels=names,
        counts=np.stack([reaching(whole["full"][rows == row]) for row in range(len(names))]),
        of_class=rows,
        full_error=full_error,
        part_error=part_error,
        mean_error=mean_error,
        **{name: course_by_class(whole[name], known) if name in whole else None for name in OUTPUTS},
    )


def _distances(batch: Rebuilt) -> tuple[np.ndarray, ...]:
    return tuple(_summed(np.abs(outputs - batch.original)) for outputs in (batch.full, batch.part, batch.mean))


def _summed(values: np.ndarray) -> np.ndarray:
    """Sums over steps and channels; NaN, not 0, for a sequence without values."""
    return np.where(np.isnan(values).all(axis=(1, 2)), np.nan, np.nansum(values, axis=(1, 2)))


def _disagreements(batch: Rebuilt) -> tuple[np.ndarray, ...]:
    """Whether the last decision differs from the network's; NaN where there is none."""
    there = ~np.isnan(batch.full[..., 0])
    last = batch.full.shape[1] - 1 - np.argmax(there[:, ::-1], axis=1)
    decided = [decisions(outputs[np.arange(len(last)), last]) for outputs in (batch.full, batch.part, batch.mean)]
    return tuple(np.where(there.any(axis=1), found != decided[0], np.nan) for found in decided)


def _evidence(batch: Rebuilt, target: int) -> dict[str, np.ndarray | None]:
    weights = evidence_weights(batch.full.shape[-1], target)
    return {"full": (batch.full @ weights)[..., None], "part": (batch.part @ weights)[..., None], "original": None}
