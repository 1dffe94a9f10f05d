"""States pass by, once: every way to fit is scored and rolled out on them, for the controls beside a fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np

from kann.analyses.koopman.controls.measured import OTHER_INTERCEPT, OWN, SHUFFLED, TWIN, Controls, Fits, Settings
from kann.analyses.koopman.spectrum.transitions import Settings as FitSettings
from kann.analyses.koopman.spectrum.transitions import Transitions
from kann.numerics.moments.statistic import Statistic
from kann.numerics.moments.summarise import summarise
from kann.numerics.operator.regression import Regression
from kann.numerics.prediction.agreement import Decide, read_decisions
from kann.numerics.prediction.roll_outs import RollingOut, RollOuts
from kann.numerics.prediction.score import Score, Scoring, explained
from kann.records import StateBatch

# Moduli that are kept of each fit.
_LEADING = 8


@dataclass(frozen=True)
class Fit:
    """One way to fit, under its name."""

    kind: str
    inputs: bool
    regression: Regression
    seed: int = -1

    @property
    def moduli(self) -> np.ndarray:
        """The largest moduli, NaN where the rank is smaller."""
        found = np.sort(np.abs(np.linalg.eigvals(self.regression.matrix)))[::-1][:_LEADING]
        return np.pad(found, (0, _LEADING - len(found)), constant_values=np.nan)


def own_fits(fitted: Statistic, operator: Regression, settings: FitSettings) -> list[Fit]:
    """The fit on screen, the one that knows or does not know the inputs, and the one with or without an intercept."""
    driven = operator.input_matrix.shape[1] > 0
    found = [Fit(OWN, driven, operator)]
    for inputs in {False, fitted.moments.inputs > 0} - {driven}:
        seen = fitted if inputs else fitted.without_inputs
        found.append(Fit(OWN, inputs, seen.regress(operator.rank, settings.intercept, settings.label)))
    view = fitted if driven else fitted.without_inputs
    contrast = view.regress(operator.rank, not settings.intercept, settings.label)
    return [*found, Fit(OTHER_INTERCEPT[settings.intercept], driven, contrast)]


def twin_fits(twin: Transitions, seed: int, rank: int, settings: FitSettings) -> list[Fit]:
    """A twin's fits at a rank, of the class that is fitted, without and with inputs."""
    views = {False: twin.fitted.without_inputs, twin.fitted.moments.inputs > 0: twin.fitted}
    return [
        Fit(TWIN, inputs, view.regress(min(rank, view.units), settings.intercept, settings.label), seed)
        for inputs, view in views.items()
    ]


def shuffled(batches: Iterable[StateBatch], seed: int) -> Iterator[StateBatch]:
    """The same states, each sequence's true steps in a random order; nothing else comes along."""
    random = np.random.default_rng(seed)
    for batch in batches:
        values = np.zeros_like(batch.values)
        for row, length in enumerate(batch.lengths):
            values[row, :length] = batch.values[row, random.permutation(int(length))]
        yield StateBatch(values, batch.lengths)


class Pass:
    """One pass over states that scores several fits, and rolls some of them out, as the batches go by."""

    def __init__(
        self,
        fits: Sequence[Fit],
        settings: FitSettings,
        horizons: Sequence[int] = (),
        decide: Decide = read_decisions,
        rolled: Sequence[Fit] = (),
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


def row(fit: Fit, held: Score, in_sample: Score | float) -> dict:
    """A fit's row of `Fits`; `in_sample` its score there, or its R2 alone."""
    before = in_sample if isinstance(in_sample, Score) else None
    return {
        "kinds": fit.kind,
        "inputs": fit.inputs,
        "seeds": fit.seed,
        "e_rel": held.e_rel,
        "R2": held.R2,
        "agreement": _known(held.agreement),
        "agreement_steps": _known(held.agreement_steps),
        "in_sample_e_rel": before.e_rel if before else np.nan,
        "in_sample_R2": before.R2 if before else in_sample,
        "in_sample_agreement": _known(before.agreement) if before else np.nan,
        "persistence_e_rel": held.persistence.e_rel,
        "persistence_R2": held.persistence.R2,
        "persistence_agreement": _known(held.persistence.agreement),
        "mean_e_rel": held.mean.e_rel,
        "mean_R2": held.mean.R2,
        "mean_agreement": _known(held.mean.agreement),
        "moduli": fit.moduli,
    }


def as_fits(rows: Sequence[dict]) -> Fits:
    """Rows, one under the other."""
    return Fits(**{field.name: np.array([row[field.name] for row in rows]) for field in fields(Fits)})


@dataclass(frozen=True)
class Examined:
    """What passes over one network gave: rows of `Fits`, and roll-outs without and, where there are any, with
    inputs: over states that were not fitted, and (`inside`) over those that were."""

    rows: tuple[dict, ...]
    roll_outs: tuple[RollOuts, ...]
    inside: tuple[RollOuts, ...] = ()


def examine_network(
    sums: Transitions,
    operator: Regression,
    fitted: Iterable[StateBatch],
    held: Iterable[StateBatch],
    settings: FitSettings,
    asked: Settings,
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
    mixed = summarise(shuffled(inside.watch(fitted), asked.seed), settings.lag, settings.delays, steps=settings.steps)
    mix = Fit(SHUFFLED, False, mixed.regress(operator.rank, settings.intercept))
    outside = Pass(fits, settings, asked.horizons, decide, rolled)
    (mixed_score,) = Pass([mix], settings).run(shuffled(outside.watch(held), asked.seed + 1)).scores
    rows = [row(*scored) for scored in zip(fits, outside.scores, inside.scores, strict=True)]
    rows.append(row(mix, mixed_score, explained(mix.regression, mixed).R2))
    return Examined(tuple(rows), tuple(outside.roll_outs), tuple(inside.roll_outs))


def examine_twin(
    twin: Transitions, held: Iterable[StateBatch], seed: int, rank: int, settings: FitSettings, asked: Settings
) -> Examined:
    """One untrained twin: one pass over the states that its sums left out.

    Raises:
        NotEnoughData: no sequence holds a transition.
    """
    fits = twin_fits(twin, seed, rank, settings)
    seen = Pass(fits, settings, asked.horizons, rolled=fits[:1]).run(held)
    views = [twin.fitted if fit.inputs else twin.fitted.without_inputs for fit in fits]
    inside = [explained(fit.regression, view, settings.label).R2 for fit, view in zip(fits, views, strict=True)]
    rows = [row(*scored) for scored in zip(fits, seen.scores, inside, strict=True)]
    return Examined(tuple(rows), tuple(seen.roll_outs))


def on_horizons(found: RollOuts, horizons: np.ndarray) -> np.ndarray:
    """e_rel at these horizons, NaN where no sequence is long enough."""
    known = dict(zip(found.horizons.tolist(), found.e_rel.tolist(), strict=True))
    return np.array([known.get(horizon, np.nan) for horizon in horizons.tolist()])


def gather(own: Examined, twins: Sequence[Examined], **about) -> Controls:
    """All of it as one record; `about` are the remaining fields of `Controls`."""
    rows = [*own.rows, *(found for twin in twins for found in twin.rows)]
    alone, driven = _both(own.roll_outs)
    alone_inside, driven_inside = _both(own.inside)
    twin_e_rel = [on_horizons(twin.roll_outs[0], alone.horizons) for twin in twins]
    return Controls(
        fits=as_fits(rows),
        roll_outs=alone,
        driven_roll_outs=driven,
        in_sample_roll_outs=alone_inside,
        in_sample_driven_roll_outs=driven_inside,
        twin_e_rel=np.array(twin_e_rel).reshape(len(twins), len(alone.horizons)),
        **about,
    )


def _both(found: tuple[RollOuts, ...]) -> tuple[RollOuts, RollOuts | None]:
    """Roll-outs without inputs, and with them where there are any."""
    return found[0], found[1] if len(found) > 1 else None


def _known(value: float | None) -> float:
    return np.nan if value is None else value
