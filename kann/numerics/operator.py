"""Factors -> the linear operator between states, its eigenpairs, and what can be asked of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from jaxtyping import Complex, Float

from kann.numerics.eigenpairs import (
    Eigenpairs,
    canonical,
    close_under_conjugation,
    packed,
    partners,
    spectral_projector,
    unpacked,
)
from kann.numerics.factors import Factors
from kann.numerics.pseudospectrum import smallest_residuals
from kann.numerics.regression import Regression, regress

# Beyond this condition an eigenvector means nothing by itself, only the subspace it shares.
ILL_CONDITIONED = 1e8
# A rank between two singular values closer than this splits directions that belong together.
SMALL_GAP = 0.01


@dataclass(frozen=True)
class Operator(Regression):
    """A regression with its eigenpairs.

    Eigenvalues are sorted by modulus, pairs together, the one with positive imaginary part first.
    `residuals` [rank]: norm of phi(Y) - lambda phi(X) - b over the norm of the centred phi(X), over all
    pairs: of the eigenFUNCTION on the data; good to about 1e-8. `condition` [rank] of each eigenvalue.
    `eigenfunctions` [rank rank]: phi_j(z) = z . v_j, columns v_j, unit variance over the data; `modes`
    [units rank]: h - mean = sum_j phi_j m_j on the basis. `shares` [rank]: part of the states' variance
    that the mode's contribution explains (covariance over variance; the shares sum to what the basis
    keeps, and one may be negative where modes cancel). `singular_values` [units] of all true states.
    `notes` say what was cut or is to be read with care.
    """

    eigenvalues: np.ndarray
    residuals: np.ndarray
    condition: np.ndarray
    eigenfunctions: np.ndarray
    modes: np.ndarray
    shares: np.ndarray
    singular_values: np.ndarray
    _orthonormal: np.ndarray
    _remainder: np.ndarray

    def project(self, states: Float[np.ndarray, "*shape units"]) -> Complex[np.ndarray, "*shape rank"]:
        """phi_j(h): the coordinate of each state along each mode. Source: Naiman and Azencot (2023), Eq. 7."""
        return self.coordinates(states) @ self.eigenfunctions

    def reconstruct(self, states: Float[np.ndarray, "*shape units"], modes) -> np.ndarray:
        """The part of states that the chosen modes carry: mean + Re sum of phi_j m_j.

        `modes` are indices; the conjugate partner of each comes along. Where an eigenvalue's condition
        is beyond 1e8 the projector is that of the invariant subspace. Source: Naiman and Azencot
        (2023), Eq. 11, with the real part of the sum over a pair in place of their modulus.

        Raises:
            OutOfRange: an index outside the rank.
        """
        chosen = close_under_conjugation(self.eigenvalues, modes)
        z = self.coordinates(states)
        if not len(chosen):
            return np.broadcast_to(self.mean, np.shape(states)).copy()
        if self.condition[chosen].max() > ILL_CONDITIONED:
            part = z @ spectral_projector(self.matrix, self.eigenvalues[chosen]).T @ self.basis.T
        else:
            part = (z @ self.eigenfunctions[:, chosen] @ self.modes[:, chosen].T).real
        return self.mean + part

    def pseudospectrum(self, points) -> np.ndarray:
        """The smallest residual that any eigenfunction could have at complex points, same shape."""
        return smallest_residuals(self._orthonormal, self._remainder, np.asarray(points, dtype=complex))


def solve(factors: Factors, rank: int | None, lag: int, delays: int) -> Operator:
    """The operator at a rank. `Statistic.solve` is its public door and says what it raises."""
    regression = regress(factors, rank, lag, delays)
    rank = regression.rank
    pairs, remainder = factors.eigenpairs(rank), factors.on_rows(_outside(factors, rank))
    columns = packed(pairs.right, pairs.values)
    functions, modes, norms = _dual_bases(factors, pairs, columns, rank)
    variance = factors.singular_values**2
    shares = _products(functions, modes, pairs.values).T @ variance[:rank] / variance.sum()
    modes, functions = canonical(unpacked(regression.basis @ modes, pairs.values), unpacked(functions, pairs.values))
    return Operator(
        **vars(regression) | {"notes": (*regression.notes, *_notes(factors, pairs, rank))},
        eigenvalues=pairs.values,
        residuals=np.linalg.norm(unpacked(remainder @ columns, pairs.values), axis=0) / norms,
        condition=pairs.condition,
        eigenfunctions=functions,
        modes=modes,
        shares=shares,
        singular_values=factors.singular_values,
        _orthonormal=factors.orthonormal(rank),
        _remainder=remainder,
    )


def _outside(factors: Factors, rank: int) -> np.ndarray:
    """The response outside the span of the regressor."""
    return np.vstack([factors.response[rank:, :rank], factors.remainder[:rank, :rank]])


def _notes(factors: Factors, pairs: Eigenpairs, rank: int) -> list[str]:
    s, notes = factors.singular_values, []
    if rank < factors.available and s[rank] > (1 - SMALL_GAP) * s[rank - 1]:
        notes.append(
            f"Directions {rank} and {rank + 1} are equally strong (within {SMALL_GAP:.0%}): "
            "a rank between them is arbitrary, move it by one or two."
        )
    ill = int((pairs.condition > ILL_CONDITIONED).sum())
    if ill:
        notes.append(f"{ill} eigenvectors nearly coincide (condition above 1e8): read those modes together.")
    growing = int((np.abs(pairs.values) > 1).sum())
    if growing:
        notes.append(
            f"{growing} eigenvalues lie outside the unit circle: read their residuals; "
            f"the weakest direction kept has {s[rank - 1] / s[0]:.2g} of the strongest."
        )
    return notes


def _products(functions: np.ndarray, modes: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Re(function x mode), entry by entry, of packed columns; the same for both halves of a pair."""
    product = functions * modes
    upper = np.flatnonzero(values.imag > 0)
    lower = partners(values)[upper]
    product[:, upper] -= product[:, lower]
    product[:, lower] = product[:, upper]
    return product


def _dual_bases(
    factors: Factors, pairs: Eigenpairs, columns: np.ndarray, rank: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Eigenfunctions of unit variance and modes dual to them, packed, in coordinates of the basis; and the
    norms of the eigenfunctions on the data, before scaling, in the metric of orthonormal rows."""
    regressor = factors.regressor[:rank, :rank]
    functions = scipy.linalg.solve_triangular(regressor, columns, check_finite=False)
    modes = regressor.T @ packed(pairs.left, pairs.values)
    norms = np.linalg.norm(unpacked(factors.state_norm[:rank, :rank] @ functions, pairs.values), axis=0)
    scale = np.sqrt(factors.pairs) / norms
    return functions * scale, modes / scale, norms
