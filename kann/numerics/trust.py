"""Whether to believe an eigenvalue: its interval against its distance from the circle, and its twins."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Complex, Float

# The 95 % point of chi-squared with two degrees of freedom: the radius, squared, of a 95 % ellipse.
_ELLIPSE = 5.991464547107979
# Half-axes of an ellipse are at least this long: below, two eigenvalues are the same number.
_LEAST_AXIS = 1e-6


def trust(
    eigenvalues: Complex[np.ndarray, " modes"], standard_error: Float[np.ndarray, " modes"]
) -> Float[np.ndarray, " modes"]:
    """1 where the modulus is known far better than its distance from the unit circle, towards 0 where
    it is not: 1 / (1 + standard error of |lambda| / |1 - |lambda||)."""
    distance = np.abs(1 - np.abs(eigenvalues))
    return distance / np.maximum(distance + standard_error, np.finfo(float).tiny)


def inside_ellipse(
    points: Complex[np.ndarray, " points"],
    eigenvalues: Complex[np.ndarray, " modes"],
    covariance: Float[np.ndarray, "modes 2 2"],
) -> Bool[np.ndarray, "modes points"]:
    """Whether a point lies in the 95 % ellipse of an eigenvalue's bootstrap."""
    difference = points - eigenvalues[:, None]
    parts = np.stack([difference.real, difference.imag], axis=-1)
    widened = covariance + np.eye(2) * (_LEAST_AXIS**2 / _ELLIPSE)
    distance = np.einsum("mpi,mij,mpj->mp", parts, np.linalg.inv(widened), parts)
    return distance <= _ELLIPSE
