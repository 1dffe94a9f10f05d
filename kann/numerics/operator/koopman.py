"""Factors -> the linear operator between states, its eigenpairs, and what can be asked of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import scipy.linalg
from jaxtyping import Complex, Float

from kann.numerics.moments.factors import Factors
from kann.numerics.operator.eigenpairs import Eigenpairs, canonical, close_under_conjugation, spectral_projector
from kann.numerics.operator.pseudospectrum import smallest_residuals
from kann.numerics.operator.regression import Regression, regress

# Beyond this condition an eigenvector means nothing by itself, only the subspace it shares.
ILL_CONDITIONED = 1e8
# A rank between two singular values closer than this splits directions that belong together.
SMALL_GAP = 0.01
_PER_MODE = ("condition", "eigenfunctions", "modes", "shares")


@dataclass(frozen=True)
class Operator(Regression):
    """A regression with its eigenpairs. What is not needed for the residuals is computed when it is asked for.

    Eigenvalues are sorted by modulus, pairs together, the one with positive imaginary part first.
    `residuals` [rank]: norm of phi(Y) - lambda phi(X) - b over the norm of the centred phi(X), over all
    pairs: of the eigenFUNCTION on the data; good to about 1e-8.
    """

    residuals: np.ndarray
    _pairs: Eigenpairs

    @property
    def eigenvalues(self) -> Complex[np.ndarray, " rank"]:
        return self._pairs.values

    @cached_property
    def condition(self) -> Float[np.ndarray, " rank"]:
        """Of each eigenvalue."""
        return self._pairs.condition

    @cached_property
    def eigenfunctions(self) -> Complex[np.ndarray, "rank modes"]:
        """phi_j(z) = z . v_j, columns v_j, unit variance over the data."""
        return self._canonical[1]

    @cached_property
    def modes(self) -> Complex[np.ndarray, "units modes"]:
        """h - mean = sum_j phi_j m_j on the basis; the largest component of each m_j is real and positive."""
        return self._canonical[0]

    @cached_property
    def shares(self) -> Float[np.ndarray, " modes"]:
        """Part of the states' variance that the mode's contribution explains: covariance over variance. The
        shares sum to what the basis keeps, and one may be negative where modes cancel."""
        variance = self.singular_values**2
        products = self._pairs.products(*self._dual_bases)
        return products.T @ variance[: self.rank] / variance.sum()

    @property
    def notes(self) -> tuple[str, ...]:
        """What was cut or is to be read with care."""
        return (*super().notes, *_notes(self))

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
        orthonormal, remainder = self._factors.orthonormal(self.rank), _outside(self._factors, self.rank)
        return smallest_residuals(orthonormal, remainder, np.asarray(points, dtype=complex))

    def restricted(self, modes) -> Operator:
        """The same operator with the chosen modes and their partners alone: what projects on few modes need
        not pay for all."""
        kept = close_under_conjugation(self.eigenvalues, modes)
        pairs = Eigenpairs(self.eigenvalues[kept], self._pairs.columns[:, kept])
        few = replace(self, residuals=self.residuals[kept], _pairs=pairs)
        # Duals are made of all eigenvectors together: those of the few are cut from them, never computed again.
        vars(few).update({name: getattr(self, name)[..., kept] for name in _PER_MODE})
        return few

    @cached_property
    def _canonical(self) -> tuple[np.ndarray, np.ndarray]:
        functions, modes = self._dual_bases
        return canonical(self._pairs.unpacked(self.basis @ modes), self._pairs.unpacked(functions))

    @cached_property
    def _dual_bases(self) -> tuple[np.ndarray, np.ndarray]:
        """Eigenfunctions of unit variance and modes dual to them, packed, in coordinates of the basis."""
        regressor = self._factors.regressor[: self.rank, : self.rank]
        functions = scipy.linalg.solve_triangular(regressor, self._pairs.columns, check_finite=False)
        scale = np.sqrt(self._factors.pairs) / _sizes(self._factors, self._pairs)
        return functions * scale, regressor.T @ self._pairs.dual / scale


def solve(factors: Factors, rank: int | None, lag: int, delays: int) -> Operator:
    """The operator at a rank. `Statistic.solve` is its public door and says what it raises."""
    regression = regress(factors, rank, lag, delays)
    pairs = factors.eigenpairs(regression.rank)
    off = pairs.norms(_outside(factors, regression.rank) @ pairs.columns)
    return Operator(**vars(regression), residuals=off / _sizes(factors, pairs), _pairs=pairs)


def _outside(factors: Factors, rank: int) -> np.ndarray:
    """The response outside the span of the regressor, in the coordinates of its orthonormal rows."""
    return factors.on_rows(np.vstack([factors.response[rank:, :rank], factors.remainder[:rank, :rank]]))


def _sizes(factors: Factors, pairs: Eigenpairs) -> np.ndarray:
    """Norms over the data of the eigenfunctions that `columns` are in the coordinates of orthonormal rows."""
    if not len(factors.input_factor):
        return pairs.norms(pairs.columns)
    rank = len(pairs.values)
    functions = scipy.linalg.solve_triangular(factors.regressor[:rank, :rank], pairs.columns, check_finite=False)
    return pairs.norms(factors.state_norm[:rank, :rank] @ functions)


def _notes(operator: Operator) -> list[str]:
    s, rank, notes = operator.singular_values, operator.rank, []
    if rank < operator._factors.available and s[rank] > (1 - SMALL_GAP) * s[rank - 1]:
        notes.append(
            f"Directions {rank} and {rank + 1} are equally strong (within {SMALL_GAP:.0%}): "
            "a rank between them is arbitrary, move it by one or two."
        )
    ill = int((operator.condition > ILL_CONDITIONED).sum())
    if ill:
        notes.append(f"{ill} eigenvectors nearly coincide (condition above 1e8): read those modes together.")
    growing = int((np.abs(operator.eigenvalues) > 1).sum())
    if growing:
        notes.append(
            f"{growing} eigenvalues lie outside the unit circle: read their residuals; "
            f"the weakest direction kept has {s[rank - 1] / s[0]:.2g} of the strongest."
        )
    return notes
