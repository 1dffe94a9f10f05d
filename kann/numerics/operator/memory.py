"""Half-life, period and frequency of eigenvalues."""

from __future__ import annotations

import numpy as np
from jaxtyping import Complex, Float

from kann.errors import OutOfRange


def memory_horizon(eigenvalues: Complex[np.ndarray, " modes"], fraction: float) -> Float[np.ndarray, " modes"]:
    """Steps until a mode keeps only `fraction` of its amplitude; infinite on the unit circle.

    A mode outside the circle never decays and is infinite too; whether its growth is real is a question for
    `Operator.residuals`.

    Raises:
        OutOfRange: `fraction` is not strictly between 0 and 1.

    Source: Naiman and Azencot (2023), Eq. 9.
    """
    if not 0 < fraction < 1:
        raise OutOfRange(f"The remaining fraction must lie between 0 and 1, not at {fraction}.")
    decay = -np.log(np.clip(np.abs(eigenvalues), np.finfo(float).tiny, 1.0))
    return np.divide(-np.log(fraction), decay, out=np.full(decay.shape, np.inf), where=decay > 0)


def half_life(eigenvalues: Complex[np.ndarray, " modes"]) -> Float[np.ndarray, " modes"]:
    """Steps until a mode keeps half of its amplitude."""
    return memory_horizon(eigenvalues, 0.5)


def frequency(eigenvalues: Complex[np.ndarray, " modes"]) -> Float[np.ndarray, " modes"]:
    """Cycles per step, 0 to 1/2; a negative real eigenvalue alternates and reads 1/2."""
    return np.abs(np.angle(eigenvalues)) / (2 * np.pi)


def period(eigenvalues: Complex[np.ndarray, " modes"]) -> Float[np.ndarray, " modes"]:
    """Steps per cycle; infinite where a mode does not oscillate."""
    cycles = frequency(eigenvalues)
    return np.divide(1.0, cycles, out=np.full(cycles.shape, np.inf), where=cycles > 0)
