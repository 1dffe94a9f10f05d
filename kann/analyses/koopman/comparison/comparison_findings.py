"""What a comparison says in words: whether two spectra differ, by what, and why to believe it."""

from __future__ import annotations

import numpy as np

from kann.analyses.koopman.comparison.comparing import Chance, Comparison
from kann.analyses.koopman.comparison.line_up import LineUp
from kann.analyses.koopman.spectrum.findings import Finding
from kann.analyses.koopman.spectrum.mode_table import representatives
from kann.analyses.wording import duration, number, percent
from kann.records import Spectrum

# Below this a p-value is called more than chance.
_RARE = 0.05
# What a sentence calls networks that began so and were never trained.
_UNTRAINED = {
    "default": "from the default initialisation",
    "forget bias 1": "with a forget bias of 1",
    "orthogonal": "with orthogonal recurrence",
    "shuffled": "of this network's own weights, shuffled",
}
# A mode that carries less of the states' variance is no headline.
_NOTICEABLE = 0.01
_UNKNOWN = float("nan")


def comparison_finding(comparison: Comparison, chance: Chance | LineUp | None, unit: str = "steps") -> Finding:
    """The verdict first, then what carries it; without `chance` the verdict is still open. Against an untrained twin
    modes are credited to one side only once untrained networks of every kind have been told from the opened one."""
    if not comparison.untrained:
        support = [_distance(comparison), *_alone(comparison, unit)]
        if chance is not None:
            support.insert(1, _p_value(chance))
        return Finding(_headline(comparison, chance), " ".join(support))
    if chance is None:
        return Finding(
            f"How {comparison.names[0]} and {comparison.names[1]} differ, mode by mode.", _distance(comparison)
        )
    if chance.p_value < _RARE:
        support = [_places(chance), _distance(comparison), *_alone(comparison, unit)]
        return Finding("Training changed the operator: untrained networks have another.", " ".join(support))
    support = [_places(chance), "Modes that one twin lacks are no sign of training: twins lack one another's too."]
    return Finding("This network cannot be told from an untrained one.", " ".join(support))


def exchange(chance: Chance | LineUp) -> str:
    """What was exchanged for the p-value, and what that answers."""
    if isinstance(chance, LineUp):
        return (
            f"Each row: this network and {_count(chance)} untrained ones of a kind, by their mean distance from all "
            f"others of the row, on the same {chance.sequences} sequences, at the {chance.rank} leading directions of "
            "each. An untrained network opened here would take any place in its own row, so that it is rarely the "
            "outermost of every row."
        )
    one, other = chance.sequences
    if chance.halves:
        return (
            "States of two networks live in different spaces: no sequence can change sides. Instead each network was "
            f"compared with itself on random halves of {one} sequences, and once with the other: if both had one "
            f"operator, that would lie no further apart. At the {chance.rank} most predictable directions of each, "
            "which no change of coordinates moves."
        )
    return (
        f"The {one} sequences of A and the {other} of B were dealt to two classes of the same sizes at random: if one "
        "process made both, every deal would be as likely as the true one. At the "
        f"{chance.rank} leading directions of all classes."
    )


def comparison_table(comparison: Comparison) -> dict[str, list]:
    """One row a match, strongest memory of the first side first; a conjugate pair in one row. Empty cells (NaN)
    where a side has no partner; "exists in" names the side that has a mode of this kind alone."""
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


def lonely(comparison: Comparison) -> tuple[int, int]:
    """How many modes exist on each side only, a pair counted once."""
    sides = ((comparison.one, comparison.only_one), (comparison.other, comparison.only_other))
    one, other = (int(only[representatives(spectrum)].sum()) for spectrum, only in sides)
    return one, other


def _headline(comparison: Comparison, chance: Chance | None) -> str:
    one, other = comparison.names
    if chance is None:
        return f"How {one} and {other} differ, mode by mode."
    if chance.p_value >= _RARE:
        return f"Chance alone would tell {one} from {other} as well."
    return f"More than chance tells {one} from {other}."


def _distance(comparison: Comparison) -> str:
    return f"Matched eigenvalues lie {number(comparison.distance)} apart on average."


def _places(row: LineUp) -> str:
    """Where the opened network stands in the row that it is hardest to tell from."""
    kind = row.strictest
    own, twins = row.distances[kind, 0], row.distances[kind, 1:]
    others = f", the largest of {len(row.kinds)} kinds" if len(row.kinds) > 1 else ""
    return (
        f"Its eigenvalues lie {number(own)} from those of {len(twins)} untrained networks "
        f"{_UNTRAINED.get(row.kinds[kind], row.kinds[kind])}; those lie {number(float(np.median(twins)))} from the "
        f"others (median; at most {number(float(twins.max()))}): p = {number(row.p_value)}{others}."
    )


def _count(row: LineUp) -> int:
    return row.distances.shape[1] - 1


def _p_value(chance: Chance) -> str:
    """What was exchanged, how far apart that left the two, and how often as far as they are."""
    where = "on halves of the sequences" if chance.halves else "on the same sequences"
    exchanged = "each from itself" if chance.halves else "with the sequences dealt to the two classes at random"
    typical = f"{number(float(np.median(chance.by_chance)))} (median of {len(chance.by_chance)})"
    return (
        f"At rank {chance.rank}, {where}, they lie {number(chance.observed)} apart, {exchanged} {typical}: "
        f"p = {number(chance.p_value)}."
    )


def _alone(comparison: Comparison, unit: str) -> list[str]:
    """The longest memory that each side has alone, or that there is none."""
    sides = (
        (comparison.names[0], comparison.one, comparison.only_one),
        (comparison.names[1], comparison.other, comparison.only_other),
    )
    sentences = [_longest(*side, unit) for side in sides if side[2].any()]
    return [sentence for sentence in sentences if sentence] or ["Every mode of some weight has its like on both sides."]


def _longest(name: str, spectrum: Spectrum, only: np.ndarray, unit: str) -> str:
    carried = spectrum.shares * np.where(spectrum.eigenvalues.imag != 0, 2, 1)
    modes = np.flatnonzero(only & (carried >= _NOTICEABLE) & (spectrum.eigenvalues.imag >= 0))
    if not len(modes):
        return ""
    mode = int(modes[np.argmax(np.abs(spectrum.eigenvalues[modes]))])
    which = f"mode {mode + 1} ({_fate(spectrum, mode, unit)}, {percent(carried[mode])} of the states)"
    if len(modes) == 1:
        return f"In {name} only: {which}."
    return f"In {name} only: {len(modes)} modes of some weight, the longest {which}."


def _fate(spectrum: Spectrum, mode: int, unit: str) -> str:
    """Memory and rhythm of a mode, in a few words."""
    life, rhythm = spectrum.half_lives[mode], spectrum.frequencies[mode]
    fate = f"half-life {duration(life, unit, spectrum.sampling_rate)}" if np.isfinite(life) else "does not fade"
    return f"{fate}, period {duration(1 / rhythm, unit, spectrum.sampling_rate)}" if rhythm > 0 else fate


def _columns(spectrum: Spectrum, places: np.ndarray) -> dict[str, list]:
    """What is told of each match's mode; NaN where there is none."""
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
    words = {(True, True): "each its own", (True, False): "A only", (False, True): "B only"}
    return words.get((bool(alone[0]), bool(alone[1])), "both")
