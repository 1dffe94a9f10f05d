"""One sequence as the network reads it: which steps chosen modes answer to, and the decision while reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from kann.analyses.wording import signed
from kann.numerics.attribution.evidence import carrier, evidence_shares
from kann.numerics.attribution.highlights import contributions, effects, innovations, projections, total
from kann.numerics.moments.summarise import windowed
from kann.numerics.operator.eigenpairs import close_under_conjugation
from kann.numerics.operator.koopman import Operator
from kann.numerics.prediction.decisions import contrast, decisions
from kann.records import Spectrum, StateBatch

# What a step can be shaded by, the default first: along a read-out, and without one.
SIGNED = ("innovation", "signed projection", "magnitude")
UNSIGNED = ("innovation", "contribution", "magnitude")


@dataclass(frozen=True)
class Aim:
    """Evidence for the class `toward`: the `weights` [outputs] of the outputs whose sum it is, and the `direction`
    [units] of states, with zeros for delayed copies, in which it grows."""

    toward: int
    weights: np.ndarray
    direction: np.ndarray


@dataclass(frozen=True)
class Drive:
    """What the states do not tell: inputs' mean over the fitted transitions (None: of the sequence itself), and
    whether the network starts from zeros and reads from the last step to the first."""

    mean_inputs: np.ndarray | None = None
    from_zeros: bool = True
    backward: bool = False


@dataclass(frozen=True)
class Reading:
    """One sequence, step by step, in the order in which it is written.

    `shades` [steps] by measure (SIGNED or UNSIGNED), of the chosen modes together; signed ones grow towards the
    aim's class. `answers` [steps representatives]: what each step adds to each mode, a conjugate pair in one
    column, `modes` their indices; along the aim, or unsigned. `left`: what the mode's own dynamics leave of that at
    the end of the sequence; fast modes answer much and cancel each other within a few steps. `evidence` [steps] for
    the aim's class as the network has it so far, `alone` of the chosen modes alone, `decided` and `decided_alone`
    the classes at the end; None without an aim. NaN where a step has no value.
    """

    shades: Mapping[str, np.ndarray]
    answers: np.ndarray
    left: np.ndarray
    modes: np.ndarray
    evidence: np.ndarray | None
    alone: np.ndarray | None
    decided: int | None
    decided_alone: int | None

    @property
    def signed(self) -> bool:
        return self.evidence is not None


def aim(gradient: Float[np.ndarray, "outputs units"], toward: int, delays: int) -> Aim:
    """The aim at a class along a read-out's gradient; of stacked states the read-out reads the newest.

    Raises:
        OutOfRange: there is no such class.
    """
    weights = contrast(len(gradient), toward)
    direction = np.zeros(gradient.shape[1] * (delays + 1))
    direction[: gradient.shape[1]] = weights @ gradient
    return Aim(toward, weights, direction)


def read(operator: Operator, batch: StateBatch, modes: Sequence[int], aimed: Aim | None, drive: Drive) -> Reading:
    """The reading of a batch of one sequence, by the chosen modes and their conjugate partners."""
    phi = projections(operator, batch.values, batch.lengths)
    added = _added(operator, batch, drive)
    upper = _upper(operator)
    answers = _per_mode(operator, added, aimed)
    columns = np.isin(upper, close_under_conjugation(operator.eigenvalues, modes))
    held = _per_mode(operator, phi, aimed)[..., columns].sum(axis=-1)
    magnitude = total(operator, np.abs(phi), modes)
    shades = zip(
        UNSIGNED if aimed is None else SIGNED, (answers[..., columns].sum(axis=-1), held, magnitude), strict=True
    )
    written = slice(None, None, -1 if drive.backward else None)
    length = int(batch.lengths[0])
    network, alone = _evidence(operator, batch, modes, aimed)

    def in_order(values: np.ndarray | None) -> np.ndarray | None:
        return None if values is None else values[:length][written]

    return Reading(
        shades={name: in_order(values[0]) for name, values in shades},
        answers=in_order(answers[0]),
        left=in_order(_per_mode(operator, added * _kept(operator, added.shape[1], length), aimed)[0]),
        modes=upper,
        evidence=None if aimed is None else in_order(network @ aimed.weights),
        alone=None if aimed is None else in_order(alone @ aimed.weights),
        decided=_last(network, length),
        decided_alone=_last(alone, length),
    )


def step_effects(
    operator: Operator, batch: StateBatch, modes: Sequence[int], aimed: Aim | None, drive: Drive
) -> list[np.ndarray]:
    """The innovation shade [steps] of each sequence of a batch, at the cost of the chosen modes alone."""
    few = operator.restricted(modes)
    found = _per_mode(few, _added(few, batch, drive), aimed).sum(axis=-1)
    written = slice(None, None, -1 if drive.backward else None)
    return [row[:length][written] for row, length in zip(found, batch.lengths, strict=True)]


def decisive_mode(operator: Operator, aimed: Aim | None) -> tuple[int, float]:
    """The mode with the largest share of the evidence, or, without an aim, of the states; and that share."""
    shares = operator.shares if aimed is None else evidence_shares(operator, aimed.direction)
    return carrier(operator, shares)


def answering(reading: Reading, steps: Sequence[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Modes by what is left at the end of their answers to these steps together, the strongest first; their
    answers, and what is left of them."""
    answers, left = (np.nansum(values[list(steps)], axis=0) for values in (reading.answers, reading.left))
    order = np.argsort(-np.abs(left), kind="stable")
    return reading.modes[order], answers[order], left[order]


def tints(reading: Reading, measure: str) -> list[float]:
    """A shade of each step from -1 to 1, the strongest of the sequence at the end of the scale; 0 without a value."""
    values = np.nan_to_num(reading.shades[measure])
    return (values / max(np.abs(values).max(initial=0.0), np.finfo(float).tiny)).tolist()


def hints(words: Sequence[str], values: Sequence[float]) -> list[str]:
    """Each word with its place and its number, to be read beside it."""
    pairs = enumerate(zip(words, values, strict=True), start=1)
    return [f"{word[:60]}, word {place}: {signed(value)}" for place, (word, value) in pairs]


def answer_table(reading: Reading, steps: Sequence[int], spectrum: Spectrum) -> dict[str, list]:
    """Columns of the modes by how strongly they answer to these steps (none: to all), with what they are."""
    modes, answers, left = answering(reading, steps or range(len(reading.answers)))
    return {
        "mode": (modes + 1).tolist(),
        "answer": answers.tolist(),
        "left at the end": left.tolist(),
        "half-life, steps": spectrum.half_lives[modes].tolist(),
        "modulus": np.abs(spectrum.eigenvalues[modes]).tolist(),
        "id": [spectrum.ids[mode] for mode in modes],
    }


def _upper(operator: Operator) -> np.ndarray:
    """Each conjugate pair once."""
    return np.flatnonzero(operator.eigenvalues.imag >= 0)


def _added(operator: Operator, batch: StateBatch, drive: Drive) -> np.ndarray:
    inputs = batch.inputs if operator.input_matrix.shape[1] else None
    return innovations(operator, batch.values, batch.lengths, inputs, drive.mean_inputs, drive.from_zeros).whole


def _per_mode(operator: Operator, coordinates: np.ndarray, aimed: Aim | None) -> np.ndarray:
    """Effects, or without an aim contributions, [sequences steps representatives], both halves of a pair together."""
    upper = _upper(operator)
    if aimed is None:
        return contributions(operator, coordinates)[..., upper]
    halves = np.where(operator.eigenvalues[upper].imag > 0, 2, 1)
    return effects(operator, coordinates, aimed.direction)[..., upper] * halves


def _kept(operator: Operator, steps: int, length: int) -> np.ndarray:
    """What is left [steps rank] of something added to a mode, at the end of a sequence."""
    lags = np.maximum(length - 1 - np.arange(steps), 0) // operator.lag
    return operator.eigenvalues ** lags[:, None]


def _evidence(
    operator: Operator, batch: StateBatch, modes: Sequence[int], aimed: Aim | None
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Outputs [steps outputs] of the network and of the chosen modes alone, of the first sequence."""
    if aimed is None:
        return None, None
    units = batch.values.shape[2]
    stacked = windowed(batch.values, batch.lengths, None, operator.delays, None)[0][0]
    alone = batch.readout(operator.reconstruct(stacked, modes)[:, :units])
    late = np.full((operator.delays, alone.shape[1]), np.nan)
    return batch.readout(batch.values[0]), np.concatenate([late, alone])


def _last(outputs: np.ndarray | None, length: int) -> int | None:
    """The decision at the end; None where there is no output."""
    known = None if outputs is None or not length else outputs[length - 1 : length]
    return None if known is None or np.isnan(known).any() else int(decisions(known)[0])
