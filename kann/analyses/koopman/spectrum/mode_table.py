"""The spectrum as a table: one row a mode, a conjugate pair in one row."""

from __future__ import annotations

import csv
import io

import numpy as np

from kann.records import Spectrum

# What columns are called in documents, where that is not their title in snake case.
NAMES = {
    "half-life, steps": "half_life",
    "period, steps": "period",
    "share of variance": "share",
    "predicted for, steps": "predicted_for",
    "frequency, Hz": "frequency_hz",
    "share of decision": "decision_share",
    "modes that last as long": "modes_as_long",
    "most in an untrained network": "most_untrained",
    "longer than untrained": "beyond_untrained",
}


def representatives(spectrum: Spectrum) -> np.ndarray:
    """Indices of the modes with a non-negative imaginary part: each pair once."""
    return upper_modes(spectrum.eigenvalues)


def upper_modes(eigenvalues: np.ndarray) -> np.ndarray:
    """Indices of the eigenvalues with a non-negative imaginary part: each pair once."""
    return np.flatnonzero(eigenvalues.imag >= 0)


def mode_table(spectrum: Spectrum) -> dict[str, list]:
    """Columns by name, one entry for each of `representatives`. Shares of a pair are added up."""
    rows = representatives(spectrum)
    values, paired = spectrum.eigenvalues[rows], spectrum.eigenvalues[rows].imag > 0
    periods = np.divide(
        1.0, spectrum.frequencies[rows], out=np.full(len(rows), np.nan), where=spectrum.frequencies[rows] > 0
    )
    table = {
        "mode": rows + 1,
        "id": np.array(spectrum.ids)[rows],
        "real": values.real,
        "imaginary": values.imag,
        "modulus": np.abs(values),
        "half-life, steps": spectrum.half_lives[rows],
        "period, steps": periods,
        "share of variance": spectrum.carried[rows],
        "predicted for, steps": spectrum.predicts[rows],
        "residual": spectrum.residuals[rows],
        "trust": spectrum.trust[rows],
        "modulus low": spectrum.modulus_low[rows],
        "modulus high": spectrum.modulus_high[rows],
        "condition": spectrum.condition[rows],
    }
    if spectrum.sampling_rate is not None:
        table["frequency, Hz"] = spectrum.frequencies[rows] * spectrum.sampling_rate
    if spectrum.decides:
        table["share of decision"] = spectrum.weights[rows]
    if spectrum.untrained is not None:
        table["modes that last as long"] = rows + 1 + paired
        table["most in an untrained network"] = spectrum.untrained.as_many[rows]
        table["longer than untrained"] = spectrum.untrained.beyond[rows]
    return {name: column.tolist() for name, column in table.items()}


def mode_records(spectrum: Spectrum) -> list[dict]:
    """The same, one record a mode under names that stay: those of a file, not of a screen."""
    columns = mode_table(spectrum)
    names = [NAMES.get(title, title.replace(" ", "_")) for title in columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def as_csv(table: dict[str, list]) -> str:
    """The table as comma-separated values, full precision, one header line."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table)
    writer.writerows(zip(*table.values(), strict=True))
    return text.getvalue()
