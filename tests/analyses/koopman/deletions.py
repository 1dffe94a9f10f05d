"""Deletion curves as a measurement would give them."""

import numpy as np

from kann.analyses.koopman.highlights.faithfulness import FaithfulnessSettings

SHARES = (0.0, 0.25, 0.5)


SETTINGS = FaithfulnessSettings(shares=SHARES, samples=500)


def curves(slope, noise=0.05, sequences=40, seed=0):
    """Evidence [sequences shares] that falls by `slope` of its start for each whole share."""
    random = np.random.default_rng(seed)
    start = 1 + random.exponential(size=(sequences, 1))
    falls = 1 - slope * np.array(SHARES) + noise * random.standard_normal((sequences, 3)) * (np.array(SHARES) > 0)
    return start * falls
