"""Controls beside a fit: the same questions put to untrained twins, to shuffled time, to other ways of fitting and
to predictors that know nothing, on sequences that were not fitted.

Source: the controls that Naiman and Azencot (2023) leave out; agreement is theirs.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from kann.numerics.prediction.roll_outs import HORIZONS, RollOuts

OWN, TWIN, SHUFFLED = "this network", "untrained twin", "shuffled time"
OTHER_INTERCEPT = {True: "without an intercept", False: "with an intercept"}


@dataclass(frozen=True)
class Settings:
    """At most so many `sequences` are scored, and as many of the fitted ones (None: all); `horizons` of the
    roll-outs, in lags; `seed` of the shuffled steps."""

    sequences: int | None = 256
    horizons: tuple[int, ...] = HORIZONS
    seed: int = 0


@dataclass(frozen=True)
class Fits:
    """One row a fit; NaN where it has no such figure. `kinds` OWN, TWIN, SHUFFLED, or one of OTHER_INTERCEPT;
    `inputs` whether it knows the inputs; `seeds` of twins.

    `e_rel`, `R2`, `agreement`: see `kann.numerics.prediction.score.Accuracy`, on held-out sequences, beside those of
    persistence and mean on the same states. `moduli` [fits leading] by falling size.
    """

    kinds: np.ndarray
    inputs: np.ndarray
    seeds: np.ndarray
    e_rel: np.ndarray
    R2: np.ndarray
    agreement: np.ndarray
    agreement_steps: np.ndarray
    in_sample_e_rel: np.ndarray
    in_sample_R2: np.ndarray
    in_sample_agreement: np.ndarray
    persistence_e_rel: np.ndarray
    persistence_R2: np.ndarray
    persistence_agreement: np.ndarray
    mean_e_rel: np.ndarray
    mean_R2: np.ndarray
    mean_agreement: np.ndarray
    moduli: np.ndarray

    def of(self, kind: str, inputs: bool = False) -> Fits:
        """The rows of one kind; there may be none."""
        rows = (self.kinds == kind) & (self.inputs == inputs)
        return Fits(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def __len__(self) -> int:
        return len(self.kinds)


@dataclass(frozen=True)
class Controls:
    """`roll_outs` of the fit that knows the states alone, `driven_roll_outs` of the one that is given the true
    inputs (None without inputs), both over held-out sequences; `in_sample_roll_outs`, `in_sample_driven_roll_outs`
    the same over fitted ones; `twin_e_rel` [twins horizons] of the twins' own, NaN beyond their data.

    `scored` of the `held_out` sequences were used, or, `in_sample`, fitted ones. `decision` says what decides:
    "read-out", "reconstruction", or None. `inputs`: whether the fit on screen knows the inputs. `lag` in steps."""

    fits: Fits
    roll_outs: RollOuts
    driven_roll_outs: RollOuts | None
    in_sample_roll_outs: RollOuts
    in_sample_driven_roll_outs: RollOuts | None
    twin_e_rel: np.ndarray
    decision: str | None
    inputs: bool
    intercept: bool
    rank: int
    lag: int
    scored: int
    held_out: int
    in_sample: bool
