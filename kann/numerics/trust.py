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
    of_points: Float[np.ndarray, "points 2 2"] | None = None,
) -> Bool[np.ndarray, "modes points"]:
    """Whether a point lies in the 95 % ellipse of an eigenvalue's bootstrap; where the points are themselves
    known only up to a covariance, in that of their difference."""
    difference = points - eigenvalues[:, None]
    x, y = difference.real, difference.imag
    widened = (covariance + np.eye(2) * (_LEAST_AXIS**2 / _ELLIPSE))[:, None]
    if of_points is not None:
        widened = widened + of_points
    weight = np.linalg.inv(widened)
    distance = weight[..., 0, 0] * x**2 + 2 * weight[..., 0, 1] * x * y + weight[..., 1, 1] * y**2
    return distance <= _ELLIPSE
