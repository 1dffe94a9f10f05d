"""Permutation tests of the distance between two spectra.

Cost: two (classes) or four (networks) eigenvalue problems a permutation, .45 ms each at rank 32.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float

from kann.errors import NotEnoughData, OutOfRange
from kann.numerics.moments.sequence_moments import SequenceMoments
from kann.numerics.operator.spectral_distance import spectral_distances

FEWEST_SEQUENCES = 4
# Relative difference below which two distances are equal.
_ROUNDING = 1e-9


def permute_classes(
    moments: SequenceMoments, first: Bool[np.ndarray, " sequences"], draws: int, seed: int
) -> tuple[float, Float[np.ndarray, " draws"]]:
    """The distance between the spectra of two classes of one network, and after each of `draws` random
    permutations of the sequences between them, sizes kept.

    If both classes are drawn from one process, every permutation is as likely as the observed classes. Whole
    sequences are permuted, since states within one depend on each other; all permutations share one basis.

    Raises:
        NotEnoughData: a class of fewer than FEWEST_SEQUENCES.
        OutOfRange: fewer than 1 permutation.
    """
    _check(int(min(first.sum(), (~first).sum())), draws, "class")
    random = np.random.default_rng(seed)
    sides = np.stack([first, *(random.permutation(first) for _ in range(draws))])
    distances = spectral_distances(moments.eigenvalues(sides), moments.eigenvalues(~sides))
    return float(distances[0]), distances[1:]


def permute_halves(
    one: SequenceMoments, other: SequenceMoments, draws: int, seed: int
) -> tuple[float, Float[np.ndarray, " draws"]]:
    """The mean distance between two networks, each on another half of the same sequences, over all `draws`; and
    for each draw the distance of each network from itself on its two halves, averaged over both.

    States of two networks have different coordinates, so that sequences cannot be permuted between them. But if
    their operators are equal up to coordinates, one network on half of the sequences and the other on the rest
    differ as much as either from itself. The mean over all halves is compared with single halves: for networks of
    one operator it lies in the middle of them, so that the test is conservative and does not depend on one split.

    Raises:
        NotEnoughData: fewer than twice FEWEST_SEQUENCES.
        OutOfRange: fewer than 1 draw, or networks with different numbers of sequences.
    """
    if len(one) != len(other):
        raise OutOfRange(f"The networks have read {len(one)} and {len(other)} sequences: give both the same.")
    _check(len(one) // 2, draws, "half")
    random = np.random.default_rng(seed)
    half = np.arange(len(one)) < len(one) // 2
    halves = np.stack([random.permutation(half) for _ in range(draws)])
    a, b = (network.eigenvalues(halves) for network in (one, other))
    a_rest, b_rest = (network.eigenvalues(~halves) for network in (one, other))
    across = (spectral_distances(a, b_rest) + spectral_distances(b, a_rest)) / 2
    return float(across.mean()), (spectral_distances(a, a_rest) + spectral_distances(b, b_rest)) / 2


def p_value(observed: float, permuted: Float[np.ndarray, " draws"]) -> float:
    """The share of distances, the observed one among them, at least as large as it: never 0."""
    as_far = permuted >= observed * (1 - _ROUNDING) - np.finfo(float).eps
    return float((1 + as_far.sum()) / (1 + len(permuted)))


def _check(sequences: int, draws: int, what: str) -> None:
    if draws < 1:
        raise OutOfRange(f"A p-value takes at least 1 permutation of sequences, not {draws}.")
    if sequences < FEWEST_SEQUENCES:
        raise NotEnoughData(
            f"A p-value needs at least {FEWEST_SEQUENCES} sequences in each {what}, the smaller has {sequences}: "
            "give more sequences."
        )
