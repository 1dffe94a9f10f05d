"""Answers as strict JSON, and the description of the files in a document."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Any

from kann.backend.opened.library import Library
from kann.backend.opened.pair import Pair, fitting_roles
from kann.records import RecurrentLayer


def as_json(value: Any) -> str:
    """JSON text; NaN is null, infinite values are "infinity" and "-infinity"."""
    return json.dumps(_plain(value), indent=2, allow_nan=False)


def files(library: Library, pair: Pair) -> dict[str, Any]:
    """Name and digest of each file of a pair, and kind and number of the sequences."""
    dataset, words = library.dataset(pair.data, pair.vocabulary), pair.vocabulary
    return {
        "checkpoint": pair.model and _file(library.name(pair.model), library.checkpoint(pair.model).sha256),
        "data": _file(library.name(pair.data, "data"), dataset.sha256),
        "vocabulary": words and _file(library.name(words.reference, words.what), library.sha256(words)),
        "kind": dataset.kind,
        "sequences": len(dataset),
    }


def network(library: Library, pair: Pair) -> dict[str, Any] | None:
    """The recurrent layer as rebuilt, and the source of its nonlinearity; None for states without a network."""
    if pair.model is None:
        return None
    guessed = {role: names[0] if names else None for role, names in fitting_roles(library, pair).items()}
    rebuilt = library.network(pair)
    return asdict(rebuilt.layer) | {
        "nonlinearity": getattr(rebuilt.module, "nonlinearity", None),
        "nonlinearity_is": _authority(pair, rebuilt.layer),
        "direction": pair.direction,
        "roles": guessed | dict(pair.roles),
    }


def _file(name: str, sha256: str) -> dict[str, str]:
    return {"name": name, "sha256": sha256}


def _authority(pair: Pair, layer: RecurrentLayer) -> str | None:
    """The source of an RNN's nonlinearity; None for cells with a fixed one."""
    if layer.cell != "RNN":
        return None
    return "given" if pair.nonlinearity else "stated in the file" if layer.nonlinearity else "assumed"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(entry) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else "infinity" if value > 0 else "-infinity"
    return value
