"""Two spectra on the same axes: what both have, what one has alone, and whether chance would do as much.

Siblings: classes of one network, two networks on the same data, a network and itself untrained.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from kann.analyses.koopman.spectrum.koopman_states import Result
from kann.analyses.koopman.spectrum.transitions import Settings as Fit
from kann.analyses.koopman.spectrum.transitions import Transitions
from kann.errors import NotEnoughData
from kann.numerics.moments.sequence_moments import SequenceMoments, sequence_moments
from kann.numerics.operator.leading_directions import predictable_directions, strongest_directions
from kann.numerics.operator.spectral_distance import Matching, match_spectra, without_counterpart
from kann.numerics.uncertainty.permutations import exchange_classes, exchange_halves, p_value
from kann.records import Spectrum, StateBatch

# A direction takes this many transitions of the smaller side to be compared.
_PAIRS_A_DIRECTION = 10


@dataclass(frozen=True)
class Settings:
    """The p-value's: how many `draws` (exchanges of sequences), from which `seed`, at most at which `rank`, and
    on how many `sequences` of each side at the most, evenly spaced."""

    draws: int = 999
    seed: int = 0
    rank: int = 32
    sequences: int = 512


@dataclass(frozen=True)
class Comparison:
    """`names` of the two sides, in words; `one`, `other` their spectra; `matches` the optimal assignment;
    `only_one`, `only_other` [modes] those that exist on one side only; `untrained` whether the other side is
    a twin with fresh weights; `R2` of each side's own operator, one step ahead."""

    names: tuple[str, str]
    one: Spectrum
    other: Spectrum
    matches: Matching
    only_one: np.ndarray
    only_other: np.ndarray
    R2: tuple[float, float]
    untrained: bool
    notes: tuple[str, ...]

    @property
    def distance(self) -> float:
        """Mean distance of matched eigenvalues in the complex plane, per step."""
        return self.matches.distance


@dataclass(frozen=True)
class Chance:
    """`observed` distance and `by_chance` [draws] those after exchanges, all at `rank` directions of one basis a
    network, of two networks the most predictable ones, which no change of coordinates moves; `p_value` the share of
    them as large as the observed; `halves` whether halves of the sequences were exchanged (two networks) or sequences
    between classes; `sequences` of the two sides."""

    observed: float
    by_chance: np.ndarray
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
    `label`, or of all), without the inputs: the strongest where a network stands `alone`, else the most predictable,
    which are the same in all coordinates."""
    factors = transitions.fitted.without_inputs.factors(fit.intercept, label)
    directions = (strongest_directions if alone else predictable_directions)(factors, rank)
    return sequence_moments(batches, factors, directions, fit.lag, fit.delays, fit.steps)


def chance_of_classes(sums: SequenceMoments, first: np.ndarray, settings: Settings) -> Chance:
    """Whether two classes of one network differ by more than sequences dealt out at random do; `first`
    [sequences] are those of the first class.

    Raises:
        NotEnoughData: too few sequences or transitions in a class.
    """
    sums = sums.leading(_affordable(sums.rank, [sums.pairs[first].sum(), sums.pairs[~first].sum()]))
    observed, by_chance = exchange_classes(sums, first, settings.draws, settings.seed)
    counts = int(first.sum()), int((~first).sum())
    return Chance(observed, by_chance, p_value(observed, by_chance), sums.rank, False, counts)


def chance_of_networks(one: SequenceMoments, other: SequenceMoments, settings: Settings) -> Chance:
    """Whether two networks differ by more than each does from itself on other sequences.

    Raises:
        NotEnoughData: too few sequences or transitions.
    """
    rank = _affordable(min(one.rank, other.rank), [one.pairs.sum() // 2, other.pairs.sum() // 2])
    observed, by_chance = exchange_halves(one.leading(rank), other.leading(rank), settings.draws, settings.seed)
    counts = len(one), len(other)
    return Chance(observed, by_chance, p_value(observed, by_chance), rank, True, counts)


def _affordable(rank: int, pairs: list) -> int:
    """The rank that the smaller side's transitions can carry."""
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
