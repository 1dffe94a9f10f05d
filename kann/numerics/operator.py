"""Factors -> the linear operator between states, its eigenpairs, and what can be asked of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from jaxtyping import Complex, Float

from kann.errors import OutOfRange
from kann.numerics.eigenpairs import (
    Eigenpairs,
    canonical,
    close_under_conjugation,
    eigenpairs,
    spectral_projector,
)
from kann.numerics.factors import Factors
from kann.numerics.pseudospectrum import smallest_residuals

# Beyond this condition an eigenvector means nothing by itself, only the subspace it shares.
ILL_CONDITIONED = 1e8
# A rank between two singular values closer than this splits directions that belong together.
SMALL_GAP = 0.01


@dataclass(frozen=True)
class Operator:
    """z(t + lag) = matrix z(t) + offset (+ input_matrix x(t + lag)), with z = basis' (h - mean).

    `matrix` [rank rank] acts on columns; `basis` [units rank] orthonormal; `mean` [units] of all true
    states (zero without an intercept). Eigenvalues are sorted by modulus, pairs together, the one with
    positive imaginary part first. `residuals` [rank]: norm of phi(Y) - lambda phi(X) - b over the norm
    of the centred phi(X), over all pairs: of the eigenFUNCTION on the data. `condition` [rank] of each
    eigenvalue. `eigenfunctions` [rank rank]: phi_j(z) = z . v_j, columns v_j, unit variance over the
    data; `modes` [units rank]: h - mean = sum_j phi_j m_j on the basis. `shares` [rank]: part of the
    states' variance that the mode's contribution explains (covariance over variance; the shares sum
    to what the basis keeps, and one may be negative where modes cancel). `notes` say what was
    cut or is to be read with care.
    With delays, a state is the stack of itself and the `delays` before it, newest first.
    """

    matrix: np.ndarray
    basis: np.ndarray
    mean: np.ndarray
    offset: np.ndarray
    input_matrix: np.ndarray
    eigenvalues: np.ndarray
    residuals: np.ndarray
    condition: np.ndarray
    eigenfunctions: np.ndarray
    modes: np.ndarray
    shares: np.ndarray
    singular_values: np.ndarray
    rank: int
    lag: int
    delays: int
    intercept: bool
    notes: tuple[str, ...]
    _orthonormal: np.ndarray
    _remainder: np.ndarray

    def coordinates(self, states: Float[np.ndarray, "*shape units"]) -> Float[np.ndarray, "*shape rank"]:
        """z of states, in the basis."""
        return (np.asarray(states, dtype=np.float64) - self.mean) @ self.basis

    def project(self, states: Float[np.ndarray, "*shape units"]) -> Complex[np.ndarray, "*shape rank"]:
        """phi_j(h): the coordinate of each state along each mode. Source: Naiman and Azencot (2023), Eq. 7."""
        return self.coordinates(states) @ self.eigenfunctions

    def predict(self, states: Float[np.ndarray, "*shape units"], steps: int = 1, inputs=None) -> np.ndarray:
        """The states `steps` lags on, each from its own true state. Source: Naiman and Azencot (2023), Eq. 6.

        An operator fitted with inputs takes those that drive the way: [... channels] for one step,
        [... steps channels] for several.

        Raises:
            OutOfRange: fewer than 0 steps, or inputs missing, superfluous or of another width.
        """
        if steps < 0:
            raise OutOfRange(f"A prediction reaches 0 steps or more, not {steps}.")
        z = self.coordinates(states)
        drive = self._drive(inputs, steps, z.shape[:-1])
        for step in range(steps):
            z = z @ self.matrix.T + self.offset
            if drive is not None:
                z = z + drive[..., step, :] @ self.input_matrix.T
        return self.mean + z @ self.basis.T

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

    def _drive(self, inputs, steps: int, shape: tuple[int, ...]):
        channels = self.input_matrix.shape[1]
        if inputs is None:
            if channels and steps:
                raise OutOfRange(f"This operator was fitted with {channels} inputs: give them, [... {channels}].")
            return None
        drive = np.asarray(inputs, dtype=np.float64)
        drive = drive[..., None, :] if drive.ndim == len(shape) + 1 else drive
        if drive.shape != (*shape, steps, channels):
            raise OutOfRange(f"Inputs of shape {np.shape(inputs)} do not fit {steps} steps of {channels} inputs.")
        return drive


def solve(factors: Factors, rank: int | None, lag: int, delays: int) -> Operator:
    """The operator at a rank. `Statistic.solve` is its public door and says what it raises."""
    rank, notes = checked_rank(factors, rank)
    basis, regressor = factors.directions[:, :rank], factors.regressor[:rank, :rank]
    response = factors.response[:rank, :rank]
    orthonormal = scipy.linalg.solve_triangular(regressor, response.T, trans="T", check_finite=False).T
    pairs = eigenpairs(orthonormal)
    matrix = scipy.linalg.solve_triangular(regressor, response, check_finite=False).T
    input_matrix = _input_matrix(factors, rank, matrix)
    functions, modes, norms = _dual_bases(factors, pairs, rank)
    remainder = np.vstack([factors.response[rank:, :rank], factors.remainder[:rank, :rank]])
    remainder = scipy.linalg.solve_triangular(regressor, remainder.T, trans="T", check_finite=False).T
    variance = factors.singular_values**2
    shares = (modes * functions).real.T @ variance[:rank] / variance.sum()
    modes, functions = canonical(basis @ modes, functions)
    return Operator(
        matrix=matrix,
        basis=basis,
        mean=factors.mean,
        offset=_offset(factors, basis, matrix, input_matrix),
        input_matrix=input_matrix,
        eigenvalues=pairs.values,
        residuals=np.linalg.norm(remainder @ pairs.right, axis=0) / norms,
        condition=pairs.condition,
        eigenfunctions=functions,
        modes=modes,
        shares=shares,
        singular_values=factors.singular_values,
        rank=rank,
        lag=lag,
        delays=delays,
        intercept=factors.intercept,
        notes=(*notes, *_notes(factors, pairs, rank)),
        _orthonormal=orthonormal,
        _remainder=remainder,
    )


def checked_rank(factors: Factors, rank: int | None) -> tuple[int, tuple[str, ...]]:
    units = len(factors.singular_values)
    wanted = units if rank is None else rank
    if not 1 <= wanted <= units:
        raise OutOfRange(f"A rank lies between 1 and the {units} units of the state, not at {wanted}.")
    if wanted <= factors.available:
        return wanted, ()
    note = (
        f"Rank cut from {wanted} to {factors.available}: further directions are weaker than "
        f"{factors.digits:g} of the strongest and hold rounding noise."
    )
    return max(factors.available, 1), (note,)


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


def _input_matrix(factors: Factors, rank: int, matrix: np.ndarray) -> np.ndarray:
    if not len(factors.input_factor):
        return np.zeros((rank, 0))
    right = factors.input_response[:, :rank] - factors.input_cross[:, :rank] @ matrix.T
    # Least norm, since inputs may be collinear (one-hot symbols sum to one).
    return scipy.linalg.lstsq(factors.input_factor, right, check_finite=False)[0].T


def _offset(factors: Factors, basis: np.ndarray, matrix: np.ndarray, input_matrix: np.ndarray) -> np.ndarray:
    if not factors.intercept:
        return np.zeros(len(matrix))
    before, after = (factors.mean_x - factors.mean) @ basis, (factors.mean_y - factors.mean) @ basis
    return after - matrix @ before - input_matrix @ factors.mean_inputs


def _dual_bases(factors: Factors, pairs: Eigenpairs, rank: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Eigenfunctions of unit variance, modes dual to them, both in coordinates of the basis; and the
    norms of the eigenfunctions on the data, before scaling, in the metric of orthonormal rows."""
    functions = scipy.linalg.solve_triangular(factors.regressor[:rank, :rank], pairs.right, check_finite=False)
    modes = factors.regressor[:rank, :rank].T @ pairs.left
    norms = np.linalg.norm(factors.state_norm[:rank, :rank] @ functions, axis=0)
    scale = np.sqrt(factors.pairs) / norms
    return functions * scale, modes / scale, norms
