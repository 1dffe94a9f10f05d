"""States that stand in for those of trained and untrained networks, and their sums."""

from functools import cache

import numpy as np

from kann.analyses.koopman.spectrum.settings import Settings
from kann.analyses.koopman.spectrum.transitions import Transitions, sum_further, sum_transitions
from kann.analyses.koopman.spectrum.untrained import Twins, ladder, untrained_spectrum
from tests.numerics.systems import batches_of


def transitions(states, labels=None, inputs=None, groups=16, lags=True):
    """Their sums, every fifth sequence held out; `lags`: also over pairs of states further apart."""
    held = np.arange(len(states)) % 5 == 4
    settings = Settings()
    names = None if labels is None else labels[held]
    further = sum_further(batches_of(states[held], labels=names), settings, 1) if lags else ()

    def part(rows, groups):
        chosen = (None if array is None else array[rows] for array in (inputs, labels))
        drive, names = chosen
        batches = batches_of(states[rows], inputs=drive, labels=names)
        return sum_transitions(batches, settings, inputs is not None, groups)

    scored = part(held, min(groups, 1))
    return Transitions(part(~held, groups), scored, len(states), further, longest=states.shape[1])


def twins(*networks, kind="default"):
    """Spectra of what stands for untrained networks: their states."""
    ranks = ladder(networks[0].shape[2], 1)
    found = [untrained_spectrum(transitions(states, groups=0, lags=False), Settings(), ranks) for states in networks]
    kept = [entry for entry in found if entry is not None]
    return Twins(
        kinds=np.array([kind] * len(kept)),
        seeds=np.arange(len(kept)),
        ranks=np.array(ranks),
        eigenvalues=np.array([values for values, _ in kept]),
        R2=np.array([R2 for _, R2 in kept]),
    )


def slow_states(modulus=0.99, sequences=120, seed=0):
    """One slow unit among quick ones, all driven by noise."""
    random = np.random.default_rng(seed)
    states, state = np.zeros((sequences, 60, 4)), random.standard_normal((sequences, 4))
    for step in range(60):
        state = state * [modulus, 0.5, 0.3, 0.1] + random.standard_normal(state.shape) * [0.3, 1, 1, 1]
        states[:, step] = state
    return states


@cache
def forgetful():
    """Nineteen networks that forget sooner than those of `slow_states`."""
    return twins(*(slow_states(0.4, seed=seed) for seed in range(1, 20)))
