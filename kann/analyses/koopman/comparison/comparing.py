"""Comparison of two spectra: matched modes, modes that only one side has, and a permutation test of their distance.

Compared are two classes of one network, two networks on the same data, or a network and an untrained twin.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from kann.analyses.koopman.spectrum.koopman_states import Result
from kann.analyses.koopman.spectrum.settings import Fit
from kann.analyses.koopman.spectrum.transitions import Transitions
from kann.errors import NotEnoughData
from kann.numerics.moments.sequence_moments import SequenceMoments, sequence_moments
from kann.numerics.operator.leading_directions import predictable_directions, strongest_directions
from kann.numerics.operator.spectral_distance import Matching, match_spectra, without_counterpart
from kann.numerics.uncertainty.permutations import p_value, permute_classes, permute_halves
from kann.records import Spectrum, StateBatch

# Transitions of the smaller side that are needed for each compared direction.
_PAIRS_A_DIRECTION = 10


@dataclass(frozen=True)
class PermutationSettings:
    """Of the permutation test: the number of `draws` (permutations of sequences), their `seed`, the largest `rank`, and
    the largest number of `sequences` of each side, evenly spaced."""

    draws: int = 999
    seed: int = 0
    rank: int = 32
    sequences: int = 512


@dataclass(frozen=True)
class Comparison:
    """`names` of the two sides, in words; `one`, `other` their spectra; `matches` the optimal assignment;
    `only_one`, `only_other` [modes] those that exist on one side only; `untrained` whether the other side
    is an untrained twin; `R2` of each side's own operator, one step ahead."""

    names: tuple[str, str]
    one: Spectrum
    other: Spectrum
    matches: Matching
    only_one: Bool[np.ndarray, " modes"]
    only_other: Bool[np.ndarray, " others"]
    R2: tuple[float, float]
    untrained: bool
    notes: tuple[str, ...]

    @property
    def distance(self) -> float:
        """Mean distance of matched eigenvalues in the complex plane, per step."""
        return self.matches.distance


@dataclass(frozen=True)
class PermutationTest:
    """`observed` distance and `permuted` [draws], the distances after permutations, all at `rank` directions of one
    basis a network (of two networks the most predictable ones, which are invariant to changes of coordinates);
    `p_value` the share of them at least as large as the observed; `halves` whether halves of the sequences were
    permuted (two networks) or sequences between classes; `sequences` of the two sides."""

    observed: float
    permuted: Float[np.ndarray, " draws"]
    p_value: float
    rank: int
    halves: bool
    sequences: tuple[int, ...]


def compare(names: tuple[str, str], one: Result, other: Result, untrained: bool = False) -> Comparison:
    """Both results' spectra, matched."""
    a, b = one.spectrum, other.spectrum
    only_one, only_other = without_counterpart(a.eigenvalues, b.eigenvalues, a.covariance, b.covariance)
    return Comparison(
        names=names,
        one=a,
        other=b,
        matches=match_spectra(a.eigenvalues, b.eigenvalues),
        only_one=only_one,
        only_other=only_other,
        R2=(one.accuracy.R2, other.accuracy.R2),
        untrained=untrained,
        notes=_notes(names, one, other),
    )


def sums_by_sequence(
    batches: Iterable[StateBatch], transitions: Transitions, fit: Fit, rank: int, label=None, alone: bool = True
) -> SequenceMoments:
    """The second pass behind a p-value: sums of each sequence in a few directions of the fitted states (of the class
    `label`, or of all), without the inputs: the strongest where a network is compared with itself (`alone`), else the
    most predictable, which are the same in all coordinates."""
    factors = transitions.fitted.without_inputs.factors(fit.intercept, label)
    directions = (strongest_directions if alone else predictable_directions)(factors, rank)
    return sequence_moments(batches, factors, directions, fit.lag, fit.delays, fit.steps)


def permutation_test_of_classes(
    sums: SequenceMoments, first: np.ndarray, settings: PermutationSettings
) -> PermutationTest:
    """Whether two classes of one network differ by more than classes of randomly permuted sequences; `first`
    [sequences] marks those of the first class.

    Raises:
        NotEnoughData: too few sequences or transitions in a class.
    """
    sums = sums.leading(_affordable(sums.rank, [sums.pairs[first].sum(), sums.pairs[~first].sum()]))
    observed, permuted = permute_classes(sums, first, settings.draws, settings.seed)
    counts = int(first.sum()), int((~first).sum())
    return PermutationTest(observed, permuted, p_value(observed, permuted), sums.rank, False, counts)


def permutation_test_of_networks(
    one: SequenceMoments, other: SequenceMoments, settings: PermutationSettings
) -> PermutationTest:
    """Whether two networks differ by more than each differs from itself on other sequences.

    Raises:
        NotEnoughData: too few sequences or transitions.
    """
    rank = _affordable(min(one.rank, other.rank), [one.pairs.sum() // 2, other.pairs.sum() // 2])
    observed, permuted = permute_halves(one.leading(rank), other.leading(rank), settings.draws, settings.seed)
    counts = len(one), len(other)
    return PermutationTest(observed, permuted, p_value(observed, permuted), rank, True, counts)


def _affordable(rank: int, pairs: list) -> int:
    """The largest rank for which the smaller side has enough transitions."""
    most = int(min(pairs) // _PAIRS_A_DIRECTION)
    if most < 1:
        raise NotEnoughData(
            f"A p-value needs at least {_PAIRS_A_DIRECTION} transitions on each side, the smaller has "
            f"{int(min(pairs))}: give more or longer sequences."
        )
    return min(rank, most)


def _notes(names: tuple[str, str], *results: Result) -> tuple[str, ...]:
    ranks = [result.operator.rank for result in results]
    own = [f"{name}: {note}" for name, result in zip(names, results, strict=True) for note in result.notes]
    if ranks[0] != ranks[1]:
        own.append(
            f"The spectra have {ranks[0]} and {ranks[1]} eigenvalues: the smaller one is completed by zeros, "
            "so that a mode without a partner counts with its modulus."
        )
    return tuple(own)
