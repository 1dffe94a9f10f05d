"""The controls as a table: one row a predictor, the figures as every sentence writes them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kann.analyses.controls import OTHER_INTERCEPT, OWN, SHUFFLED, TWIN, Controls, Fits
from kann.analyses.wording import number, share

NONE = "–"


def control_table(controls: Controls) -> dict[str, list[str]]:
    """Columns by name. Of several twins the median, and the range in brackets; a dash where there is no figure.
    Where nothing was held out there is one column of R2 in sample."""
    fits = controls.fits
    own, twins = (fits.of(kind, controls.inputs) for kind in (OWN, TWIN))
    other = not controls.inputs
    rows = {OWN: _row(own, fits.of(OWN, other))}
    if len(twins):
        rows[f"untrained twins, {len(twins)}"] = _row(twins, fits.of(TWIN, other))
    rows[SHUFFLED] = _row(fits.of(SHUFFLED), fits.of(SHUFFLED, True))
    contrast = OTHER_INTERCEPT[controls.intercept]
    rows[contrast] = _row(fits.of(contrast, controls.inputs), fits.of(contrast, other))
    rows["persistence: the state stays"] = _baseline(own, "persistence")
    rows["mean: always the mean state"] = _baseline(own, "mean")
    names = (
        "R², in sample" if controls.in_sample else "R², held out",
        "R², in sample",
        f"R², {'with' if other else 'without'} inputs",
        "e_rel",
        "agreement",
        "top modulus",
    )
    columns = dict(zip(names, zip(*rows.values(), strict=True), strict=True))
    return {"predicted by": list(rows)} | {name: list(column) for name, column in columns.items()}


def modulus(value: float) -> str:
    """Four decimals: what tells 0.9979 from 0.9912."""
    return NONE if np.isnan(value) else f"{value:.4f}"


def median_and_range(values: np.ndarray, write: Callable[[float], str]) -> str:
    """The median, and behind it the range where there are several; a dash where none is known."""
    known = values[np.isfinite(values)]
    if not len(known):
        return NONE
    middle = write(float(np.median(known)))
    return middle if len(known) == 1 else f"{middle} ({write(float(known.min()))} to {write(float(known.max()))})"


def _row(fits: Fits, other: Fits) -> tuple[str, ...]:
    return (
        median_and_range(fits.R2, share),
        median_and_range(fits.in_sample_R2, share),
        median_and_range(other.R2, share),
        median_and_range(fits.e_rel, number),
        median_and_range(fits.agreement, share),
        median_and_range(fits.moduli[:, 0], modulus),
    )


def _baseline(own: Fits, name: str) -> tuple[str, ...]:
    agreement = own.persistence_agreement if name == "persistence" else own.mean_agreement
    cells = (getattr(own, f"{name}_R2"), share), (getattr(own, f"{name}_e_rel"), number), (agreement, share)
    R2, e_rel, agreed = (median_and_range(values, write) for values, write in cells)
    return R2, NONE, NONE, e_rel, agreed, NONE
