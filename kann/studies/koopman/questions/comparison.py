"""Two spectra matched, and the distribution of their distance under permutations of the sequences."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from kann.analyses.koopman.comparison.comparing import (
    Comparison,
    PermutationSettings,
    PermutationTest,
    SequenceMoments,
    compare,
    permutation_test_of_classes,
    permutation_test_of_networks,
    sums_by_sequence,
)
from kann.analyses.koopman.spectrum.koopman_states import Result, analyse
from kann.backend.engine.question import Asked, Question
from kann.backend.engine.task import Task
from kann.backend.opened.pair import OpenedPair
from kann.backend.opened.samples import Rows, sample
from kann.studies.koopman.contrasts import Compared, Side
from kann.studies.koopman.questions.spectrum import SPECTRUM
from kann.studies.koopman.questions.states import SUMS, TWIN_SUMS, TwinSums, states_of

# Sequences that an untrained twin reads for a comparison.
TWIN_SEQUENCES = 128


@dataclass(frozen=True)
class Permuted:
    """Two sides, neither a twin, and the settings of the permutation test."""

    compared: Compared
    drawn: PermutationSettings = field(default_factory=PermutationSettings)


def match_sides(task: Task, compared: Compared) -> Comparison:
    """Solves each side at its own settings and matches their eigenvalues."""
    names = compared.one.name, compared.other.name
    results = (_result(task, side) for side in compared.sides)
    return compare(names, *results, untrained=compared.other.twin is not None)


def permute_sequences(task: Task, asked: Permuted) -> PermutationTest:
    """The permutation test of the distance; both sides are unrolled again, sequence by sequence. For untrained twins
    see `ranking`.

    Raises:
        NotEnoughData: too few sequences.
    """
    one, other = asked.compared.sides
    rows = [_rows(_opened(task, side), side, asked.drawn) for side in (one, other)]
    task.expect(sum(map(len, rows)))
    if one.fit.label != other.fit.label:
        # One network and one basis, that of all classes: it does not depend on which class a sequence is of.
        sums = _sums(task, one, np.concatenate(rows), asked.drawn, alone=True)
        return permutation_test_of_classes(sums, np.arange(len(sums)) < len(rows[0]), asked.drawn)
    both = [_sums(task, side, chosen, asked.drawn) for side, chosen in zip((one, other), rows, strict=True)]
    return permutation_test_of_networks(*both, asked.drawn)


def permuted(compared: Compared, drawn: PermutationSettings) -> Permuted:
    """The settings of the p-value of two sides; names, inputs, intervals and ranks above its own do not affect it."""

    def seen(side: Side) -> Side:
        rank = drawn.rank if side.fit.rank is None else min(side.fit.rank, drawn.rank)
        return replace(side, name="", fit=replace(side.fit, rank=rank, inputs=False, samples=0, seed=0))

    return Permuted(Compared(seen(compared.one), seen(compared.other)), drawn)


def _spectrum(side: Side) -> Asked:
    """The question that one side needs: its spectrum or, for a twin, its sums."""
    if side.twin is None:
        return SPECTRUM(side.fit, side.pair)
    return TWIN_SUMS(TwinSums(side.fit, side.twin, TWIN_SEQUENCES))


def _result(task: Task, side: Side) -> Result:
    found = task.answer(_spectrum(side))
    return analyse(found, side.fit, sampling_rate=task.opened.dataset.sampling_rate) if side.twin else found


def _opened(task: Task, side: Side) -> OpenedPair:
    return task.opened if side.pair is None else task.open(side.pair)


def _sums(task: Task, side: Side, rows: Rows, drawn: PermutationSettings, alone: bool = False) -> SequenceMoments:
    """The sums of one network by sequence over these rows; `alone`: no other network is compared with it."""
    opened, fit = _opened(task, side), side.fit
    states = task.watch(states_of(opened, opened.network, rows, fit))
    return sums_by_sequence(states, task.answer(SUMS(fit, side.pair)), fit, fit.rank or drawn.rank, alone=alone)


def _rows(opened: OpenedPair, side: Side, drawn: PermutationSettings) -> Rows:
    """The side's sequences, sampled if there are too many."""
    labels, label = opened.dataset.labels, side.fit.label
    rows = np.arange(len(opened.dataset)) if label is None else np.flatnonzero(labels == label)
    return sample(rows, drawn.sequences, opened.grouped.labels)


COMPARISON = Question(
    "koopman/comparison", 4, Compared, Comparison, match_sides,
    lambda opened, compared: tuple(map(_spectrum, compared.sides)), at_once=True, stored=False,
)  # fmt: skip
CHANCE = Question(
    "koopman/chance", 4, Permuted, PermutationTest, permute_sequences,
    lambda opened, asked: tuple(SUMS(side.fit, side.pair) for side in asked.compared.sides),
    doing="Permuting sequences",
)  # fmt: skip
