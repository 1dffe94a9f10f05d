"""Trust of an eigenvalue, by the size of its interval against its distance from 0."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Complex, Float

# The 95 % points of chi-squared with one and with two degrees of freedom: squared radii of a 95 % interval and ellipse.
_INTERVAL, _ELLIPSE = 3.841458820694124, 5.991464547107979
# Least half-axis of an ellipse: eigenvalues closer than this are equal.
_LEAST_AXIS = 1e-6


def trust(
    eigenvalues: Complex[np.ndarray, " modes"], covariance: Float[np.ndarray, "modes 2 2"]
) -> Float[np.ndarray, " modes"]:
    """How clearly an eigenvalue differs from 0, the eigenvalue of noise, from 0 to 1: 1 - c / d^2.

    d is its distance from 0 in standard errors along that direction; c the 95 % point of chi-squared (one degree of
    freedom for a real eigenvalue, two for a pair). So it is 0 where the 95 % region holds 0, as white noise's does, 1/2
    at 2.8 standard errors (a pair: 3.5), and 1 for an exact rotation. `covariance` of (real, imaginary part); NaN where
    that is unknown."""
    known = np.isfinite(covariance).all(axis=(1, 2))
    points = np.stack([eigenvalues.real, eigenvalues.imag], axis=1)
    widened = np.where(known[:, None, None], covariance, 0.0) + np.eye(2) * (_LEAST_AXIS**2 / _ELLIPSE)
    pairs = np.einsum("mi,mi->m", points, np.linalg.solve(widened, points[..., None])[..., 0])
    real = eigenvalues.real**2 / widened[:, 0, 0]
    squared = np.where(eigenvalues.imag == 0, real / _INTERVAL, pairs / _ELLIPSE)
    return np.where(known, np.clip(1 - 1 / np.maximum(squared, 1.0), 0.0, 1.0), np.nan)


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
