"""Eigenpairs of a real matrix in one fixed order, with both sets of vectors, pairs and conditions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.linalg
from jaxtyping import Complex, Float
from scipy.linalg.lapack import dgeev, dgeev_lwork

from kann.errors import OutOfRange

# Moduli that agree to this many digits count as equal when eigenvalues are put in order.
_DIGITS = 10


@dataclass(frozen=True)
class Eigenpairs:
    """`values` [n] sorted by falling modulus, then real, then imaginary part, conjugates side by side.

    `columns` [n n] carry the unit eigenvectors in real numbers: of a conjugate pair the first column holds the
    real part, the second the imaginary part of the upper vector. Real linear maps cost a quarter on them.
    """

    values: Complex[np.ndarray, " n"]
    columns: Float[np.ndarray, "n n"]

    @cached_property
    def right(self) -> np.ndarray:
        """Unit eigenvectors in columns [n n]."""
        return self.unpacked(self.columns)

    @cached_property
    def left(self) -> np.ndarray:
        """Their duals in columns [n n]: left.T @ right = 1; zero where an eigenvalue is defective."""
        return self.unpacked(self.dual)

    @cached_property
    def dual(self) -> np.ndarray:
        """`left`, packed as `columns` are."""
        return np.where(np.isfinite(self.condition), self._inverse, 0.0)

    @cached_property
    def condition(self) -> np.ndarray:
        """[n] of each eigenvalue, infinite where it is defective."""
        with np.errstate(over="ignore", invalid="ignore"):
            found = self.norms(self._inverse) * self.norms(self.columns)
        return np.where(np.isfinite(found), found, np.inf)

    @cached_property
    def _inverse(self) -> np.ndarray:
        # One real inverse keeps left and right vectors dual up to the condition; LAPACK's own left vectors,
        # found one by one, only up to its square.
        try:
            rows = np.linalg.inv(self.columns).T
        except np.linalg.LinAlgError:
            return np.full_like(self.columns, np.inf)
        upper, lower = self._halves
        rows[:, lower] *= -1.0
        rows[:, [*upper, *lower]] /= 2.0
        return rows

    def unpacked(self, columns: np.ndarray) -> np.ndarray:
        """The complex columns that packed ones carry, after any real linear map."""
        upper, lower = self._halves
        vectors = columns.astype(complex)
        vectors[:, upper] += 1j * columns[:, lower]
        vectors[:, lower] = vectors[:, upper].conj()
        return vectors

    def norms(self, columns: np.ndarray) -> np.ndarray:
        """Of the complex columns that packed ones carry."""
        upper, lower = self._halves
        squares = np.einsum("ij,ij->j", columns, columns)
        squares[upper] = squares[lower] = squares[upper] + squares[lower]
        return np.sqrt(squares)

    def products(self, one: np.ndarray, other: np.ndarray) -> np.ndarray:
        """Re(one x other), entry by entry, of the complex columns that packed ones carry."""
        upper, lower = self._halves
        product = one * other
        product[:, upper] -= product[:, lower]
        product[:, lower] = product[:, upper]
        return product

    @cached_property
    def _halves(self) -> tuple[np.ndarray, np.ndarray]:
        upper = np.flatnonzero(self.values.imag > 0)
        return upper, upper + 1


def eigenpairs(matrix: np.ndarray) -> Eigenpairs:
    """Eigenvalues and eigenvectors of a real matrix; the vectors' duals and conditions follow when asked for.

    Raises:
        LinAlgError: the iteration found no eigenvalues.
    """
    work, _ = dgeev_lwork(len(matrix), compute_vl=0)
    real, imaginary, _, columns, failed = dgeev(matrix, compute_vl=0, lwork=int(work))
    if failed:
        raise np.linalg.LinAlgError(f"No eigenvalues were found of a matrix of {len(matrix)} rows.")
    # LAPACK gives conjugates side by side, the upper one first: where the upper one goes the lower one follows,
    # also among pairs that coincide.
    heads = np.flatnonzero(imaginary >= 0)
    values = real + 1j * imaginary
    heads = heads[_spectral_order(values[heads])]
    paired = np.stack([np.ones(len(heads), bool), imaginary[heads] > 0], axis=1)
    order = np.stack([heads, heads + 1], axis=1)[paired]
    return Eigenpairs(values[order], columns[:, order])


def _spectral_order(values: np.ndarray) -> np.ndarray:
    """Indices that sort eigenvalues: by falling modulus, rounded, then real, then imaginary part."""
    return np.lexsort((-values.imag, -np.round(values.real, _DIGITS), -np.round(np.abs(values), _DIGITS)))


def partners(values: np.ndarray) -> np.ndarray:
    """Index of each eigenvalue's conjugate; its own index where it is real.

    Found by value, never by position. An eigenvalue without a conjugate is its own partner.
    """
    result = np.arange(len(values))
    beside = np.flatnonzero((values[:-1].imag > 0) & (values[1:] == values[:-1].conj()))
    result[beside], result[beside + 1] = beside + 1, beside
    # In the order of `eigenpairs` that was all; other orders are searched.
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
