"""Systems and states whose answers are known, and the direct computation that every shortcut must equal."""

import numpy as np

from kann.records import StateBatch


def tanh_states(sequences=40, steps=30, units=12, noise=0.5, seed=0, dtype=np.float32):
    """States of a random tanh network driven by noise."""
    random = np.random.default_rng(seed)
    weights = 1.2 * random.standard_normal((units, units)) / np.sqrt(units)
    states, state = np.zeros((sequences, steps, units)), np.zeros((sequences, units))
    for step in range(steps):
        state = np.tanh(state @ weights + noise * random.standard_normal(state.shape))
        states[:, step] = state
    return states.astype(dtype)


def driven_states(sequences=50, steps=30, seed=1):
    """z(t+1) = K z(t) + L x(t+1) + b exactly, with a slow input: K, L, states and inputs."""
    random = np.random.default_rng(seed)
    matrix = np.array([[0.9, 0.2, 0.0], [-0.2, 0.9, 0.0], [0.1, 0.0, 0.5]])
    drive = random.standard_normal((3, 2))
    inputs = np.cumsum(random.standard_normal((sequences, steps, 2)), axis=1) * 0.3
    states, state = np.zeros((sequences, steps, 3)), random.standard_normal((sequences, 3))
    for step in range(steps):
        state = state @ matrix.T + inputs[:, step] @ drive.T + np.array([0.3, -0.1, 0.2])
        states[:, step] = state
    return matrix, drive, states, inputs


def pairs_of(states, lengths=None, lag=1):
    """All true states, and the X and Y of all transitions, stacked in float64."""
    lengths = np.full(len(states), states.shape[1]) if lengths is None else lengths
    rows = [sequence[:length].astype(float) for sequence, length in zip(states, lengths, strict=True)]
    x = np.concatenate([row[: max(len(row) - lag, 0)] for row in rows])
    return np.concatenate(rows), x, np.concatenate([row[lag:] for row in rows])


def direct_operator(states, rank, intercept=True, lengths=None, lag=1):
    """Column operator, basis and mean by the SVD and lstsq of numpy."""
    every, x, y = pairs_of(states, lengths, lag)
    mean = every.mean(axis=0) if intercept else np.zeros(every.shape[1])
    basis = np.linalg.svd(every - mean, full_matrices=False)[2][:rank].T
    regressor = (x - mean) @ basis
    if intercept:
        regressor = np.c_[regressor, np.ones(len(x))]
    coefficients = np.linalg.lstsq(regressor, (y - mean) @ basis, rcond=None)[0]
    return coefficients[:rank].T, basis, mean


def distance(found, expected):
    """The largest distance from an expected eigenvalue to the nearest found one."""
    return np.abs(np.asarray(found)[None] - np.asarray(expected)[:, None]).min(axis=1).max()


def batches_of(states, lengths=None, size=16, inputs=None, labels=None, ids=None):
    lengths = np.full(len(states), states.shape[1]) if lengths is None else lengths
    for start in range(0, len(states), size):
        rows = slice(start, start + size)
        yield StateBatch(
            states[rows],
            lengths[rows],
            *[None if array is None else array[rows] for array in (inputs, labels, ids)],
        )


def turning(modulus, period, sequences=40, steps=80, noise=0.0, seed=0):
    random, angle = np.random.default_rng(seed), 2 * np.pi / period
    turn = modulus * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    states, state = np.zeros((sequences, steps, 2)), random.standard_normal((sequences, 2))
    for step in range(steps):
        state = state @ turn.T + noise * random.standard_normal(state.shape)
        states[:, step] = state
    return states
