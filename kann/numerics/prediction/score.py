"""Scores of one-step predictions in a second pass over states."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from kann.errors import NotEnoughData
from kann.numerics.moments.blocks import in_blocks
from kann.numerics.moments.spread import Spread
from kann.numerics.moments.statistic import Statistic
from kann.numerics.moments.summarise import check_steps, windowed
from kann.numerics.operator.regression import Regression
from kann.numerics.prediction.agreement import Agreement, Decide, read_decisions

# States with a smaller squared norm have no relative error.
SILENT = 1e-6
_PREDICTORS = ("operator", "persistence", "mean")


@dataclass(frozen=True)
class Accuracy:
    """One-step prediction: `e_rel` the mean over transitions of ||error||^2 / ||state||^2 (a mean of
    SQUARED ratios; Naiman and Azencot (2023), Eq. 12), `R2` the explained share of the later states'
    variance. Where the states come with a read-out, else None: `agreement` the share of sequences whose
    decision from the last true state is that from its prediction, `agreement_steps` the same share over
    all transitions."""

    e_rel: float
    R2: float
    agreement: float | None = None
    agreement_steps: float | None = None


@dataclass(frozen=True)
class Score:
    """The operator's accuracy, with those of two baselines: `persistence` (the state does not change) and `mean`
    (always the mean state). `agreement` as in `Accuracy`: of the operator's predictions; the baselines have their own,
    since decisions that hardly change from step to step
    agree with any prediction."""

    e_rel: float
    R2: float
    persistence: Accuracy
    mean: Accuracy
    transitions: int
    sequences: int
    agreement: float | None = None
    agreement_steps: float | None = None

    @property
    def own(self) -> Accuracy:
        """The operator's."""
        return Accuracy(self.e_rel, self.R2, self.agreement, self.agreement_steps)


def score(operator: Regression, batches: Iterable, steps=None) -> Score:
    """Scores one-step predictions (a lag ahead) from the true states, over all transitions, or those
    inside `steps` (see `kann.summarise`).

    The mean is the operator's own, so that `mean.R2` on held-out sequences can fall below 0.

    Raises:
        NotEnoughData: no sequence holds a transition, or inputs that the operator was fitted with are missing.
        OutOfRange: steps that are not a range.
    """
    scoring = Scoring(operator, steps=steps)
    for batch in batches:
        scoring.add(batch)
    return scoring.score()


class Scoring:
    """A `Score` that grows batch by batch, so that one pass over the states serves several operators.

    `decide` takes the place of the read-out for `agreement`; `agreement_steps` is the read-out's alone.
    `steps` as in `score`.
    """

    def __init__(self, operator: Regression, decide: Decide = read_decisions, steps=None):
        check_steps(steps)
        self._operator, self._spread, self._window = operator, Spread(), steps
        self._errors = {name: np.zeros(2) for name in _PREDICTORS}
        self._heard, self._sequences = 0, 0
        self._ends, self._steps = Agreement(decide), Agreement(read_decisions)

    def add(self, batch) -> None:
        """One batch of states.

        Raises:
            NotEnoughData: inputs that the operator was fitted with are missing.
        """
        for block in in_blocks(batch):
            self._add(block)

    def _add(self, batch) -> None:
        operator = self._operator
        before, after, drive, counts = _transitions(operator, batch, self._window)
        self._sequences += len(batch.lengths)
        if not len(before):
            return
        mean = np.broadcast_to(operator.mean, after.shape)
        guesses = dict(zip(_PREDICTORS, (operator.predict(before, 1, drive), before, mean), strict=True))
        for name, guess in guesses.items():
            self._errors[name] += _squares(guess, after)
        self._heard += int((np.square(after).sum(axis=1) > SILENT).sum())
        self._spread.add(after)
        self._add_decisions(batch, counts, after, guesses)

    def _add_decisions(self, batch, counts: np.ndarray, after: np.ndarray, guesses: dict[str, np.ndarray]) -> None:
        newest = slice(0, batch.values.shape[2])  # of stacked delays
        rows = np.flatnonzero(counts)
        last = np.cumsum(counts)[rows] - 1
        self._ends.add(batch, rows, after[last, newest], {name: guess[last, newest] for name, guess in guesses.items()})
        each = np.repeat(np.arange(len(counts)), counts)
        self._steps.add(batch, each, after[:, newest], {name: guess[:, newest] for name, guess in guesses.items()})

    def score(self) -> Score:
        """The score of all that was added.

        Raises:
            NotEnoughData: no sequence held a transition.
        """
        if not self._spread.count:
            raise NotEnoughData("No transition to score: the sequences are too short, or there are none.")
        own, persistence, mean = (self._accuracy(name) for name in _PREDICTORS)
        return Score(
            own.e_rel, own.R2, persistence, mean, self._spread.count, self._sequences,
            own.agreement, own.agreement_steps,
        )  # fmt: skip

    def _accuracy(self, name: str) -> Accuracy:
        ratio, squares = self._errors[name]
        return Accuracy(
            e_rel=float(ratio / max(self._heard, 1)),
            R2=float(1 - squares / self._spread.total()),
            agreement=self._ends.share(name),
            agreement_steps=self._steps.share(name),
        )


@dataclass(frozen=True)
class Explained:
    """R2 of one-step prediction over the transitions of a statistic, and of the two baselines of `Score`."""

    R2: float
    persistence: float
    mean: float


def explained(regression: Regression, statistic: Statistic, label=None) -> Explained:
    """`Score.R2` without a second pass: squared errors are quadratic in the states, so the moments of a
    held-out statistic hold them, at any rank. label: over the sequences of one class alone.

    The statistic must carry inputs if and only if the regression was fitted with them.

    Raises:
        OutOfRange: no sequence has the label.
        NotEnoughData: labels were not kept apart.
    """
    total = statistic.total(label)
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


def _transitions(operator: Regression, batch, steps) -> tuple[np.ndarray, np.ndarray, np.ndarray | None, np.ndarray]:
    """States before and after, the inputs of the later ones, and how many each sequence has."""
    values, lengths, drive = windowed(batch.values, batch.lengths, driving(operator, batch), operator.delays, steps)
    most = max(values.shape[1] - operator.lag, 0)
    starts = np.arange(most)[None] + operator.lag < lengths[:, None]
    before = values[:, :most][starts].astype(np.float64)
    after = values[:, operator.lag :][starts].astype(np.float64)
    return before, after, None if drive is None else drive[:, operator.lag :][starts], starts.sum(axis=1)


def driving(operator: Regression, batch) -> np.ndarray | None:
    """The batch's inputs where the operator was fitted with inputs.

    Raises:
        NotEnoughData: it was, and the batch has none.
    """
    if not operator.input_matrix.shape[1]:
        return None
    if batch.inputs is None:
        raise NotEnoughData("The operator was fitted with inputs, but these states come without: give them.")
    return batch.inputs


def _squares(guess: np.ndarray, after: np.ndarray) -> np.ndarray:
    wrong, size = np.square(guess - after).sum(axis=1), np.square(after).sum(axis=1)
    heard = size > SILENT
    return np.array([(wrong[heard] / size[heard]).sum(), wrong.sum()])
