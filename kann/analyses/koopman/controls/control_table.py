"""The controls as a table: one row a predictor, the figures as every sentence writes them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kann.analyses.koopman.controls.measured import OTHER_INTERCEPT, OWN, SHUFFLED, TWIN, Controls, Fits
from kann.analyses.wording import number, share

NONE = "–"


def control_table(controls: Controls) -> dict[str, list[str]]:
    """Columns by name. Of several twins the median, where it matters with the range; a dash for what is not known.
    Where nothing was held out there is one column of R2 in sample, and one of agreement."""
    fits = controls.fits
    own, twins = (fits.of(kind, controls.inputs) for kind in (OWN, TWIN))
    other = not controls.inputs
    rows = {OWN: _row(own, fits.of(OWN, other))}
    if len(twins):
        rows[f"untrained twins, {len(twins)}"] = _row(twins, fits.of(TWIN, other))
    rows[SHUFFLED] = _row(fits.of(SHUFFLED), fits.of(SHUFFLED, True))
    contrast = OTHER_INTERCEPT[controls.intercept]
    rows[contrast] = _row(fits.of(contrast, controls.inputs), fits.of(contrast, other))
    rows["persistence"] = _baseline(own, "persistence")
    rows["mean"] = _baseline(own, "mean")
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


def median(values: np.ndarray, write: Callable[[float], str]) -> str:
    """The median of what is known; a dash where nothing is."""
    known = values[np.isfinite(values)]
    return write(float(np.median(known))) if len(known) else NONE


def median_and_range(values: np.ndarray, write: Callable[[float], str]) -> str:
    """The median, and behind it the range where there are several."""
    known = values[np.isfinite(values)]
    if len(known) < 2:
        return median(values, write)
    return f"{median(known, write)} ({write(float(known.min()))} to {write(float(known.max()))})"


def _row(fits: Fits, other: Fits) -> tuple[str, ...]:
    return (
        median_and_range(fits.R2, share),
        median(fits.in_sample_R2, share),
        median(other.R2, share),
        median_and_range(fits.e_rel, number),
        median(fits.agreement, share),
        median(fits.in_sample_agreement, share),
        median_and_range(fits.moduli[:, 0], modulus),
    )


def _baseline(own: Fits, name: str) -> tuple[str, ...]:
    agreement = own.persistence_agreement if name == "persistence" else own.mean_agreement
    cells = (getattr(own, f"{name}_R2"), share), (getattr(own, f"{name}_e_rel"), number), (agreement, share)
    R2, e_rel, agreed = (median(values, write) for values, write in cells)
    return R2, NONE, NONE, e_rel, agreed, NONE, NONE
