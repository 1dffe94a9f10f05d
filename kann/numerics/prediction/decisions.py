"""Outputs of a read-out -> decisions, and the evidence for a class."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from kann.errors import OutOfRange


def decisions(outputs: Float[np.ndarray, "*shape outputs"]) -> Int[np.ndarray, "*shape"]:
    """The class decided for: that of the largest output; of a single output, log-odds, its sign."""
    if outputs.shape[-1] == 1:
        return (outputs[..., 0] > 0).astype(np.int64)
    return outputs.argmax(axis=-1).astype(np.int64)


def evidence_weights(outputs: int, target: int) -> Float[np.ndarray, " outputs"]:
    """Weights of the outputs whose sum is the evidence for the class `target`.

    A single output is evidence for class 1 and, negated, for class 0; of several, the class's own against the
    mean of the others.

    Raises:
        OutOfRange: there is no such class.
    """
    classes = max(outputs, 2)
    if not 0 <= target < classes:
        raise OutOfRange(f"The read-out decides between {classes} classes, numbered from 0: there is no {target}.")
    if outputs == 1:
        return np.array([1.0 if target else -1.0])
    weights = np.full(outputs, -1.0 / (outputs - 1))
    weights[target] = 1.0
    return weights
