"""Factors -> the linear operator between states, with its eigenpairs, projections and reconstructions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from jaxtyping import Complex, Float

from kann.numerics.moments.factors import Factors
from kann.numerics.operator.eigenpairs import close_under_conjugation, spectral_projector
from kann.numerics.operator.eigenproblem import Eigenproblem, solve_eigenproblem
from kann.numerics.operator.modes import Modes
from kann.numerics.operator.regression import Regression, regress

# Beyond this condition an eigenvector means nothing by itself, only the subspace it shares.
ILL_CONDITIONED = 1e8
# A rank between two singular values closer than this splits directions that belong together.
SMALL_GAP = 0.01


@dataclass(frozen=True)
class Operator(Regression):
    """A regression with its eigenpairs. What is not needed for the residuals is computed on first use.

    `eigenvalues` are sorted by modulus, pairs together, the one with positive imaginary part first; where the
    operator was restricted they are of the modes that were kept, as all that is said of modes.
    `residuals`: norm of phi(Y) - lambda phi(X) - b over the norm of the centred phi(X), over all pairs: of the
    eigenFUNCTION on the data; good to about 1e-8.
    """

    eigenvalues: Complex[np.ndarray, " modes"]
    residuals: Float[np.ndarray, " modes"]
    _problem: Eigenproblem
    _kept: Modes | None = None

    @property
    def condition(self) -> Float[np.ndarray, " modes"]:
        """Of each eigenvalue."""
        return self._modes.condition

    @property
    def eigenfunctions(self) -> Complex[np.ndarray, "rank modes"]:
        """phi_j(z) = z . v_j, columns v_j, unit variance over the data."""
        return self._modes.eigenfunctions

    @property
    def modes(self) -> Complex[np.ndarray, "units modes"]:
        """h - mean = sum_j phi_j m_j on the basis; the largest component of each m_j is real and positive."""
        return self._modes.modes

    @property
    def shares(self) -> Float[np.ndarray, " modes"]:
        """Part of the states' variance that the mode's contribution explains: covariance over variance. The
        shares sum to what the basis keeps, and one may be negative where modes cancel."""
        return self._modes.shares

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out, and warnings."""
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
        return self._problem.pseudospectrum(np.asarray(points, dtype=complex))

    def restricted(self, modes) -> Operator:
        """The same operator with the chosen modes and their partners only, for projections on few modes."""
        kept = close_under_conjugation(self.eigenvalues, modes)
        return replace(
            self, eigenvalues=self.eigenvalues[kept], residuals=self.residuals[kept], _kept=self._modes[kept]
        )

    @cached_property
    def _modes(self) -> Modes:
        return self._problem.modes(self.basis, self.singular_values) if self._kept is None else self._kept


def solve(factors: Factors, rank: int | None, lag: int, delays: int) -> Operator:
    """The operator at a rank. `Statistic.solve` is its public function and documents its errors."""
    regression = regress(factors, rank, lag, delays)
    problem = solve_eigenproblem(factors, regression.rank)
    return Operator(**vars(regression), eigenvalues=problem.pairs.values, residuals=problem.residuals, _problem=problem)


def _notes(operator: Operator) -> list[str]:
    s, rank, notes = operator.singular_values, operator.rank, []
    if rank < operator.available and s[rank] > (1 - SMALL_GAP) * s[rank - 1]:
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
