"""KANN: the Koopman operator of a network's hidden states, beside the controls that tell a finding from
an artefact.

Source: Naiman and Azencot (2023), "An Operator Theoretic Approach for Analyzing Sequence Neural Networks".
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from kann.analyses.transitions import Settings, Transitions
from kann.errors import NotEnoughData
from kann.numerics.bootstrap import Intervals, affordable_draws
from kann.numerics.matching import follow_mode, mode_id, parse_mode_id
from kann.numerics.memory import frequency, half_life
from kann.numerics.operator import Operator
from kann.numerics.score import Explained, explained
from kann.numerics.statistic import Statistic
from kann.numerics.trust import inside_ellipse, trust
from kann.records import Spectrum

_WITHOUT_INPUTS = "The inputs are none, or too many to be summed along: this is the fit without them."
_NONE_HELD_OUT = "No sequence of this class was held out: its scores are of the sequences that it was fitted to."
_NO_TWIN = "No untrained twin to compare with: none of the sequences that the twins read can be fitted in this class."


@dataclass(frozen=True)
class Twins:
    """The same network with fresh weights, once a seed: all `eigenvalues`, `seeds` [eigenvalues] whose they
    are, and the R2 of each twin's own operator on its own held-out states."""

    eigenvalues: np.ndarray
    seeds: np.ndarray
    R2: np.ndarray

    @property
    def median(self) -> float:
        """Of the twins' R2; NaN where there are none (states without a network)."""
        return float(np.median(self.R2)) if len(self.R2) else float("nan")


@dataclass(frozen=True)
class Result:
    """`accuracy` and `with_inputs` (R2 of the fit that knows the inputs; None where there are none) are
    measured on held-out sequences, or `in_sample`; `pairs` transitions were fitted. Where one class is, all of
    these are its own. `twins` is None until they have been computed. `notes` say what was cut or could not be had."""

    operator: Operator
    spectrum: Spectrum
    accuracy: Explained
    with_inputs: float | None
    in_sample: bool
    twins: Twins | None
    pairs: int
    notes: tuple[str, ...]


def analyse(
    transitions: Transitions,
    settings: Settings,
    twins: Sequence[Transitions] | None = None,
    sampling_rate: float | None = None,
) -> Result:
    """The operator of the summed transitions and all that is shown beside it.

    Raises:
        OutOfRange: a rank or label that the transitions do not have.
        NotEnoughData: no transitions, or labels that were not kept apart.
    """
    fitted, scored = _views(transitions, settings)
    operator = fitted.solve(settings.rank, settings.intercept, settings.label)
    # The twins beside the bootstrap: two cores halve what a rank move waits for.
    with ThreadPoolExecutor(1) as beside:
        comparison = None if twins is None else beside.submit(_compare, twins, settings, operator.rank)
        intervals, notes = _intervals(fitted, operator, settings)
        compared = None if comparison is None else comparison.result()
    driven, in_sample = transitions.fitted.moments.inputs > 0, scored is fitted
    return Result(
        operator=operator,
        spectrum=_spectrum(operator, intervals, compared, sampling_rate),
        accuracy=explained(operator, scored, settings.label),
        with_inputs=_with_inputs(transitions, settings, operator.rank) if driven else None,
        in_sample=in_sample,
        twins=compared,
        pairs=int(fitted.factors(settings.intercept, settings.label).pairs),
        notes=(
            *operator.notes,
            *notes,
            *([] if driven or not settings.inputs else [_WITHOUT_INPUTS]),
            *([_NONE_HELD_OUT] if in_sample and transitions.held_out else []),
            *([_NO_TWIN] if twins and not len(compared.R2) and settings.label is not None else []),
        ),
    )


def follow(transitions: Transitions, settings: Settings, name: str, result: Result) -> int | None:
    """Index in the result of the mode that an id names at its own rank; None where nothing continues it.

    Raises:
        OutOfRange: the name is no mode's id.
    """
    eigenvalue, rank = parse_mode_id(name)
    fitted, _ = _views(transitions, settings)
    if not 1 <= rank <= fitted.units:
        return None
    before = fitted.solve(rank, settings.intercept, settings.label)
    return follow_mode(fitted.factors(settings.intercept, settings.label), before, eigenvalue, result.operator)


def _views(transitions: Transitions, settings: Settings) -> tuple[Statistic, Statistic]:
    """What is fitted and what is scored, with or without the inputs that were summed along; where the class that is
    fitted has no held-out transition, both are one."""
    held = transitions.held_out
    scored = held if held and held.holds(settings.label) else transitions.fitted
    return tuple(part if settings.inputs else part.without_inputs for part in (transitions.fitted, scored))


def _with_inputs(transitions: Transitions, settings: Settings, rank: int) -> float:
    fitted, scored = _views(transitions, replace(settings, inputs=True))
    return explained(fitted.regress(rank, settings.intercept, settings.label), scored, settings.label).R2


def _intervals(fitted: Statistic, operator: Operator, settings: Settings) -> tuple[Intervals | None, tuple[str, ...]]:
    samples = min(settings.samples, affordable_draws(fitted.units))
    try:
        return fitted.bootstrap(operator.rank, samples, settings.seed, settings.intercept, settings.label), ()
    except NotEnoughData as reason:
        return None, (f"No intervals: {reason}",)


def _compare(twins: Sequence[Transitions], settings: Settings, rank: int) -> Twins:
    """Twins at the operator's rank, on sequences of the same class. One whose states never change, such as a network
    of dead ReLUs, or that has read none of the class, is left out."""
    values, R2 = [], []
    for fitted, scored in (_views(twin, settings) for twin in twins):
        if not fitted.holds(settings.label):
            continue
        try:
            regression = fitted.regress(min(rank, fitted.units), settings.intercept, settings.label)
        except NotEnoughData:
            continue
        values.append(np.linalg.eigvals(regression.matrix))
        R2.append(explained(regression, scored, settings.label).R2)
    seeds = np.repeat(np.arange(len(values)), [len(found) for found in values])
    return Twins(np.concatenate([*values, np.zeros(0, complex)]), seeds, np.array(R2))


def _spectrum(
    operator: Operator, intervals: Intervals | None, twins: Twins | None, sampling_rate: float | None
) -> Spectrum:
    values, unknown = operator.eigenvalues, np.full(operator.rank, np.nan)
    others = np.zeros(0, complex) if twins is None else twins.eigenvalues
    low, high = (unknown, unknown) if intervals is None else (intervals.modulus_low, intervals.modulus_high)
    covariance = np.full((operator.rank, 2, 2), np.nan) if intervals is None else intervals.covariance
    return Spectrum(
        eigenvalues=values,
        ids=tuple(mode_id(value, operator.rank) for value in values),
        residuals=operator.residuals,
        condition=operator.condition,
        shares=operator.shares,
        half_lives=half_life(values) * operator.lag,
        frequencies=frequency(values) / operator.lag,
        trust=unknown if intervals is None else trust(values, intervals.standard_error),
        standard_error=unknown if intervals is None else intervals.standard_error,
        modulus_low=low,
        modulus_high=high,
        covariance=covariance,
        in_twins=_in_twins(values, covariance, twins),
        twins=0 if twins is None else len(twins.R2),
        twin_eigenvalues=others,
        twin_half_lives=half_life(others) * operator.lag,
        twin_frequencies=frequency(others) / operator.lag,
        half_life_low=low if intervals is None else half_life(low.astype(complex)) * operator.lag,
        half_life_high=high if intervals is None else half_life(high.astype(complex)) * operator.lag,
        sampling_rate=sampling_rate,
    )


def _in_twins(values: np.ndarray, covariance: np.ndarray, twins: Twins | None) -> np.ndarray:
    """How many twins have an eigenvalue inside each mode's 95 % ellipse."""
    if twins is None or not len(twins.eigenvalues) or np.isnan(covariance).any():
        return np.zeros(len(values), dtype=np.int64)
    inside = inside_ellipse(twins.eigenvalues, values, covariance)
    return sum(inside[:, twins.seeds == seed].any(axis=1).astype(np.int64) for seed in np.unique(twins.seeds))
