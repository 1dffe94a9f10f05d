"""The scores by which the steps of many sequences are shaded, each towards what the network decides of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from kann.analyses.koopman.highlights.text_highlights import Aim, Drive
from kann.numerics.attribution.highlights import effects, innovations, projections, total
from kann.numerics.operator.koopman import Operator
from kann.records import StateBatch

SHADINGS = ("magnitude", "signed projection", "unsigned innovation", "innovation")


def shadings(
    operator: Operator,
    batch: StateBatch,
    aims: Sequence[Aim],
    toward: Int[np.ndarray, " sequences"],
    modes: Sequence[int],
    drive: Drive,
) -> dict[str, list[np.ndarray]]:
    """Scores [steps] of each sequence by each of SHADINGS, of the chosen modes and their conjugate partners.

    "magnitude" and "unsigned innovation" sum |phi_j| and its innovation over the modes, and know no class; "signed
    projection" and "innovation" sum their effects on the evidence for the sequence's class of `toward`, along the
    aim at it out of `aims`, one a class. A step without a value (while delays fill up) scores 0.

    Source: Naiman and Azencot (2023), Eq. 10, for the magnitude; the others are ours.
    """
    inputs = batch.inputs if operator.input_matrix.shape[1] else None
    phi = projections(operator, batch.values, batch.lengths)
    added = innovations(operator, batch.values, batch.lengths, inputs, drive.mean_inputs, drive.from_zeros).whole
    found = (
        total(operator, np.abs(phi), modes),
        _towards(operator, phi, aims, toward, modes),
        total(operator, np.abs(added), modes),
        _towards(operator, added, aims, toward, modes),
    )
    return {
        name: [np.nan_to_num(row[:length]) for row, length in zip(values, batch.lengths, strict=True)]
        for name, values in zip(SHADINGS, found, strict=True)
    }


def _towards(
    operator: Operator, coordinates: np.ndarray, aims: Sequence[Aim], toward: np.ndarray, modes: Sequence[int]
) -> Float[np.ndarray, "sequences steps"]:
    """Effects on the evidence for each sequence's own class."""
    values = np.empty(coordinates.shape[:2])
    for aimed in aims:
        rows = toward == aimed.toward
        values[rows] = total(operator, effects(operator, coordinates[rows], aimed.direction), modes)
    return values
