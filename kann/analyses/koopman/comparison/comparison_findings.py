"""The finding of a comparison in words: whether two spectra differ, in which modes, and with which p-value."""

from __future__ import annotations

import numpy as np

from kann.analyses.koopman.comparison.comparing import Comparison, PermutationTest
from kann.analyses.koopman.comparison.untrained_ranking import UntrainedRanking
from kann.analyses.koopman.spectrum.findings import Finding
from kann.analyses.koopman.spectrum.mode_table import representatives
from kann.analyses.wording import duration, number, percent
from kann.records import Spectrum

# Below this p-value a difference is significant.
_SIGNIFICANT = 0.05
# How a sentence names untrained networks of each kind.
_UNTRAINED = {
    "default": "from the default initialisation",
    "forget bias 1": "with a forget bias of 1",
    "orthogonal": "with orthogonal recurrence",
    "shuffled": "of this network's own weights, shuffled",
}
# A mode that carries less of the states' variance is no headline.
_NOTICEABLE = 0.01
_UNKNOWN = float("nan")
_NONE_ALONE = "Every mode with a share of at least 1 % exists on both sides."
# What the distance of a comparison is judged by.
NullModel = PermutationTest | UntrainedRanking


def comparison_finding(
    comparison: Comparison, chance: PermutationTest | UntrainedRanking | None, unit: str = "steps"
) -> Finding:
    """The verdict, then its reasons; without `chance` (the null model) there is no verdict yet. Against an untrained
    twin modes of one side are named only if the opened network differs significantly from untrained ones of
    every kind."""
    if not comparison.untrained:
        support = [_distance(comparison), *_alone(comparison, unit)]
        if chance is not None:
            support.insert(1, _p_value(chance))
        return Finding(_headline(comparison, chance), " ".join(support))
    if chance is None:
        return Finding(
            f"How {comparison.names[0]} and {comparison.names[1]} differ, mode by mode.", _distance(comparison)
        )
    if chance.p_value < _SIGNIFICANT:
        support = [_places(chance), _distance(comparison), *_alone(comparison, unit)]
        return Finding(
            f"Training changed the operator (p = {number(chance.p_value)} among untrained networks).", " ".join(support)
        )
    support = [
        _places(chance),
        "Modes of only one side show no effect of training: untrained networks differ as much.",
    ]
    return Finding(
        f"This network does not differ from untrained ones (p = {number(chance.p_value)}).", " ".join(support)
    )


def explain_null_model(chance: NullModel) -> str:
    """What the p-value compares with what, in words."""
    if isinstance(chance, UntrainedRanking):
        return (
            f"Each row: this network and {_count(chance)} untrained ones of a kind, ranked by their mean distance from "
            f"all others of the row, on the same {chance.sequences} sequences, at the {chance.rank} leading directions "
            "of each. An untrained network would have any rank in its own row with equal probability; p is the largest "
            "of all rows."
        )
    one, other = chance.sequences
    if chance.halves:
        return (
            "States of two networks have different coordinates, so that sequences cannot be permuted between them. "
            f"Each network was compared with itself on random halves of {one} sequences, and with the other network: "
            f"with equal operators the second distance is no larger. At the {chance.rank} most predictable directions "
            "of each, which are invariant to changes of coordinates."
        )
    return (
        f"The {one} sequences of A and the {other} of B were permuted between two classes of these sizes: if both "
        "come from one process, every permutation is as likely as the true classes. At the "
        f"{chance.rank} leading directions of all classes."
    )


def comparison_table(comparison: Comparison) -> dict[str, list]:
    """Columns by name, one row a match, the longest memory of the first side first; a conjugate pair in one row. NaN
    where a side has no partner; "exists in" names the sides that have such a mode."""
    matches = comparison.matches
    sides = ((comparison.one, matches.one), (comparison.other, matches.other))
    one, other = (_columns(*side) for side in sides)
    table = {
        "A: mode": one.pop("mode"),
        "B: mode": other.pop("mode"),
        "distance": matches.distances.tolist(),
        "exists in": [
            _exists_in(comparison, *places) for places in zip(matches.one.tolist(), matches.other.tolist(), strict=True)
        ],
        "eigenvalues": matches.weights.tolist(),
    }
    return table | {f"{letter}: {name}": side[name] for name in one for letter, side in (("A", one), ("B", other))}


def modes_on_one_side(comparison: Comparison) -> tuple[int, int]:
    """The number of modes that only one side has, for each side; a pair counts once."""
    sides = ((comparison.one, comparison.only_one), (comparison.other, comparison.only_other))
    one, other = (int(only[representatives(spectrum)].sum()) for spectrum, only in sides)
    return one, other


def _headline(comparison: Comparison, chance: PermutationTest | None) -> str:
    one, other = comparison.names
    if chance is None:
        return f"How {one} and {other} differ, mode by mode."
    differ = "differ significantly" if chance.p_value < _SIGNIFICANT else "do not differ significantly"
    return f"{_capitalised(one)} and {other} {differ} (p = {number(chance.p_value)})."


def _capitalised(name: str) -> str:
    """The name as the beginning of a sentence; a file name keeps its case."""
    return name if "." in name else name[:1].upper() + name[1:]


def _distance(comparison: Comparison) -> str:
    return f"The mean distance of matched eigenvalues is {number(comparison.distance)}."


def _places(row: UntrainedRanking) -> str:
    """Distances in the row of the strictest kind, with the p-value."""
    kind = row.strictest
    own, twins = row.distances[kind, 0], row.distances[kind, 1:]
    others = f", the largest of {len(row.kinds)} kinds" if len(row.kinds) > 1 else ""
    return (
        f"The mean distance of its eigenvalues from those of {len(twins)} untrained networks "
        f"{_UNTRAINED.get(row.kinds[kind], row.kinds[kind])} is {number(own)}; theirs from the others is "
        f"{number(float(np.median(twins)))} (median; at most {number(float(twins.max()))}): "
        f"p = {number(row.p_value)}{others}."
    )


def _count(row: UntrainedRanking) -> int:
    return row.distances.shape[1] - 1


def _p_value(chance: PermutationTest) -> str:
    """The observed distance, the median distance after permutations, and the p-value."""
    where = "on halves of the sequences" if chance.halves else "on the same sequences"
    permuted = "within each network" if chance.halves else "after permutations of the sequences"
    typical = f"{number(float(np.median(chance.permuted)))} (median of {len(chance.permuted)})"
    return (
        f"At rank {chance.rank}, {where}, their distance is {number(chance.observed)}, {permuted} {typical}: "
        f"p = {number(chance.p_value)}."
    )


def _alone(comparison: Comparison, unit: str) -> list[str]:
    """The longest memory among the modes of one side only, for each side."""
    sides = (
        (comparison.names[0], comparison.one, comparison.only_one),
        (comparison.names[1], comparison.other, comparison.only_other),
    )
    sentences = [_longest(*side, unit) for side in sides if side[2].any()]
    return [sentence for sentence in sentences if sentence] or [_NONE_ALONE]


def _longest(name: str, spectrum: Spectrum, only: np.ndarray, unit: str) -> str:
    carried = spectrum.shares * np.where(spectrum.eigenvalues.imag != 0, 2, 1)
    modes = np.flatnonzero(only & (carried >= _NOTICEABLE) & (spectrum.eigenvalues.imag >= 0))
    if not len(modes):
        return ""
    mode = int(modes[np.argmax(np.abs(spectrum.eigenvalues[modes]))])
    which = f"mode {mode + 1} ({_fate(spectrum, mode, unit)}, {percent(carried[mode])} of the states)"
    if len(modes) == 1:
        return f"In {name} only: {which}."
    return f"In {name} only: {len(modes)} modes with a share of at least 1 %, the longest {which}."


def _fate(spectrum: Spectrum, mode: int, unit: str) -> str:
    """Half-life and period of a mode in words."""
    life, rhythm = spectrum.half_lives[mode], spectrum.frequencies[mode]
    fate = f"half-life {duration(life, unit, spectrum.sampling_rate)}" if np.isfinite(life) else "does not fade"
    return f"{fate}, period {duration(1 / rhythm, unit, spectrum.sampling_rate)}" if rhythm > 0 else fate


def _columns(spectrum: Spectrum, places: np.ndarray) -> dict[str, list]:
    """The columns of one side; NaN where a match has no mode on it."""
    values, there = spectrum.eigenvalues[places], places >= 0
    columns = {
        "mode": places + 1,
        "real": values.real,
        "imaginary": values.imag,
        "half-life, steps": spectrum.half_lives[places],
        "share of variance": spectrum.shares[places] * np.where(values.imag > 0, 2, 1),
    }
    return {name: np.where(there, column, _UNKNOWN).tolist() for name, column in columns.items()}


def _exists_in(comparison: Comparison, one: int, other: int) -> str:
    alone = one >= 0 and comparison.only_one[one], other >= 0 and comparison.only_other[other]
    words = {(True, True): "one each", (True, False): "A only", (False, True): "B only"}
    return words.get((bool(alone[0]), bool(alone[1])), "both")
