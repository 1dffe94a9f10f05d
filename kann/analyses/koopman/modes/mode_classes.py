"""Dominance of modes, and the course of chosen modes over time by class: median and spread over sequences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Shaped

from kann.numerics.attribution.highlights import contributions, innovations, projections
from kann.numerics.attribution.medians import median_and_spread
from kann.numerics.operator.koopman import Operator
from kann.records import StateBatch

ALL = "all"
MEASURES = ("magnitude", "contribution", "innovation")
# Number of modes in use where none is selected.
LEADING = 4


@dataclass(frozen=True)
class Dominance:
    """The amount of each mode, summed over the steps and averaged over the sequences of each class.

    `labels` [classes], in one string type; `sequences` [classes] counts them. `magnitude` [classes modes] is
    the paper's measure, |phi_j| of an eigenfunction of unit norm; `contribution` [classes modes] is ours,
    the norm of the mode's part of the state, ||phi_j m_j||, which does not depend on the scaling of
    eigenvectors. The contribution of a conjugate pair is that of both halves together, given at each of them.

    Source of the paper's: Naiman and Azencot (2023), Eq. 10, with numpy's scaling of eigenvectors.
    """

    labels: Shaped[np.ndarray, " classes"]
    sequences: Int[np.ndarray, " classes"]
    magnitude: Float[np.ndarray, "classes modes"]
    contribution: Float[np.ndarray, "classes modes"]

    def over_all(self, measure: str) -> np.ndarray:
        """[modes]: the average over all sequences, whatever their class."""
        return np.average(getattr(self, measure), axis=0, weights=self.sequences)

    def share(self, measure: str, eigenvalues: np.ndarray) -> np.ndarray:
        """[modes]: each mode's part of the sum over all modes; a pair counts once, at its upper half, with 0 at the
        lower."""
        once = np.where(eigenvalues.imag >= 0, self.over_all(measure), 0.0)
        return once / max(once.sum(), np.finfo(float).tiny)


@dataclass(frozen=True)
class Course:
    """`median` and `spread` (MAD) over the sequences of a class, [classes steps modes or channels]; NaN where
    none is that long."""

    median: Float[np.ndarray, "classes steps columns"]
    spread: Float[np.ndarray, "classes steps columns"]


@dataclass(frozen=True)
class ModesByClass:
    """Chosen modes over time. `counts` [classes steps]: sequences that reach a step. `contribution` and
    `innovation` are norms in the unit of the states, of the mode's part and of what the step added to it
    (||phi_j m_j|| and the same of the innovation); `magnitude` is |phi_j|, in standard deviations."""

    labels: Shaped[np.ndarray, " classes"]
    counts: Int[np.ndarray, "classes steps"]
    magnitude: Course
    contribution: Course
    innovation: Course


def dominance(operator: Operator, batches: Iterable[StateBatch]) -> Dominance:
    """Both measures of every mode, in one pass."""
    norms = np.linalg.norm(operator.eigenfunctions, axis=0)
    sums: dict[str, list] = {}
    for batch in batches:
        phi = projections(operator, batch.values, batch.lengths)
        measured = [np.nansum(np.abs(phi) / norms, axis=1), np.nansum(contributions(operator, phi), axis=1)]
        for label, rows in _by_label(batch.labels, len(batch.lengths)):
            added = [rows.sum(), *(values[rows].sum(axis=0) for values in measured)]
            sums[label] = [have + new for have, new in zip(sums.get(label, (0, 0, 0)), added, strict=True)]
    labels = in_order(sums).tolist()
    counts = np.array([sums[label][0] for label in labels], dtype=np.int64)
    magnitude, contribution = (np.stack([sums[label][place] / sums[label][0] for label in labels]) for place in (1, 2))
    return Dominance(np.array(labels), counts, magnitude, contribution)


def modes_by_class(
    operator: Operator,
    batches: Iterable[StateBatch],
    modes: Sequence[int],
    mean_inputs: np.ndarray | None = None,
    from_zeros: bool = True,
) -> ModesByClass:
    """The chosen modes' three measures over time, by class. `mean_inputs` and `from_zeros`: see
    `kann.numerics.attribution.highlights.innovations`."""
    measured: dict[str, list] = {name: [] for name in MEASURES}
    labels: list[np.ndarray] = []
    for batch in batches:
        for name, values in _measures(operator, batch, list(modes), mean_inputs, from_zeros).items():
            measured[name].append(values.astype(np.float32))
        labels.append(label_names(batch.labels, len(batch.lengths)))
    known = np.concatenate(labels)
    whole = {name: joined(parts) for name, parts in measured.items()}
    names = in_order(known)
    counts = np.stack([reaching(whole["magnitude"][known == name]) for name in names])
    return ModesByClass(names, counts, **{name: course_by_class(values, known) for name, values in whole.items()})


def course_by_class(values: np.ndarray, labels: np.ndarray) -> Course:
    """Median and spread of values [sequences steps ...] over the sequences of each class, `in_order`."""
    found = [median_and_spread(values[labels == name]) for name in in_order(labels)]
    return Course(*(np.stack(part) for part in zip(*found, strict=True)))


def leading(values: np.ndarray, eigenvalues: np.ndarray, count: int = LEADING) -> list[int]:
    """The modes with the largest values, a conjugate pair once (its half with the positive imaginary part)."""
    upper = np.flatnonzero(eigenvalues.imag >= 0)
    return upper[np.argsort(-values[upper], kind="stable")][:count].tolist()


def _measures(
    operator: Operator, batch: StateBatch, modes: list[int], mean_inputs: np.ndarray | None, from_zeros: bool
) -> dict[str, np.ndarray]:
    inputs = batch.inputs if operator.input_matrix.shape[1] else None
    phi = projections(operator, batch.values, batch.lengths)
    added = innovations(operator, batch.values, batch.lengths, inputs, mean_inputs, from_zeros).whole
    return {
        "magnitude": np.abs(phi[..., modes]),
        "contribution": contributions(operator, phi)[..., modes],
        "innovation": contributions(operator, added)[..., modes],
    }


def joined(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Batches [sequences steps ...] of different lengths in one array, NaN beyond each batch's own steps."""
    shape = sum(map(len, parts)), max(part.shape[1] for part in parts), *parts[0].shape[2:]
    whole = np.full(shape, np.nan, np.float32)
    start = 0
    for part in parts:
        whole[start : start + len(part), : part.shape[1]] = part
        start += len(part)
    return whole


def reaching(values: np.ndarray) -> np.ndarray:
    """[steps]: how many of the sequences have a value there."""
    return np.count_nonzero(~np.isnan(values[..., 0]), axis=0)


def in_order(labels: Iterable[str]) -> np.ndarray:
    """Each label once: numbers by value, then words in alphabetical order."""
    return np.array(sorted(set(labels), key=_place))


def _place(label: str) -> tuple[bool, float, str]:
    try:
        return False, float(label), label
    except ValueError:
        return True, 0.0, label


def label_names(labels: np.ndarray | None, count: int) -> np.ndarray:
    """The class of each sequence as text; `ALL` where there are no labels."""
    return np.full(count, ALL) if labels is None else np.asarray(labels).astype(str)


def _by_label(labels: np.ndarray | None, count: int) -> list[tuple[str, np.ndarray]]:
    names = label_names(labels, count)
    return [(str(name), names == name) for name in np.unique(names)]
