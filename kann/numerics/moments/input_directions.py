"""Identifiable directions of the inputs, and coordinates along them.

One-hot symbols that never occur, constant channels and linearly dependent channels leave directions in which the data
hold only rounding noise; a regression on those gives an arbitrary operator."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from jaxtyping import Float

from kann.numerics.moments.frames import SUMMED, Frame, about_mean
from kann.numerics.moments.sums import Moments

# Inputs are cut this many times above the states' precision, at the rounding of the numbers themselves: what
# adds up to other channels only as far as their digits go is no direction of its own.
_ROUNDING = 100


@dataclass(frozen=True)
class InputDirections:
    """`to_kept` [inputs kept]: coordinates of unit variance, uncorrelated, are (inputs - mean) @ to_kept.

    `unseen` inputs never change (without an intercept: are always 0); `told` directions are linear in the states
    before, so that their effect is counted as the states'."""

    to_kept: Float[np.ndarray, "inputs kept"]
    unseen: int = 0
    told: int = 0

    def notes(self, intercept: bool) -> tuple[str, ...]:
        """What was left out, where it matters: a channel that is the sum of others is no loss."""
        found = []
        if self.unseen:
            still = _agreeing(self.unseen, *(("never changes", "never change") if intercept else ("is 0", "are 0")))
            found.append(
                f"{self.unseen} of {len(self.to_kept)} inputs {still} in the fitted sequences: what they do is not "
                f"known, and where another sequence changes one, it counts as {'the mean input' if intercept else '0'}."
            )
        if self.told:
            follow = _agreeing(self.told, "direction follows", "directions follow")
            found.append(
                f"{self.told} input {follow} from the states before: what the input does there is counted as the "
                "states' own."
            )
        return tuple(found)

    def without_told(
        self, joint: Float[np.ndarray, "rows columns"], pairs: float
    ) -> tuple[InputDirections, np.ndarray]:
        """The directions that are not linear in the states, and the factor `joint` of [inputs, x, y] in them. With
        fewer pairs than columns nothing is cut, since everything is then linearly dependent."""
        kept = self.to_kept.shape[1]
        units = (joint.shape[1] - kept) // 2
        if not kept or pairs <= units + kept + 1:
            return self, joint
        ordered = np.hstack([joint[:, kept : kept + units], joint[:, :kept]])
        beyond = scipy.linalg.qr(ordered, mode="r", check_finite=False)[0][units : units + kept, units:]
        _, spreads, turned = scipy.linalg.svd(beyond / np.sqrt(pairs), check_finite=False)
        free = spreads > SUMMED
        if free.all():
            return self, joint
        turn = turned[free].T
        directions = InputDirections(self.to_kept @ turn, self.unseen, int((~free).sum()))
        return directions, np.hstack([joint[:, :kept] @ turn, joint[:, kept:]])


def input_directions(total: Moments, frame: Frame, intercept: bool, digits: float) -> InputDirections:
    """Principal directions of inputs, about their mean with an intercept and about 0 without.

    Each channel is measured in its own root mean square, about 0: units do not matter. It also defines the effect of an
    input with a part outside the kept directions. The solution of least norm in this measure gives the mean of one-hot
    symbols no effect, and a symbol that never occurs none either: it acts as the mean."""
    count, sums, second = total.of_all_inputs()
    mean, rows = about_mean(count, sums, second)
    rows = rows @ frame.factor / np.sqrt(count)
    centre = frame.pilot + mean @ frame.factor
    size = np.sqrt(np.square(rows).sum(axis=0) + centre**2)
    largest = np.sqrt(np.square(frame.factor).sum(axis=0) + frame.pilot**2)
    scale = np.where(size > SUMMED * largest, size, np.inf)
    rows = (rows if intercept else np.vstack([rows, centre])) / scale
    _, spreads, directions = scipy.linalg.svd(rows, full_matrices=False, check_finite=False)
    least = _ROUNDING * digits
    kept = spreads > least
    unseen = np.sqrt(np.square(rows).sum(axis=0)) <= least
    return InputDirections((directions[kept] / scale).T / spreads[kept], int(unseen.sum()))


def _agreeing(count: int, one: str, several: str) -> str:
    return one if count == 1 else several
