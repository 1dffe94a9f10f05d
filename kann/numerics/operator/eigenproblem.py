"""Factors -> the solved eigenproblem of one rank, from which modes and pseudospectrum follow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from jaxtyping import Complex, Float

from kann.numerics.moments.factors import Factors, on_rows
from kann.numerics.operator.eigenpairs import Eigenpairs, canonical
from kann.numerics.operator.modes import Modes
from kann.numerics.operator.pseudospectrum import smallest_residuals


@dataclass(frozen=True)
class Eigenproblem:
    """The blocks of the factors at one rank, without those of the other directions, and the eigenpairs of them.

    `pairs` stand in the coordinates of the regressor's orthonormal rows; `regressor` and `response`: see `Factors`;
    `outside` the response outside the span of the regressor, in the coordinates of its orthonormal rows; `sizes`
    norms over the data of the eigenfunctions that the columns of `pairs` are; `transitions` stand behind them.
    """

    pairs: Eigenpairs
    regressor: Float[np.ndarray, "rank rank"]
    response: Float[np.ndarray, "rank rank"]
    outside: Float[np.ndarray, "units rank"]
    sizes: Float[np.ndarray, " rank"]
    transitions: float

    @property
    def residuals(self) -> Float[np.ndarray, " rank"]:
        return self.pairs.norms(self.outside @ self.pairs.columns) / self.sizes

    def modes(self, basis: Float[np.ndarray, "units rank"], singular_values: Float[np.ndarray, " units"]) -> Modes:
        """Of all eigenpairs; `singular_values` of all states, those of the `basis` first."""
        functions, duals = self._dual_bases()
        modes, eigenfunctions = canonical(self.pairs.unpacked(basis @ duals), self.pairs.unpacked(functions))
        variance = singular_values**2
        shares = self.pairs.products(functions, duals).T @ variance[: len(self.sizes)] / variance.sum()
        return Modes(self.pairs.condition, eigenfunctions, modes, shares)

    def pseudospectrum(self, points: Complex[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
        """The smallest residual that any eigenfunction could have at these points."""
        return smallest_residuals(on_rows(self.response, self.regressor), self.outside, points)

    def _dual_bases(self) -> tuple[np.ndarray, np.ndarray]:
        """Eigenfunctions of unit variance and modes dual to them, packed, in coordinates of the basis."""
        functions = scipy.linalg.solve_triangular(self.regressor, self.pairs.columns, check_finite=False)
        scale = np.sqrt(self.transitions) / self.sizes
        return functions * scale, self.regressor.T @ self.pairs.dual / scale


def solve_eigenproblem(factors: Factors, rank: int) -> Eigenproblem:
    """At a rank that the factors have."""
    pairs = factors.eigenpairs(rank)
    # In one layout, so that what is read from a file gives the same bytes as what was written.
    regressor, response = (np.ascontiguousarray(block[:rank, :rank]) for block in (factors.regressor, factors.response))
    beside = np.vstack([factors.response[rank:, :rank], factors.remainder[:rank, :rank]])
    return Eigenproblem(
        pairs=pairs,
        regressor=regressor,
        response=response,
        outside=np.ascontiguousarray(on_rows(beside, regressor)),
        sizes=_sizes(factors, pairs),
        transitions=factors.pairs,
    )


def _sizes(factors: Factors, pairs: Eigenpairs) -> np.ndarray:
    if not len(factors.input_factor):
        return pairs.norms(pairs.columns)
    rank = len(pairs.values)
    functions = scipy.linalg.solve_triangular(factors.regressor[:rank, :rank], pairs.columns, check_finite=False)
    return pairs.norms(factors.state_norm[:rank, :rank] @ functions)
