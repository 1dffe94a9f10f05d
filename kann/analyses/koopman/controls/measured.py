"""Controls of a fit: scores of untrained twins, shuffled time, other ways of fitting and trivial predictors, on
held-out sequences.

Source: the controls that Naiman and Azencot (2023) leave out; agreement is theirs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from kann.numerics.prediction.roll_outs import HORIZONS, RollOuts
from kann.numerics.prediction.score import Accuracy

OWN, TWIN, SHUFFLED = "this network", "untrained twin", "shuffled time"
OTHER_INTERCEPT = {True: "without an intercept", False: "with an intercept"}


@dataclass(frozen=True)
class ControlSettings:
    """At most so many `sequences` are scored, and as many of the fitted ones (None: all); `horizons` of the
    roll-outs, in lags; `seed` of the shuffled steps."""

    sequences: int | None = 256
    horizons: tuple[int, ...] = HORIZONS
    seed: int = 0


@dataclass(frozen=True)
class MeasuredFit:
    """One fit and its scores. `kind` OWN, TWIN, SHUFFLED, or one of OTHER_INTERCEPT; `inputs` whether it
    knows the inputs; `seed` of a twin.

    `held_out` on held-out sequences, with `persistence` and `mean` on the same states; `in_sample` on the fitted ones,
    `e_rel` NaN where it was computed from sums. `moduli` by falling size, NaN beyond the rank."""

    kind: str
    inputs: bool
    seed: int | None
    held_out: Accuracy
    in_sample: Accuracy
    persistence: Accuracy
    mean: Accuracy
    moduli: Float[np.ndarray, " leading"]


@dataclass(frozen=True)
class Tried:
    """Which fit was tried, and on what: `scored` of the `held_out` sequences were used, or, `in_sample`, fitted ones.
    `decision` says what decides: "read-out", "reconstruction", or None. `inputs`: whether the fit on screen knows the
    inputs. `lag` in steps."""

    decision: str | None
    inputs: bool
    intercept: bool
    rank: int
    lag: int
    scored: int
    held_out: int
    in_sample: bool


@dataclass(frozen=True)
class Controls(Tried):
    """`roll_outs` of the fit that knows the states alone, `driven_roll_outs` of the one that is given the true
    inputs (None without inputs), both over held-out sequences; `in_sample_roll_outs`, `in_sample_driven_roll_outs`
    the same over fitted ones; `twin_e_rel` of the twins' own, NaN beyond their data."""

    fits: tuple[MeasuredFit, ...]
    roll_outs: RollOuts
    driven_roll_outs: RollOuts | None
    in_sample_roll_outs: RollOuts
    in_sample_driven_roll_outs: RollOuts | None
    twin_e_rel: Float[np.ndarray, "twins horizons"]

    def of(self, kind: str, inputs: bool = False) -> tuple[MeasuredFit, ...]:
        """The fits of one kind; there may be none."""
        return tuple(fit for fit in self.fits if fit.kind == kind and fit.inputs == inputs)
