"""The spectrum as one JSON document: settings, files, results, and the versions of the packages."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from kann.analyses.koopman.spectrum.findings import finding
from kann.analyses.koopman.spectrum.koopman_states import Result
from kann.analyses.koopman.spectrum.mode_table import mode_records
from kann.analyses.koopman.spectrum.settings import Settings
from kann.analyses.wording import unit_of
from kann.backend.engine.versions import versions
from kann.backend.opened.library import Library
from kann.backend.opened.pair import Pair
from kann.records import Untrained
from kann.studies import documents


def document(library: Library, pair: Pair, settings: Settings, result: Result) -> dict[str, Any]:
    """The result in plain values; the same inputs and versions give the same document.

    `modes`: one row for each mode, a conjugate pair in one row, as in the page's table; `eigenvalues`: all, by
    decreasing modulus, as [real, imaginary].
    """
    opened = library.open(pair)
    unit = unit_of(opened.dataset)
    return {
        "study": "koopman",
        "finding": asdict(finding(result, unit)),
        "settings": asdict(settings),
        "files": documents.files(library, pair),
        "unit": unit,
        "classes": dict(opened.class_names),
        "network": documents.network(library, pair),
        "rank": result.operator.rank,
        "pairs": result.pairs,
        "accuracy": asdict(result.accuracy) | {"with_inputs": result.with_inputs, "in_sample": result.in_sample},
        "untrained": None if result.spectrum.untrained is None else _untrained(result.spectrum.untrained),
        "modes": mode_records(result.spectrum),
        "eigenvalues": _pairs(result.spectrum.eigenvalues),
        "sampling_rate": opened.sampling_rate,
        "notes": list(result.notes),
        "versions": versions(),
    }


def _untrained(found: Untrained) -> dict[str, Any]:
    return {
        "kinds": list(found.kinds),
        "networks_of_each_kind": found.each,
        "strictest_kind": found.strictest,
        "own_kind": found.own or None,
        "R2": found.R2.tolist(),
        "median_R2": found.median,
        "median_half_life": found.median_half_life,
        "p_value": found.p_value,
        "eigenvalues": _pairs(found.eigenvalues),
        "rank_of_eigenvalues": found.drawn_at,
    }


def _pairs(values: np.ndarray) -> list[list[float]]:
    return [[float(value.real), float(value.imag)] for value in values]
