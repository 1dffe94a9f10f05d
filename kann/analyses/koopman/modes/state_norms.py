"""Norm of the states over the steps of sequences: growth, decay and saturation at a glance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Shaped

from kann.analyses.koopman.modes.mode_classes import in_order, joined, label_names, reaching
from kann.records import StateBatch

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class StateNorms:
    """`norms` of the states at the quantiles `levels` over the sequences of each class that reach a step; `counts` how
    many do. NaN where none does."""

    labels: Shaped[np.ndarray, " classes"]
    counts: Int[np.ndarray, "classes steps"]
    levels: Float[np.ndarray, " levels"]
    norms: Float[np.ndarray, "classes levels steps"]


def state_norms(batches: Iterable[StateBatch]) -> StateNorms:
    """The distribution of the states' Euclidean norm over the steps, by class."""
    found, labels = [], []
    for batch in batches:
        norms = np.linalg.norm(batch.values.astype(np.float64), axis=2)
        norms[np.arange(norms.shape[1]) >= np.asarray(batch.lengths)[:, None]] = np.nan
        found.append(norms[..., None])
        labels.append(label_names(batch.labels, len(norms)))
    known, whole = np.concatenate(labels), joined(found)
    names = in_order(known)
    classes = [whole[known == name] for name in names]
    counts = np.stack([reaching(values) for values in classes])
    norms = np.stack([_quantiles(values[..., 0].astype(np.float64)) for values in classes])
    return StateNorms(names, counts, np.array(LEVELS), norms)


def _quantiles(values: Float[np.ndarray, "sequences steps"]) -> Float[np.ndarray, "levels steps"]:
    found = np.full((len(LEVELS), values.shape[1]), np.nan)
    there = np.isfinite(values).any(axis=0)
    found[:, there] = np.nanquantile(values[:, there], LEVELS, axis=0)
    return found
