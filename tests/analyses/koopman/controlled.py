"""Controls as a measurement would give them."""

from dataclasses import replace

import numpy as np

from kann.analyses.koopman.controls.measured import OWN, SHUFFLED, TWIN, Controls, MeasuredFit
from kann.numerics.prediction.roll_outs import RollOuts
from kann.numerics.prediction.score import Accuracy


def fit(kind, top, R2, e_rel=0.5, inputs=False, agreement=None, seed=None):
    return MeasuredFit(
        kind=kind,
        inputs=inputs,
        seed=seed,
        held_out=Accuracy(e_rel, R2, agreement, agreement),
        in_sample=Accuracy(e_rel, R2 + 0.01, agreement),
        persistence=Accuracy(0.8, 0.4, agreement),
        mean=Accuracy(1.0, -0.01, agreement),
        moduli=np.array([top, top / 2]),
    )


def controls(own=(0.998, 0.585, 0.21), twins=((0.697, 0.28, 0.65), (0.69, 0.27, 0.66)), agreement=0.99, **changes):
    """The figures of a network that reads reviews, in short."""
    fits = [fit(OWN, *own, agreement=agreement), fit(OWN, 0.993, 0.893, inputs=True, agreement=agreement)]
    fits += [fit("without an intercept", 0.999, 0.6), fit(SHUFFLED, 0.8, 0.1)]
    fits += [fit(TWIN, *twin, seed=seed) for seed, twin in enumerate(twins)]
    fits += [fit(TWIN, 0.629, 0.966, inputs=True, seed=seed) for seed in range(len(twins))]
    shares = None if agreement is None else np.array([agreement, 0.9])
    rolled = RollOuts(
        np.array([1, 50]), np.array([90, 40]), np.array([0.21, 0.5]), np.array([0.585, 0.1]), np.array([0.8, 1.2]),
        np.array([0.4, -0.3]), shares, shares,
    )  # fmt: skip
    found = Controls(
        decision=None if agreement is None else "read-out",
        inputs=False,
        intercept=True,
        rank=256,
        lag=1,
        scored=256,
        held_out=500,
        in_sample=False,
        fits=tuple(fits),
        roll_outs=rolled,
        driven_roll_outs=rolled,
        in_sample_roll_outs=rolled,
        in_sample_driven_roll_outs=rolled,
        twin_e_rel=np.zeros((2, 2)),
    )
    return replace(found, **changes)
