"""Eigenpairs of a real matrix in one fixed order, with both sets of vectors, pairs and conditions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg

from kann.errors import OutOfRange

# Moduli that agree to this many digits count as equal when eigenvalues are put in order.
_DIGITS = 10


@dataclass(frozen=True)
class Eigenpairs:
    """`values` [n] sorted by falling modulus, then real, then imaginary part, conjugates side by side;
    `right` [n n] unit eigenvectors in columns; `left` [n n] their duals: left.T @ right = 1;
    `condition` [n] of each eigenvalue, infinite where it is defective."""

    values: np.ndarray
    right: np.ndarray
    left: np.ndarray
    condition: np.ndarray


def eigenpairs(matrix: np.ndarray) -> Eigenpairs:
    values, right = scipy.linalg.eig(matrix, check_finite=False)
    order = spectral_order(values)
    values, right = values[order], right[:, order]
    # The inverse keeps left and right vectors dual up to the condition; LAPACK's own left vectors, found
    # one by one, only up to its square.
    try:
        left = _dual(packed(right, values), values)
    except np.linalg.LinAlgError:
        left = np.full_like(right, np.inf)
    with np.errstate(over="ignore", invalid="ignore"):
        condition = np.linalg.norm(left, axis=0) * np.linalg.norm(right, axis=0)
    known = np.isfinite(condition)
    return Eigenpairs(values, right, np.where(known, left, 0.0), np.where(known, condition, np.inf))


def packed(vectors: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Real columns that carry complex ones: of a conjugate pair the first holds the real part, the second
    the imaginary part of the upper vector. Real linear maps cost a quarter on them."""
    upper, lower = _halves(values)
    columns = vectors.real.copy()
    columns[:, lower] = vectors.imag[:, upper]
    return columns


def unpacked(columns: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The complex columns that `packed` carried, after any real linear map."""
    upper, lower = _halves(values)
    vectors = columns.astype(complex)
    vectors[:, upper] += 1j * columns[:, lower]
    vectors[:, lower] = vectors[:, upper].conj()
    return vectors


def _halves(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    upper = np.flatnonzero(values.imag > 0)
    return upper, partners(values)[upper]


def _dual(columns: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Complex columns dual to those packed in `columns`, by one real inverse."""
    upper, lower = _halves(values)
    rows = np.linalg.inv(columns).T
    rows[:, lower] *= -1.0
    rows[:, [*upper, *lower]] /= 2.0
    return unpacked(rows, values)


def spectral_order(values: np.ndarray) -> np.ndarray:
    """Indices that sort eigenvalues: by falling modulus, rounded so that pairs stay together."""
    rounded = np.round(np.abs(values), _DIGITS)
    return np.lexsort((-values.imag, -np.round(values.real, _DIGITS), -rounded))


def partners(values: np.ndarray) -> np.ndarray:
    """Index of each eigenvalue's conjugate; its own index where it is real.

    Found by value, never by position. An eigenvalue without a conjugate is its own partner.
    """
    result = np.arange(len(values))
    beside = np.flatnonzero((values[:-1].imag > 0) & (values[1:] == values[:-1].conj()))
    result[beside], result[beside + 1] = beside + 1, beside
    # In the order of `spectral_order` that was all; other orders are searched.
    for index in np.flatnonzero((values.imag > 0) & (result == np.arange(len(values)))):
        free = np.flatnonzero((values == values[index].conj()) & (result == np.arange(len(values))))
        if len(free):
            result[index], result[free[0]] = free[0], index
    return result


def close_under_conjugation(values: np.ndarray, modes) -> np.ndarray:
    """Sorted indices of the modes and their conjugate partners.

    Raises:
        OutOfRange: an index that no eigenvalue has.
    """
    chosen = np.unique(np.asarray(modes, dtype=np.int64).reshape(-1))
    if len(chosen) and not 0 <= chosen[0] <= chosen[-1] < len(values):
        raise OutOfRange(
            f"Mode {chosen[-1] if chosen[-1] >= len(values) else chosen[0]} does not exist: "
            f"there are {len(values)}, numbered from 0."
        )
    return np.unique(np.concatenate([chosen, partners(values)[chosen]]))


def spectral_projector(matrix: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """The projector on the invariant subspace of the `chosen` eigenvalues along that of the others.

    By an ordered Schur form and one Sylvester equation: no eigenvector is inverted, so it stands where
    eigenvectors nearly coincide.
    """
    away = np.sort([np.abs(chosen - value).min() for value in scipy.linalg.eigvals(matrix)])
    # Eigenvalues this ill conditioned differ from one algorithm to the next: take those nearer than halfway
    # to the first that was not chosen.
    limit = np.append(away, np.inf)[len(chosen) - 1 : len(chosen) + 1].mean()
    schur, vectors, count = scipy.linalg.schur(
        matrix.astype(complex), output="complex", sort=lambda value: np.abs(chosen - value).min() <= limit
    )
    coupling = scipy.linalg.solve_sylvester(schur[:count, :count], -schur[count:, count:], -schur[:count, count:])
    projector = np.zeros_like(schur)
    projector[:count, :count] = np.eye(count)
    projector[:count, count:] = -coupling
    return (vectors @ projector @ vectors.conj().T).real


def canonical(modes: np.ndarray, functions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same pairs of columns with the phase that makes each mode's largest component real and
    positive; the products mode x function do not change."""
    size = np.abs(modes)
    largest = np.argmax(np.round(size / np.maximum(size.max(axis=0), np.finfo(float).tiny), 6), axis=0)
    component = modes[largest, np.arange(modes.shape[1])]
    turn = np.where(component == 0, 1.0, component.conj() / np.maximum(np.abs(component), np.finfo(float).tiny))
    return modes * turn, functions * turn.conj()
