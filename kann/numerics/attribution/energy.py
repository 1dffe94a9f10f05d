"""Energy of a mode over the steps, and the window that holds most of it."""

from __future__ import annotations

import numpy as np
from jaxtyping import Complex, Float

from kann.errors import OutOfRange
from kann.numerics.attribution.highlights import contributions
from kann.numerics.operator.koopman import Operator


def energies(
    operator: Operator, coordinates: Complex[np.ndarray, "sequences steps modes"]
) -> Float[np.ndarray, "sequences steps modes"]:
    """Squared norm of each mode's part of the state, ||Re phi_j m_j||^2, or with innovations for phi of what a
    step added; of a conjugate pair that of both halves. No scaling of eigenvectors changes it. Source: ours.
    """
    return np.square(contributions(operator, coordinates))


def shortest_window(energy: Float[np.ndarray, " steps"], share: float) -> tuple[int, int]:
    """First step, and the one after the last, of the shortest window that holds this share of the energy.

    NaN counts as 0; without any energy the window holds all steps.

    Raises:
        OutOfRange: a share outside 0 to 1.
    """
    if not 0 < share <= 1:
        raise OutOfRange(f"The share of the energy must lie above 0 and at most at 1, not at {share}.")
    held = np.concatenate([[0.0], np.cumsum(np.nan_to_num(energy))])
    if held[-1] <= np.finfo(float).tiny:  # less than that cannot be divided
        return 0, len(energy)
    # A rounding error of the sum must not move the end beyond the last step.
    wanted = held + share * held[-1] * (1 - 1e-12)
    ends = np.searchsorted(held, wanted)
    starts = np.flatnonzero(ends < len(held))
    best = starts[np.argmin(ends[starts] - starts)]
    return int(best), int(ends[best])


def overlap(
    energy: Float[np.ndarray, "steps modes"], start: int, stop: int
) -> tuple[Float[np.ndarray, " modes"], Float[np.ndarray, " modes"]]:
    """Of each mode: the part of its own energy that lies in the window, and its part of the window's energy.

    Raises:
        OutOfRange: no step lies in the window.
    """
    if not 0 <= start < stop <= len(energy):
        raise OutOfRange(f"Steps {start} to {stop} are not a window of {len(energy)} steps.")
    known = np.nan_to_num(energy)
    inside, tiny = known[start:stop].sum(axis=0), np.finfo(float).tiny
    return inside / np.maximum(known.sum(axis=0), tiny), inside / max(inside.sum(), tiny)
