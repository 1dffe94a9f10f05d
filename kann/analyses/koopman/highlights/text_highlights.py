"""One sequence step by step: the effect of each step on chosen modes, and the decision after each step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from kann.analyses.wording import signed
from kann.numerics.attribution.evidence import evidence_shares, largest_share
from kann.numerics.attribution.highlights import contributions, effects, innovations, projections, total
from kann.numerics.moments.summarise import windowed
from kann.numerics.operator.eigenpairs import close_under_conjugation
from kann.numerics.operator.koopman import Operator
from kann.numerics.prediction.decisions import decisions, evidence_weights
from kann.records import Spectrum, StateBatch

# What a step can be shaded by, the default first: along a read-out, and without one.
SIGNED = ("innovation", "signed projection", "magnitude")
UNSIGNED = ("innovation", "contribution", "magnitude")


@dataclass(frozen=True)
class Target:
    """The class of number `index` as the target of an attribution. Its evidence is the sum of the outputs weighted by
    `weights` [outputs]; `direction` [units] is the gradient of that evidence in the states, 0 for delayed copies."""

    index: int
    weights: Float[np.ndarray, " outputs"]
    direction: Float[np.ndarray, " units"]


@dataclass(frozen=True)
class Unrolling:
    """How the states were unrolled: the inputs' mean over the fitted transitions (None: over the sequence itself),
    whether the network started from zeros, and whether it reads from the last step to the first."""

    mean_inputs: Float[np.ndarray, " inputs"] | None = None
    from_zeros: bool = True
    backward: bool = False


@dataclass(frozen=True)
class TextReading:
    """One sequence, step by step, in the order of the data.

    `shades` [steps] by measure (SIGNED or UNSIGNED), of the chosen modes together; signed ones are positive where they
    favour the target. `effects` [steps representatives]: what each step adds to each mode, a conjugate pair in one
    column, `modes` their indices; on the target's evidence, or unsigned. `effects_at_end`: what the mode's dynamics
    leave of that at the end of the sequence; large effects on fast modes cancel within a few steps. `evidence`
    [steps] for the target after each step, `alone` that of the chosen modes alone, `decided` and `decided_alone` the
    classes at the end; None without a target. NaN where a step has no value.
    """

    shades: Mapping[str, Float[np.ndarray, " steps"]]
    effects: Float[np.ndarray, "steps representatives"]
    effects_at_end: Float[np.ndarray, "steps representatives"]
    modes: Int[np.ndarray, " representatives"]
    evidence: Float[np.ndarray, " steps"] | None
    alone: Float[np.ndarray, " steps"] | None
    decided: int | None
    decided_alone: int | None

    @property
    def signed(self) -> bool:
        return self.evidence is not None


def class_target(gradient: Float[np.ndarray, "outputs units"], index: int, delays: int) -> Target:
    """The class of this number as a target, from the read-out's gradient; of stacked states it reads the newest.

    Raises:
        OutOfRange: there is no such class.
    """
    weights = evidence_weights(len(gradient), index)
    direction = np.zeros(gradient.shape[1] * (delays + 1))
    direction[: gradient.shape[1]] = weights @ gradient
    return Target(index, weights, direction)


def read(
    operator: Operator, batch: StateBatch, modes: Sequence[int], target: Target | None, unrolling: Unrolling
) -> TextReading:
    """The reading of a batch of one sequence by the chosen modes and their conjugate partners."""
    phi = projections(operator, batch.values, batch.lengths)
    added = _added(operator, batch, unrolling)
    upper = _upper(operator)
    of_steps = _per_mode(operator, added, target)
    columns = np.isin(upper, close_under_conjugation(operator.eigenvalues, modes))
    held = _per_mode(operator, phi, target)[..., columns].sum(axis=-1)
    magnitude = total(operator, np.abs(phi), modes)
    shades = zip(
        UNSIGNED if target is None else SIGNED, (of_steps[..., columns].sum(axis=-1), held, magnitude), strict=True
    )
    order = slice(None, None, -1 if unrolling.backward else None)
    length = int(batch.lengths[0])
    network, alone = _evidence(operator, batch, modes, target)

    def in_order(values: np.ndarray | None) -> np.ndarray | None:
        return None if values is None else values[:length][order]

    return TextReading(
        shades={name: in_order(values[0]) for name, values in shades},
        effects=in_order(of_steps[0]),
        effects_at_end=in_order(_per_mode(operator, added * _kept(operator, added.shape[1], length), target)[0]),
        modes=upper,
        evidence=None if target is None else in_order(network @ target.weights),
        alone=None if target is None else in_order(alone @ target.weights),
        decided=_last(network, length),
        decided_alone=_last(alone, length),
    )


def step_effects(
    operator: Operator, batch: StateBatch, modes: Sequence[int], target: Target | None, unrolling: Unrolling
) -> list[np.ndarray]:
    """The innovation shade [steps] of each sequence of a batch, at the cost of the chosen modes alone."""
    few = operator.restricted(modes)
    found = _per_mode(few, _added(few, batch, unrolling), target).sum(axis=-1)
    order = slice(None, None, -1 if unrolling.backward else None)
    return [row[:length][order] for row, length in zip(found, batch.lengths, strict=True)]


def decisive_mode(operator: Operator, target: Target | None) -> tuple[int, float]:
    """The mode with the largest share of the evidence, or, without a target, of the states; and that share."""
    shares = operator.shares if target is None else evidence_shares(operator, target.direction)
    return largest_share(operator, shares)


def strongest_modes(reading: TextReading, steps: Sequence[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Modes by the effect of these steps that is left at the end of the sequence, the largest first; the effects of
    the steps on them, and at the end."""
    summed = (np.nansum(values[list(steps)], axis=0) for values in (reading.effects, reading.effects_at_end))
    added, at_end = summed
    order = np.argsort(-np.abs(at_end), kind="stable")
    return reading.modes[order], added[order], at_end[order]


def relative_shades(reading: TextReading, measure: str) -> list[float]:
    """The shade of each step over the largest of the sequence, -1 to 1; 0 without a value."""
    values = np.nan_to_num(reading.shades[measure])
    return (values / max(np.abs(values).max(initial=0.0), np.finfo(float).tiny)).tolist()


def word_labels(words: Sequence[str], values: Sequence[float]) -> list[str]:
    """Each word with its position and its value, for the tooltip."""
    pairs = enumerate(zip(words, values, strict=True), start=1)
    return [f"{word[:60]}, word {place}: {signed(value)}" for place, (word, value) in pairs]


def effect_table(reading: TextReading, steps: Sequence[int], spectrum: Spectrum) -> dict[str, list]:
    """Columns by name: the modes by the effect of these steps on them (none: of all steps), with their half-lives."""
    modes, added, at_end = strongest_modes(reading, steps or range(len(reading.effects)))
    return {
        "mode": (modes + 1).tolist(),
        "effect": added.tolist(),
        "effect at the end": at_end.tolist(),
        "half-life, steps": spectrum.half_lives[modes].tolist(),
        "modulus": np.abs(spectrum.eigenvalues[modes]).tolist(),
        "id": [spectrum.ids[mode] for mode in modes],
    }


def _upper(operator: Operator) -> np.ndarray:
    """Each conjugate pair once."""
    return np.flatnonzero(operator.eigenvalues.imag >= 0)


def _added(operator: Operator, batch: StateBatch, unrolling: Unrolling) -> np.ndarray:
    inputs = batch.inputs if operator.input_matrix.shape[1] else None
    return innovations(operator, batch.values, batch.lengths, inputs, unrolling.mean_inputs, unrolling.from_zeros).whole


def _per_mode(operator: Operator, coordinates: np.ndarray, target: Target | None) -> np.ndarray:
    """Effects, or without a target contributions, [sequences steps representatives], both halves of a pair together."""
    upper = _upper(operator)
    if target is None:
        return contributions(operator, coordinates)[..., upper]
    halves = np.where(operator.eigenvalues[upper].imag > 0, 2, 1)
    return effects(operator, coordinates, target.direction)[..., upper] * halves


def _kept(operator: Operator, steps: int, length: int) -> np.ndarray:
    """Powers of the eigenvalues [steps rank]: what is left at the end of a sequence of what a step added to a mode."""
    lags = np.maximum(length - 1 - np.arange(steps), 0) // operator.lag
    return operator.eigenvalues ** lags[:, None]


def _evidence(
    operator: Operator, batch: StateBatch, modes: Sequence[int], target: Target | None
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Outputs [steps outputs] for the first sequence, from the states and from the chosen modes alone."""
    if target is None:
        return None, None
    units = batch.values.shape[2]
    stacked = windowed(batch.values, batch.lengths, None, operator.delays, None)[0][0]
    alone = batch.readout(operator.reconstruct(stacked, modes)[:, :units])
    late = np.full((operator.delays, alone.shape[1]), np.nan)
    return batch.readout(batch.values[0]), np.concatenate([late, alone])


def _last(outputs: np.ndarray | None, length: int) -> int | None:
    """The decision at the last step; None where there is no output."""
    known = None if outputs is None or not length else outputs[length - 1 : length]
    return None if known is None or np.isnan(known).any() else int(decisions(known)[0])
