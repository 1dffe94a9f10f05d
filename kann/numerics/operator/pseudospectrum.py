"""The smallest residual that any eigenfunction could have at points of the complex plane."""

from __future__ import annotations

import numpy as np

# Matrices of one batch stay within this many bytes.
_BATCH_BYTES = 32 * 2**20


def smallest_residuals(matrix: np.ndarray, remainder: np.ndarray, points: np.ndarray) -> np.ndarray:
    """sigma_min of [matrix - zI; remainder] at each point z, in orthonormal coordinates.

    The matrix is real, so the lower half plane mirrors the upper one and is not computed again.

    Source: Colbrook and Townsend (2023), ResDMD; here from one Hermitian matrix
    M(z) = K'K + E'E - z K' - conj(z) K + |z|^2 I a point, good to about 1e-8.
    """
    unique, place = np.unique(points.real + 1j * np.abs(points.imag), return_inverse=True)
    gram = matrix.T @ matrix + remainder.T @ remainder
    together = max(1, _BATCH_BYTES // (16 * matrix.size))
    lowest = [
        np.linalg.eigvalsh(_hermitian(gram, matrix, unique[start : start + together]))[:, 0]
        for start in range(0, len(unique), together)
    ]
    return np.sqrt(np.maximum(np.concatenate([*lowest, np.zeros(0)]), 0.0))[place].reshape(points.shape)


def _hermitian(gram: np.ndarray, matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    z = points[:, None, None]
    return gram - z * matrix.T - z.conj() * matrix + np.abs(z) ** 2 * np.eye(len(matrix))
