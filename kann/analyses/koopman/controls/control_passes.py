"""Scores and roll-outs of several fits in one pass over states, for the controls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from kann.analyses.koopman.controls.measured import (
    OTHER_INTERCEPT,
    OWN,
    SHUFFLED,
    TWIN,
    Controls,
    ControlSettings,
    MeasuredFit,
    Tried,
)
from kann.analyses.koopman.spectrum.settings import Fit
from kann.analyses.koopman.spectrum.transitions import Transitions
from kann.numerics.moments.statistic import Statistic
from kann.numerics.moments.summarise import summarise
from kann.numerics.operator.regression import Regression
from kann.numerics.prediction.agreement import Decide, read_decisions
from kann.numerics.prediction.roll_outs import RollingOut, RollOuts
from kann.numerics.prediction.score import Accuracy, Score, Scoring, explained
from kann.records import StateBatch

# Moduli that are kept of each fit.
_LEADING = 8


@dataclass(frozen=True)
class FitVariant:
    """One way to fit the same states, with its `kind` (OWN, TWIN, SHUFFLED, or one of OTHER_INTERCEPT), whether it
    knows the `inputs`, and the `seed` of a twin."""

    kind: str
    inputs: bool
    regression: Regression
    seed: int | None = None

    @property
    def moduli(self) -> Float[np.ndarray, " leading"]:
        """The largest moduli, NaN where the rank is smaller."""
        found = np.sort(np.abs(np.linalg.eigvals(self.regression.matrix)))[::-1][:_LEADING]
        return np.pad(found, (0, _LEADING - len(found)), constant_values=np.nan)


def own_fits(fitted: Statistic, operator: Regression, settings: Fit) -> list[FitVariant]:
    """The fit on screen, the one that knows or does not know the inputs, and the one with or without an intercept."""
    driven = operator.input_matrix.shape[1] > 0
    found = [FitVariant(OWN, driven, operator)]
    for inputs in {False, fitted.moments.inputs > 0} - {driven}:
        seen = fitted if inputs else fitted.without_inputs
        found.append(FitVariant(OWN, inputs, seen.regress(operator.rank, settings.intercept, settings.label)))
    view = fitted if driven else fitted.without_inputs
    contrast = view.regress(operator.rank, not settings.intercept, settings.label)
    return [*found, FitVariant(OTHER_INTERCEPT[settings.intercept], driven, contrast)]


def twin_fits(twin: Transitions, seed: int, rank: int, settings: Fit) -> list[FitVariant]:
    """A twin's fits at a rank, of the class that is fitted, without and with inputs."""
    views = {False: twin.fitted.without_inputs, twin.fitted.moments.inputs > 0: twin.fitted}
    return [
        FitVariant(TWIN, inputs, view.regress(min(rank, view.units), settings.intercept, settings.label), seed)
        for inputs, view in views.items()
    ]


def shuffled(batches: Iterable[StateBatch], seed: int) -> Iterator[StateBatch]:
    """The states with the true steps of each sequence in random order, without inputs and read-out."""
    random = np.random.default_rng(seed)
    for batch in batches:
        values = np.zeros_like(batch.values)
        for row, length in enumerate(batch.lengths):
            values[row, :length] = batch.values[row, random.permutation(int(length))]
        yield StateBatch(values, batch.lengths)


class Pass:
    """One pass over states that scores several fits and rolls out some of them."""

    def __init__(
        self,
        fits: Sequence[FitVariant],
        settings: Fit,
        horizons: Sequence[int] = (),
        decide: Decide = read_decisions,
        rolled: Sequence[FitVariant] = (),
    ):
        self._scorings = [Scoring(fit.regression, decide, settings.steps) for fit in fits]
        self._rolling = [RollingOut(fit.regression, horizons, decide, settings.steps) for fit in rolled]

    def watch(self, batches: Iterable[StateBatch]) -> Iterator[StateBatch]:
        for batch in batches:
            for part in (*self._scorings, *self._rolling):
                part.add(batch)
            yield batch

    def run(self, batches: Iterable[StateBatch]) -> Pass:
        for _ in self.watch(batches):
            pass
        return self

    @property
    def scores(self) -> list[Score]:
        return [scoring.score() for scoring in self._scorings]

    @property
    def roll_outs(self) -> list[RollOuts]:
        return [rolling.roll_outs() for rolling in self._rolling]


def measured(fit: FitVariant, held_out: Score, in_sample: Accuracy) -> MeasuredFit:
    return MeasuredFit(
        kind=fit.kind,
        inputs=fit.inputs,
        seed=fit.seed,
        held_out=held_out.own,
        in_sample=in_sample,
        persistence=held_out.persistence,
        mean=held_out.mean,
        moduli=fit.moduli,
    )


def by_sums(regression: Regression, fitted: Statistic, label=None) -> Accuracy:
    """Accuracy of a fit on its own transitions, as far as their sums define it."""
    return Accuracy(np.nan, explained(regression, fitted, label).R2)


@dataclass(frozen=True)
class SplitStates:
    """The states of the fitted sequences and of those held out; each is read once."""

    fitted: Iterable[StateBatch]
    held_out: Iterable[StateBatch]


@dataclass(frozen=True)
class Examined:
    """Results of the passes over one network: its fits, and roll-outs without and, where there are any, with inputs:
    over states that were not fitted, and (`inside`) over those that were."""

    fits: tuple[MeasuredFit, ...]
    roll_outs: tuple[RollOuts, ...]
    inside: tuple[RollOuts, ...] = ()


def examine_network(
    sums: Transitions,
    operator: Regression,
    states: SplitStates,
    settings: Fit,
    asked: ControlSettings,
    decide: Decide | None = None,
) -> Examined:
    """The trained network: two passes, over fitted and held-out states; `sums` are those that gave the operator;
    `decide` takes the place of a read-out.

    Raises:
        NotEnoughData: no sequence holds a transition.
    """
    fits = own_fits(sums.fitted, operator, settings)
    rolled = sorted((fit for fit in fits if fit.kind == OWN), key=lambda fit: fit.inputs)
    decide = decide or read_decisions
    inside = Pass(fits, settings, asked.horizons, decide, rolled)
    mixed = summarise(
        shuffled(inside.watch(states.fitted), asked.seed), settings.lag, settings.delays, steps=settings.steps
    )
    mix = FitVariant(SHUFFLED, False, mixed.regress(operator.rank, settings.intercept))
    outside = Pass(fits, settings, asked.horizons, decide, rolled)
    (mixed_score,) = Pass([mix], settings).run(shuffled(outside.watch(states.held_out), asked.seed + 1)).scores
    found = [
        measured(fit, out, within.own) for fit, out, within in zip(fits, outside.scores, inside.scores, strict=True)
    ]
    found.append(measured(mix, mixed_score, by_sums(mix.regression, mixed)))
    return Examined(tuple(found), tuple(outside.roll_outs), tuple(inside.roll_outs))


def examine_twin(
    twin: Transitions, held: Iterable[StateBatch], seed: int, rank: int, settings: Fit, asked: ControlSettings
) -> Examined:
    """One untrained twin: one pass over its held-out states.

    Raises:
        NotEnoughData: no sequence holds a transition.
    """
    fits = twin_fits(twin, seed, rank, settings)
    seen = Pass(fits, settings, asked.horizons, rolled=fits[:1]).run(held)
    views = [twin.fitted if fit.inputs else twin.fitted.without_inputs for fit in fits]
    found = [
        measured(fit, score, by_sums(fit.regression, view, settings.label))
        for fit, score, view in zip(fits, seen.scores, views, strict=True)
    ]
    return Examined(tuple(found), tuple(seen.roll_outs))


def on_horizons(found: RollOuts, horizons: np.ndarray) -> np.ndarray:
    """e_rel at these horizons, NaN where no sequence is long enough."""
    known = dict(zip(found.horizons.tolist(), found.e_rel.tolist(), strict=True))
    return np.array([known.get(horizon, np.nan) for horizon in horizons.tolist()])


def gather(own: Examined, twins: Sequence[Examined], tried: Tried) -> Controls:
    """All of it as one record."""
    alone, driven = _both(own.roll_outs)
    alone_inside, driven_inside = _both(own.inside)
    twin_e_rel = [on_horizons(twin.roll_outs[0], alone.horizons) for twin in twins]
    return Controls(
        **vars(tried),
        fits=tuple(fit for network in (own, *twins) for fit in network.fits),
        roll_outs=alone,
        driven_roll_outs=driven,
        in_sample_roll_outs=alone_inside,
        in_sample_driven_roll_outs=driven_inside,
        twin_e_rel=np.array(twin_e_rel).reshape(len(twins), len(alone.horizons)),
    )


def _both(found: tuple[RollOuts, ...]) -> tuple[RollOuts, RollOuts | None]:
    """Roll-outs without inputs, and with them where there are any."""
    return found[0], found[1] if len(found) > 1 else None
