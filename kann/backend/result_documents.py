"""A result as one JSON document: what was asked, of which files, what was found, and which versions computed it."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Any

import numpy as np

from kann.analyses.koopman.spectrum.findings import finding
from kann.analyses.koopman.spectrum.koopman_states import Result
from kann.analyses.koopman.spectrum.mode_table import mode_table
from kann.analyses.koopman.spectrum.transitions import Settings
from kann.analyses.wording import unit_of
from kann.backend.engine.versions import versions
from kann.backend.opened.cards import class_names
from kann.backend.opened.library import Library, Source
from kann.backend.signal_reading import sampling_rate
from kann.records import RecurrentLayer, Untrained


def document(library: Library, source: Source, settings: Settings, result: Result) -> dict[str, Any]:
    """The result in plain values; the same inputs and versions give the same document.

    `modes` has one row a mode, a conjugate pair in one row, as the page's table; `eigenvalues` has all, by
    falling modulus, as [real, imaginary].
    """
    dataset = library.dataset(source.data, source.vocabulary)
    words = finding(result, unit_of(dataset))
    columns = mode_table(result.spectrum)
    return {
        "finding": asdict(words),
        "settings": asdict(settings),
        "files": _files(library, source) | {"kind": dataset.kind, "sequences": len(dataset)},
        "unit": unit_of(dataset),
        "classes": class_names(library, source),
        "network": None if source.model is None else _network(library, source),
        "rank": result.operator.rank,
        "pairs": result.pairs,
        "accuracy": asdict(result.accuracy) | {"with_inputs": result.with_inputs, "in_sample": result.in_sample},
        "untrained": None if result.spectrum.untrained is None else _untrained(result.spectrum.untrained),
        "modes": [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)],
        "eigenvalues": _pairs(result.spectrum.eigenvalues),
        "sampling_rate": sampling_rate(library, source),
        "notes": list(result.notes),
        "versions": versions(),
    }


def as_json(value: Any) -> str:
    """JSON that every reader takes: NaN (not known) is null, the infinite ones are "infinity", "-infinity"."""
    return json.dumps(_plain(value), indent=2, allow_nan=False)


def _files(library: Library, source: Source) -> dict[str, Any]:
    digests = library.sha256s(source)
    references = {"checkpoint": source.model, "data": source.data, "vocabulary": source.vocabulary}
    whats = ("model", "data", "vocabulary")
    return {
        name: None if reference is None else {"name": library.name(reference, what), "sha256": digest}
        for (name, reference), what, digest in zip(references.items(), whats, digests, strict=True)
    }


def _network(library: Library, source: Source) -> dict[str, Any]:
    guessed = {role: names[0] if names else None for role, names in library.roles(source).items()}
    network = library.network(source)
    return asdict(network.layer) | {
        "nonlinearity": getattr(network.module, "nonlinearity", None),
        "nonlinearity_is": _authority(source, network.layer),
        "direction": source.direction,
        "roles": guessed | dict(source.roles),
    }


def _authority(source: Source, layer: RecurrentLayer) -> str | None:
    """On whose word an RNN has its nonlinearity; None for layers that have no choice."""
    if layer.cell != "RNN":
        return None
    return "given" if source.nonlinearity else "stated in the file" if layer.nonlinearity else "assumed"


def _untrained(found: Untrained) -> dict[str, Any]:
    return {
        "kinds": list(found.kinds),
        "networks of each kind": found.each,
        "strictest kind": found.strictest,
        "own kind": found.own or None,
        "R2": found.R2.tolist(),
        "median R2": found.median,
        "median half-life, steps": found.median_half_life,
        "p-value": found.p_value,
        "eigenvalues": _pairs(found.eigenvalues),
        "rank of eigenvalues": found.drawn_at,
    }


def _pairs(values: np.ndarray) -> list[list[float]]:
    return [[float(value.real), float(value.imag)] for value in values]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(entry) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else "infinity" if value > 0 else "-infinity"
    return value
