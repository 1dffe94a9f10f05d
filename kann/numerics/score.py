"""The second pass: how well an operator predicts states that it was, or was not, fitted on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from kann.errors import NotEnoughData
from kann.numerics.regression import Regression
from kann.numerics.statistic import Statistic
from kann.numerics.summarise import windowed

# States with a smaller squared norm have no relative error.
_SILENT = 1e-6


@dataclass(frozen=True)
class Accuracy:
    """One-step prediction: `e_rel` the mean over transitions of ||error||^2 / ||state||^2 (a mean of
    SQUARED ratios; Naiman and Azencot (2023), Eq. 12), `R2` the explained share of the later states'
    variance."""

    e_rel: float
    R2: float


@dataclass(frozen=True)
class Score:
    """The operator's accuracy beside those of two predictors that know nothing of dynamics:
    `persistence` (the state stays) and `mean` (always the mean state)."""

    e_rel: float
    R2: float
    persistence: Accuracy
    mean: Accuracy
    transitions: int
    sequences: int


def score(operator: Regression, batches: Iterable) -> Score:
    """Scores one-step predictions (a lag ahead) from the true states, over all transitions.

    The mean is the operator's own, so that `mean.R2` on held-out sequences can fall below 0.

    Raises:
        NotEnoughData: no sequence holds a transition, or inputs that the operator was fitted with are missing.
    """
    errors = {name: np.zeros(2) for name in ("operator", "persistence", "mean")}
    moments, sequences = _Spread(), 0
    counted = 0
    for batch in batches:
        if operator.input_matrix.shape[1] and batch.inputs is None:
            raise NotEnoughData("The operator was fitted with inputs, but these states come without: give them.")
        before, after, drive = _transitions(operator, batch)
        sequences += len(batch.lengths)
        if not len(before):
            continue
        mean = np.broadcast_to(operator.mean, after.shape)
        for name, guess in (("operator", operator.predict(before, 1, drive)), ("persistence", before), ("mean", mean)):
            errors[name] += _squares(guess, after)
        counted += int((np.square(after).sum(axis=1) > _SILENT).sum())
        moments.add(after)
    if not moments.count:
        raise NotEnoughData("No transition to score: the sequences are too short, or there are none.")
    accuracies = {
        name: Accuracy(float(ratio / max(counted, 1)), float(1 - squares / moments.total()))
        for name, (ratio, squares) in errors.items()
    }
    own = accuracies["operator"]
    return Score(own.e_rel, own.R2, accuracies["persistence"], accuracies["mean"], moments.count, sequences)


@dataclass(frozen=True)
class Explained:
    """R2 of one-step prediction over the transitions of a statistic, and of the two predictors that know
    nothing of dynamics."""

    R2: float
    persistence: float
    mean: float


def explained(regression: Regression, statistic: Statistic) -> Explained:
    """`Score.R2` without a second pass: squared errors are quadratic in the states, so the moments of a
    held-out statistic hold them, at any rank.

    The statistic must carry inputs if and only if the regression was fitted with them.
    """
    total = statistic.moments.total()
    d, n = total.inputs, float(total.count[0])
    to_states = statistic.frame.factor
    mean_p, mean_y = total.sum_p[0] / n, total.sum_y[0] / n
    x, y = (statistic.frame.pilot + mean @ to_states for mean in (mean_p[d:], mean_y))
    pp = total.pp[0] - n * np.outer(mean_p, mean_p)
    py = (total.py[0] - n * np.outer(mean_p, mean_y)) @ to_states
    spread = np.sum(((total.yy[0] - n * np.outer(mean_y, mean_y)) @ to_states) * to_states)

    guess = to_states @ regression.basis @ regression.matrix.T @ regression.basis.T
    centre = (
        regression.mean + (regression.coordinates(x) @ regression.matrix.T + regression.offset) @ regression.basis.T
    )
    if d:
        to_inputs, drive = statistic.input_frame.factor, regression.basis @ regression.input_matrix
        guess = np.vstack([to_inputs @ drive.T, guess])
        centre = centre + (statistic.input_frame.pilot + mean_p[:d] @ to_inputs) @ drive.T
    stays = np.vstack([np.zeros((d, len(to_states))), to_states])

    def r2(prediction: np.ndarray, centre: np.ndarray) -> float:
        wrong = spread - 2 * np.sum(prediction * py) + np.sum((pp @ prediction) * prediction)
        return float(1 - (wrong + n * np.square(y - centre).sum()) / max(spread, np.finfo(float).tiny))

    return Explained(r2(guess, centre), r2(stays, x), r2(np.zeros_like(stays), regression.mean))


def _transitions(operator: Regression, batch) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    drive = batch.inputs if operator.input_matrix.shape[1] else None
    values, lengths, drive = windowed(batch.values, batch.lengths, drive, operator.delays, None)
    starts = np.arange(values.shape[1])[None, : values.shape[1] - operator.lag] + operator.lag < lengths[:, None]
    before = values[:, : values.shape[1] - operator.lag][starts].astype(np.float64)
    after = values[:, operator.lag :][starts].astype(np.float64)
    return before, after, None if drive is None else drive[:, operator.lag :][starts]


def _squares(guess: np.ndarray, after: np.ndarray) -> np.ndarray:
    wrong, size = np.square(guess - after).sum(axis=1), np.square(after).sum(axis=1)
    heard = size > _SILENT
    return np.array([(wrong[heard] / size[heard]).sum(), wrong.sum()])


class _Spread:
    """Total squared deviation of states from their own mean, streamed about the first batch's mean."""

    def __init__(self) -> None:
        self.count, self.pilot, self.sums, self.squares = 0, None, 0.0, 0.0

    def add(self, states: np.ndarray) -> None:
        if self.pilot is None:
            self.pilot = states.mean(axis=0)
        away = states - self.pilot
        self.count += len(states)
        self.sums = self.sums + away.sum(axis=0)
        self.squares += float(np.square(away).sum())

    def total(self) -> float:
        return max(self.squares - float(np.square(self.sums).sum()) / self.count, np.finfo(float).tiny)
