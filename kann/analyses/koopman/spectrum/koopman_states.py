"""KANN: the Koopman operator of a network's hidden states, with the controls that separate findings from
artefacts.

Source: Naiman and Azencot (2023), "An Operator Theoretic Approach for Analyzing Sequence Neural Networks".
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from kann.analyses.koopman.spectrum.settings import Drawn, Fit
from kann.analyses.koopman.spectrum.transitions import Transitions
from kann.analyses.koopman.spectrum.untrained import Twins, compare_with_untrained
from kann.errors import NotEnoughData, OutOfRange
from kann.numerics.attribution.evidence import decision_shares
from kann.numerics.moments.statistic import Statistic
from kann.numerics.operator.koopman import Operator
from kann.numerics.operator.matching import follow_mode, mode_id, parse_mode_id
from kann.numerics.operator.memory import frequency, half_life
from kann.numerics.prediction.reach import Reach, mode_reach
from kann.numerics.prediction.score import Explained, explained
from kann.numerics.uncertainty.bootstrap import Intervals, affordable_draws
from kann.numerics.uncertainty.trust import trust
from kann.records import Spectrum

_WITHOUT_INPUTS = "There are no inputs, or too many channels to sum: this is the fit without them."
_NONE_HELD_OUT = "No sequence of this class was held out: its scores are of the sequences that it was fitted to."


@dataclass(frozen=True)
class Result:
    """`accuracy` and `with_inputs` (R2 of the fit that knows the inputs; None where there are none) are
    measured on held-out sequences, or `in_sample`; `pairs` transitions were fitted. Where one class is, all of
    these are its own. `notes` say what was cut or could not be had."""

    operator: Operator
    spectrum: Spectrum
    accuracy: Explained
    with_inputs: float | None
    in_sample: bool
    pairs: int
    notes: tuple[str, ...]


def analyse(
    transitions: Transitions, settings: Drawn, twins: Twins | None = None, sampling_rate: float | None = None
) -> Result:
    """The operator of the summed transitions, its spectrum, scores and null models.

    Raises:
        OutOfRange: a rank or label that the transitions do not have.
        NotEnoughData: no transitions, or labels that were not kept apart.
    """
    fitted, scored = _views(transitions, settings)
    operator = fitted.solve(settings.rank, settings.intercept, settings.label)
    # The intervals in a second thread: on two cores a change of rank takes half the time.
    with ThreadPoolExecutor(1) as beside:
        drawn = beside.submit(_intervals, fitted, operator, settings)
        spectrum = _spectrum(operator, transitions, settings, twins)
        intervals, notes = drawn.result()
    driven, in_sample = transitions.fitted.moments.inputs > 0, scored is fitted
    return Result(
        operator=operator,
        spectrum=replace(_with_intervals(spectrum, intervals, operator.lag), sampling_rate=sampling_rate),
        accuracy=explained(operator, scored, settings.label),
        with_inputs=_with_inputs(transitions, settings, operator.rank) if driven else None,
        in_sample=in_sample,
        pairs=int(fitted.factors(settings.intercept, settings.label).pairs),
        notes=(
            *operator.notes,
            *notes,
            *([] if driven or not settings.inputs else [_WITHOUT_INPUTS]),
            *([_NONE_HELD_OUT] if in_sample and transitions.held_out else []),
        ),
    )


def follow(transitions: Transitions, settings: Fit, name: str, operator: Operator) -> int | None:
    """Index in the operator of the mode that an id names at its own rank; None where nothing continues it.

    Raises:
        OutOfRange: the name is no mode's id.
    """
    eigenvalue, rank = parse_mode_id(name)
    fitted, _ = _views(transitions, settings)
    if not 1 <= rank <= fitted.units:
        return None
    before = fitted.solve(rank, settings.intercept, settings.label)
    return follow_mode(fitted.factors(settings.intercept, settings.label), before, eigenvalue, operator)


def _views(transitions: Transitions, settings: Fit) -> tuple[Statistic, Statistic]:
    """What is fitted and what is scored, with or without the inputs that were summed along; where the class that is
    fitted has no held-out transition, both are one."""
    held = transitions.held_out
    scored = held if held and held.holds(settings.label) else transitions.fitted
    return tuple(part if settings.inputs else part.without_inputs for part in (transitions.fitted, scored))


def _with_inputs(transitions: Transitions, settings: Fit, rank: int) -> float:
    fitted, scored = _views(transitions, replace(settings, inputs=True))
    return explained(fitted.regress(rank, settings.intercept, settings.label), scored, settings.label).R2


def _intervals(fitted: Statistic, operator: Operator, settings: Drawn) -> tuple[Intervals | None, tuple[str, ...]]:
    samples = min(settings.samples, affordable_draws(fitted.units + fitted.moments.inputs))
    try:
        return fitted.bootstrap(operator.rank, samples, settings.seed, settings.intercept, settings.label), ()
    except NotEnoughData as reason:
        return None, (f"No intervals: {reason}",)


def _spectrum(operator: Operator, transitions: Transitions, settings: Fit, twins: Twins | None) -> Spectrum:
    """All but the intervals, which are unknown so far."""
    values, unknown = operator.eigenvalues, np.full(operator.rank, np.nan)
    reach = _reach(operator, transitions, settings)
    return Spectrum(
        eigenvalues=values,
        ids=tuple(mode_id(value, operator.rank) for value in values),
        residuals=operator.residuals,
        condition=operator.condition,
        shares=operator.shares,
        half_lives=half_life(values) * operator.lag,
        frequencies=frequency(values) / operator.lag,
        trust=unknown,
        standard_error=unknown,
        modulus_low=unknown,
        modulus_high=unknown,
        covariance=np.full((operator.rank, 2, 2), np.nan),
        half_life_low=unknown,
        half_life_high=unknown,
        decision_shares=unknown if transitions.gradient is None else decision_shares(operator, transitions.gradient),
        predicts=unknown if reach is None else reach.predicts,
        size_reach=unknown if reach is None else reach.size,
        rhythm_reach=unknown if reach is None else reach.rhythm,
        longest=transitions.longest,
        untrained=None if twins is None else compare_with_untrained(values, twins, transitions.longest, operator.lag),
    )


def _with_intervals(spectrum: Spectrum, intervals: Intervals | None, lag: int) -> Spectrum:
    if intervals is None:
        return spectrum
    low, high = intervals.modulus_low, intervals.modulus_high
    return replace(
        spectrum,
        trust=trust(spectrum.eigenvalues, intervals.covariance),
        standard_error=intervals.standard_error,
        modulus_low=low,
        modulus_high=high,
        covariance=intervals.covariance,
        half_life_low=half_life(low.astype(complex)) * lag,
        half_life_high=half_life(high.astype(complex)) * lag,
    )


def _reach(operator: Operator, transitions: Transitions, settings: Fit) -> Reach | None:
    """How far the modes' eigenvalues predict them; None where the fit knows the inputs, which are not summed over
    several steps, or the sequences of a label were not kept apart."""
    if operator.input_matrix.shape[1] or not transitions.further:
        return None
    try:
        return mode_reach(operator, transitions.further, settings.label)
    except (OutOfRange, NotEnoughData):
        return None
