"""Projections, contributions and innovations of modes at each step.

All take states [sequences steps units] with their true lengths, give one column a mode, and NaN where a
step has no value: beyond the true length, and before all delayed states are there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex, Float, Int

from kann.numerics.moments.summarise import windowed
from kann.numerics.operator.eigenpairs import close_under_conjugation
from kann.numerics.operator.koopman import Operator

States = Float[np.ndarray, "sequences steps units"]
PerMode = Complex[np.ndarray, "sequences steps modes"]


@dataclass(frozen=True)
class Innovations:
    """What each step added to each mode, [sequences steps modes]: `whole`, and of it `driven`, the inputs'
    linear part beyond that of the mean input (None where the operator was fitted without inputs)."""

    whole: Complex[np.ndarray, "sequences steps modes"]
    driven: Complex[np.ndarray, "sequences steps modes"] | None


def projections(operator: Operator, values: States, lengths: Int[np.ndarray, " sequences"]) -> PerMode:
    """phi_j of each state. Source: Naiman and Azencot (2023), Eq. 7."""
    stacked = windowed(values, lengths, None, operator.delays, None)[0]
    phi = np.full((*values.shape[:2], len(operator.eigenvalues)), np.nan, complex)
    phi[:, operator.delays :] = operator.project(stacked)
    return _without_padding(phi, lengths)


def innovations(
    operator: Operator,
    values: States,
    lengths: Int[np.ndarray, " sequences"],
    inputs: Float[np.ndarray, "sequences steps channels"] | None = None,
    mean_inputs: Float[np.ndarray, " channels"] | None = None,
    from_zeros: bool = False,
) -> Innovations:
    """phi_j(h(t)) - lambda_j phi_j(h(t - lag)) - b_j: over the fitted pairs its mean is zero.

    With an operator that was fitted with inputs, b_j is the one of the mean input (`mean_inputs`, by
    default that of these inputs), so that the innovation includes the whole effect of the input, and `driven` is the
    part that is linear in it. `from_zeros`: the first step follows a state of zeros, as in a network unrolled from
    zeros; else it has no innovation.

    Source: ours; it assigns to one step what |phi_j|, which carries memory, spreads over the steps after it.
    """
    phi = projections(operator, values, lengths)
    before = np.full_like(phi, np.nan)
    before[:, operator.lag :] = phi[:, : -operator.lag]
    if from_zeros and operator.lag == 1 and not operator.delays:
        before[:, 0] = operator.project(np.zeros(values.shape[2]))
    constant, driven = operator.offset @ operator.eigenfunctions, None
    if operator.input_matrix.shape[1]:
        centre = _mean_of(inputs, lengths) if mean_inputs is None else mean_inputs
        along = operator.input_matrix.T @ operator.eigenfunctions
        driven = _without_padding((inputs - centre) @ along, lengths)
        constant = constant + centre @ along
    return Innovations(_without_padding(phi - operator.eigenvalues * before - constant, lengths), driven)


def effects(
    operator: Operator, coordinates: PerMode, direction: Float[np.ndarray, " units"]
) -> Float[np.ndarray, "sequences steps modes"]:
    """Effect of each mode's coordinate (projection or innovation) on an output whose gradient is `direction`.

    Re(phi_j d . m_j): over all modes it sums to the change of the output; the two halves of a conjugate
    pair have the same effect.
    """
    weights = direction @ operator.modes
    return (coordinates * weights).real


def total(operator: Operator, per_mode: np.ndarray, modes: Sequence[int]) -> np.ndarray:
    """The sum over chosen modes and their conjugate partners of values per mode [... modes]."""
    return per_mode[..., close_under_conjugation(operator.eigenvalues, modes)].sum(axis=-1)


def contributions(operator: Operator, phi: PerMode) -> Float[np.ndarray, "sequences steps modes"]:
    """||Re phi_j m_j|| of each mode, for a conjugate pair that of the pair: its part of the state.

    Unlike |phi_j| it does not depend on how an eigenvector is scaled.
    """
    real, imaginary = operator.modes.real, operator.modes.imag
    squares = [np.einsum("um,um->m", *parts) for parts in ((real, real), (real, imaginary), (imaginary, imaginary))]
    norm = phi.real**2 * squares[0] - 2 * phi.real * phi.imag * squares[1] + phi.imag**2 * squares[2]
    return np.where(operator.eigenvalues.imag != 0, 2, 1) * np.sqrt(np.maximum(norm, 0))


def dominance(per_mode: Float[np.ndarray, "sequences steps modes"]) -> Float[np.ndarray, " modes"]:
    """A non-negative measure summed over the steps and averaged over the sequences. Source: Naiman and Azencot
    (2023), who sum |phi_j|."""
    return np.nansum(per_mode, axis=1).mean(axis=0)


def _without_padding(values: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    behind = np.arange(values.shape[1]) >= np.asarray(lengths)[:, None]
    values[behind] = np.nan
    return values


def _mean_of(inputs: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    true = np.arange(inputs.shape[1]) < np.asarray(lengths)[:, None]
    return inputs[true].mean(axis=0, dtype=np.float64)
