"""Scores of the steps of many sequences, each for the class that the network decides for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from kann.analyses.koopman.highlights.text_highlights import Target, Unrolling
from kann.numerics.attribution.highlights import effects, innovations, projections, total
from kann.numerics.operator.koopman import Operator
from kann.records import StateBatch

SHADINGS = ("magnitude", "signed projection", "unsigned innovation", "innovation")


def shadings(
    operator: Operator,
    batch: StateBatch,
    targets: Sequence[Target],
    classes: Int[np.ndarray, " sequences"],
    modes: Sequence[int],
    unrolling: Unrolling,
) -> dict[str, list[np.ndarray]]:
    """Scores [steps] of each sequence by each of SHADINGS, of the chosen modes and their conjugate partners.

    "magnitude" and "unsigned innovation" sum |phi_j| and its innovation over the modes, whatever the class; "signed
    projection" and "innovation" sum their effects on the evidence for each sequence's class, given in `classes`;
    `targets` holds one target a class. A step without a value (before all delays are there) scores 0.

    Source: Naiman and Azencot (2023), Eq. 10, for the magnitude; the others are ours.
    """
    inputs = batch.inputs if operator.input_matrix.shape[1] else None
    phi = projections(operator, batch.values, batch.lengths)
    added = innovations(
        operator, batch.values, batch.lengths, inputs, unrolling.mean_inputs, unrolling.from_zeros
    ).whole
    found = (
        total(operator, np.abs(phi), modes),
        _of_classes(operator, phi, targets, classes, modes),
        total(operator, np.abs(added), modes),
        _of_classes(operator, added, targets, classes, modes),
    )
    return {
        name: [np.nan_to_num(row[:length]) for row, length in zip(values, batch.lengths, strict=True)]
        for name, values in zip(SHADINGS, found, strict=True)
    }


def _of_classes(
    operator: Operator, coordinates: np.ndarray, targets: Sequence[Target], classes: np.ndarray, modes: Sequence[int]
) -> Float[np.ndarray, "sequences steps"]:
    """Effects on the evidence for each sequence's own class."""
    values = np.empty(coordinates.shape[:2])
    for target in targets:
        rows = classes == target.index
        values[rows] = total(operator, effects(operator, coordinates[rows], target.direction), modes)
    return values
