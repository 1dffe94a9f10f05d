"""The controls as a table: one row a predictor, the figures as every sentence writes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from jaxtyping import Float

from kann.analyses.koopman.controls.measured import OTHER_INTERCEPT, OWN, SHUFFLED, TWIN, Controls, MeasuredFit
from kann.analyses.wording import number, share
from kann.numerics.prediction.score import Accuracy

NONE = "–"


def control_table(controls: Controls) -> dict[str, list[str]]:
    """Columns by name. Of several twins the median, where it matters with the range; a dash for what is not known.
    Where nothing was held out there is one column of R2 in sample, and one of agreement."""
    own, twins = (controls.of(kind, controls.inputs) for kind in (OWN, TWIN))
    other = not controls.inputs
    rows = {OWN: _row(own, controls.of(OWN, other))}
    if len(twins):
        rows[f"untrained twins, {len(twins)}"] = _row(twins, controls.of(TWIN, other))
    rows[SHUFFLED] = _row(controls.of(SHUFFLED), controls.of(SHUFFLED, True))
    contrast = OTHER_INTERCEPT[controls.intercept]
    rows[contrast] = _row(controls.of(contrast, controls.inputs), controls.of(contrast, other))
    rows["persistence"] = _baseline(own[0].persistence)
    rows["mean"] = _baseline(own[0].mean)
    names = (
        "R², in sample" if controls.in_sample else "R², held out",
        "R², in sample",
        f"R², {'with' if other else 'without'} inputs",
        "e_rel",
        "agreement, in sample" if controls.in_sample else "agreement, held out",
        "agreement, in sample",
        "top modulus",
    )
    columns = dict(zip(names, zip(*rows.values(), strict=True), strict=True))
    return {"predicted by": list(rows)} | {name: list(column) for name, column in columns.items()}


def modulus(value: float) -> str:
    """Four decimals: what tells 0.9979 from 0.9912."""
    return NONE if np.isnan(value) else f"{value:.4f}"


def figures(fits: Iterable[MeasuredFit], figure: Callable[[MeasuredFit], float | None]) -> Float[np.ndarray, " fits"]:
    """One figure of each fit, NaN where it is not known."""
    return np.array([np.nan if (value := figure(fit)) is None else value for fit in fits])


def median(values: Float[np.ndarray, " fits"], write: Callable[[float], str]) -> str:
    """The median of what is known; a dash where nothing is."""
    known = values[np.isfinite(values)]
    return write(float(np.median(known))) if len(known) else NONE


def median_and_range(values: Float[np.ndarray, " fits"], write: Callable[[float], str]) -> str:
    """The median, and behind it the range where there are several."""
    known = values[np.isfinite(values)]
    if len(known) < 2:
        return median(values, write)
    return f"{median(known, write)} ({write(float(known.min()))} to {write(float(known.max()))})"


def _row(fits: tuple[MeasuredFit, ...], other: tuple[MeasuredFit, ...]) -> tuple[str, ...]:
    return (
        median_and_range(figures(fits, lambda fit: fit.held_out.R2), share),
        median(figures(fits, lambda fit: fit.in_sample.R2), share),
        median(figures(other, lambda fit: fit.held_out.R2), share),
        median_and_range(figures(fits, lambda fit: fit.held_out.e_rel), number),
        median(figures(fits, lambda fit: fit.held_out.agreement), share),
        median(figures(fits, lambda fit: fit.in_sample.agreement), share),
        median_and_range(figures(fits, lambda fit: fit.moduli[0]), modulus),
    )


def _baseline(found: Accuracy) -> tuple[str, ...]:
    agreed = NONE if found.agreement is None else share(found.agreement)
    return share(found.R2), NONE, NONE, number(found.e_rel), agreed, NONE, NONE
