"""Energy of modes on a signal: over the steps, by segment and class, and within a window."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Shaped

from kann.analyses.koopman.modes.mode_classes import in_order, label_names
from kann.analyses.wording import class_name, percent
from kann.numerics.attribution.energy import energies, overlap, shortest_window
from kann.numerics.attribution.highlights import innovations, projections
from kann.numerics.operator.koopman import Operator
from kann.records import Spectrum, StateBatch

MEASURES = ("contribution", "innovation")
# A mode's window is the shortest stretch that holds this share of its energy.
WINDOW_SHARE = 0.8
# Segments of a signal without waves.
FIFTHS = ("rest", "0 to 20 %", "20 to 40 %", "40 to 60 %", "60 to 80 %", "80 to 100 %")


@dataclass(frozen=True)
class SignalReading:
    """One sequence: `signal` [steps channels] as it was read (for states, the norm of each), `energy` by measure
    [steps modes] of the modes at `modes` (a conjugate pair once), `segment` [steps], each step's index in
    `segments`, of which the first stands for steps outside all segments. `name` and `label` are the
    sequence's."""

    name: str
    label: str | None
    signal: Float[np.ndarray, "steps channels"]
    energy: Mapping[str, Float[np.ndarray, "steps modes"]]
    modes: Int[np.ndarray, " modes"]
    segment: Int[np.ndarray, " steps"]
    segments: tuple[str, ...]

    def of(self, measure: str, modes: Sequence[int]) -> np.ndarray:
        """[steps]: the energy of chosen modes together."""
        return self.energy[measure][:, np.isin(self.modes, list(modes))].sum(axis=1)

    def window(self, measure: str, mode: int) -> tuple[int, int]:
        """First step, and the one after the last, of the shortest window that holds WINDOW_SHARE of a mode's energy."""
        return shortest_window(self.of(measure, [mode]), WINDOW_SHARE)

    @property
    def missing(self) -> list[str]:
        """Segments that were not found."""
        return [name for code, name in enumerate(self.segments) if code and not (self.segment == code).any()]


@dataclass(frozen=True)
class Waves:
    """`segment` [sequences steps]: each step's index in `segments`, -1 beyond true lengths."""

    segment: Int[np.ndarray, "sequences steps"]
    segments: Shaped[np.ndarray, " segments"]


@dataclass(frozen=True)
class EnergyBySegment:
    """Energy of each mode (at `modes`, a pair once) by class and segment, averaged over the sequences in which the
    segment was `found` [classes segments], of `sequences` [classes]: `contribution` and `innovation`
    [classes segments modes] are sums over a segment's steps, of which there are `steps` [classes segments] on
    average. NaN where none has the segment."""

    labels: Shaped[np.ndarray, " classes"]
    segments: Shaped[np.ndarray, " segments"]
    modes: Int[np.ndarray, " modes"]
    sequences: Int[np.ndarray, " classes"]
    found: Int[np.ndarray, "classes segments"]
    steps: Float[np.ndarray, "classes segments"]
    contribution: Float[np.ndarray, "classes segments modes"]
    innovation: Float[np.ndarray, "classes segments modes"]

    def of(self, measure: str, modes: Sequence[int]) -> np.ndarray:
        """[classes segments]: the energy of chosen modes together."""
        return getattr(self, measure)[..., np.isin(self.modes, list(modes))].sum(axis=-1)


def fifths(steps: int) -> np.ndarray:
    """Segments of a signal without waves: five equal stretches, from 1."""
    return 1 + np.arange(steps) * 5 // max(steps, 1)


def step_energies(
    operator: Operator, batch: StateBatch, mean_inputs: np.ndarray | None, from_zeros: bool, backward: bool = False
) -> list[dict[str, np.ndarray]]:
    """By measure the energies [steps modes] of each sequence's true steps, in the data's order; one column for
    each of `representatives`, 0 where a step has no value."""
    inputs = batch.inputs if operator.input_matrix.shape[1] else None
    phi = projections(operator, batch.values, batch.lengths)
    added = innovations(operator, batch.values, batch.lengths, inputs, mean_inputs, from_zeros).whole
    upper = operator.eigenvalues.imag >= 0
    whole = {
        name: np.nan_to_num(energies(operator, given)[..., upper])
        for name, given in zip(MEASURES, (phi, added), strict=True)
    }
    turn = -1 if backward else 1
    return [
        {name: values[row, :length][::turn] for name, values in whole.items()}
        for row, length in enumerate(batch.lengths)
    ]


def energy_by_segment(
    read: Iterable[tuple[StateBatch, list[dict[str, np.ndarray]], list[np.ndarray]]],
    modes: np.ndarray,
    segments: Sequence[str],
) -> EnergyBySegment:
    """Averages over batches, each with the energies and the segments of its sequences."""
    sums: dict[str, list] = {}
    for batch, energy, segment in read:
        for label, own, places in zip(label_names(batch.labels, len(segment)), energy, segment, strict=True):
            inside = np.arange(len(segments))[:, None] == places
            there = inside.any(axis=1)
            new = [1, there, inside.sum(axis=1), *(inside.astype(float) @ own[name] for name in MEASURES)]
            sums[label] = [have + more for have, more in zip(sums.get(label, [0] * len(new)), new, strict=True)]
    labels = in_order(sums).tolist()
    sequences, found, steps, *energy = (np.stack([sums[label][part] for label in labels]) for part in range(5))
    count = np.where(found > 0, found, np.nan)
    means = [values / count[..., None] for values in energy]
    return EnergyBySegment(np.array(labels), np.array(segments), modes, sequences, found, steps / count, *means)


def modes_in_window(
    readings: Sequence[SignalReading], measure: str, start: int, stop: int, spectrum: Spectrum
) -> dict[str, list]:
    """Modes by their energy in a window, columns by name: the part of their energy that lies in it, and their part of
    the window's energy, over all readings that reach it; sorted by the product of both."""
    reaching = [reading for reading in readings if len(reading.signal) > start]
    if not reaching:
        return {}
    inside = [reading.energy[measure][start:stop] for reading in reaching]
    outside = [np.delete(reading.energy[measure], np.s_[start:stop], axis=0) for reading in reaching]
    stacked = np.concatenate([*inside, *outside])
    own, part = overlap(stacked, 0, sum(map(len, inside)))
    order = np.argsort(-own * part, kind="stable")
    modes = reaching[0].modes[order]
    return {
        "mode": (modes + 1).tolist(),
        "id": [spectrum.ids[mode] for mode in modes],
        "of its energy here, %": (100 * own[order]).tolist(),
        "of the energy here, %": (100 * part[order]).tolist(),
        "half-life, steps": spectrum.half_lives[modes].tolist(),
    }


def segment_finding(
    found: EnergyBySegment, measure: str, modes: Sequence[int], names: Mapping[str, str]
) -> tuple[str, str]:
    """The segment in which the chosen modes have most energy per step, in the largest class; and how often the segments
    were found."""
    row = int(np.argmax(found.sequences))
    energy, steps = np.nan_to_num(found.of(measure, modes)[row]), np.nan_to_num(found.steps[row])
    who = class_name(str(found.labels[row]), names)
    if not energy[1:].sum():
        return f"No segment was found in “{who}”.", ""
    density = np.divide(energy, steps, out=np.zeros(len(steps)), where=steps > 0)
    best = 1 + int(np.argmax(density[1:]))
    share, time = percent(energy[best] / energy.sum()), percent(steps[best] / steps.sum())
    headline = (
        f"In “{who}” the modes in use have most energy per step in {found.segments[best]}: {share} of their energy "
        f"in {time} of the time."
    )
    counts = [f"{found.segments[code]} in {found.found[row, code]}" for code in range(1, len(steps))]
    return headline, f"Found of {found.sequences[row]}: {', '.join(counts)}."
