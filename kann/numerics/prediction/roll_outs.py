"""Roll-outs of the operator: many steps from a true state without another one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Float, Int

from kann.errors import NotEnoughData, OutOfRange
from kann.numerics.moments.blocks import in_blocks
from kann.numerics.moments.spread import Spread
from kann.numerics.moments.summarise import windowed
from kann.numerics.operator.regression import Regression
from kann.numerics.prediction.agreement import Agreement, Decide, read_decisions
from kann.numerics.prediction.score import SILENT, driving

HORIZONS = (1, 2, 5, 10, 20, 50)


@dataclass(frozen=True)
class RollOuts:
    """How errors grow with the horizon, one entry a horizon (counted in lags) that any sequence is long enough for.

    Started from every true state with a true state that much later: `windows` of them. `e_rel` and `R2` are those of
    `kann.numerics.prediction.score.Accuracy`, of the operator and of persistence. `agreement`: the share of
    sequences whose decision at the last true step is the same from the state that the roll-out predicts; None without
    decisions."""

    horizons: Int[np.ndarray, " horizons"]
    windows: Int[np.ndarray, " horizons"]
    e_rel: Float[np.ndarray, " horizons"]
    R2: Float[np.ndarray, " horizons"]
    persistence_e_rel: Float[np.ndarray, " horizons"]
    persistence_R2: Float[np.ndarray, " horizons"]
    agreement: Float[np.ndarray, " horizons"] | None
    persistence_agreement: Float[np.ndarray, " horizons"] | None


def roll_outs(operator: Regression, batches: Iterable, horizons: Sequence[int] = HORIZONS, steps=None) -> RollOuts:
    """Predictions over each horizon, all windows inside the true lengths (and inside `steps`, see
    `kann.summarise`), with the true inputs where it was fitted with inputs.

    Raises:
        OutOfRange: a horizon below 1.
        NotEnoughData: no sequence is longer than the shortest horizon, or the operator's inputs are missing.
    """
    rolling = RollingOut(operator, horizons, steps=steps)
    for batch in batches:
        rolling.add(batch)
    return rolling.roll_outs()


class RollingOut:
    """`RollOuts` that grow batch by batch; `decide` takes the place of the read-out."""

    def __init__(
        self,
        operator: Regression,
        horizons: Sequence[int] = HORIZONS,
        decide: Decide = read_decisions,
        steps=None,
    ):
        if min(horizons, default=0) < 1:
            raise OutOfRange(f"A roll-out takes at least 1 step, not {min(horizons, default=0)}.")
        self._operator, self._window = operator, steps
        self._power = _powers(operator.matrix)
        self._horizons = [_Horizon(horizon, Agreement(decide)) for horizon in sorted(set(horizons))]

    def add(self, batch) -> None:
        """One batch of states.

        Raises:
            NotEnoughData: inputs that the operator was fitted with are missing.
        """
        driving(self._operator, batch)
        for part in in_blocks(batch):
            self._add(part)

    def _add(self, batch) -> None:
        operator, drive = self._operator, driving(self._operator, batch)
        values, lengths, drive = windowed(batch.values, batch.lengths, drive, operator.delays, self._window)
        block = _Block(operator, values, lengths)
        drifts = _drifts(operator, self._power, drive)
        for horizon in self._horizons:
            gap = horizon.steps * operator.lag
            if gap < lengths.max(initial=0):
                ahead = _Ahead(self._power(horizon.steps), drifts(horizon.steps), gap)
                horizon.add_errors(block, ahead)
                horizon.add_decisions(batch, block, ahead)

    def roll_outs(self) -> RollOuts:
        """Of all that was added.

        Raises:
            NotEnoughData: no sequence was longer than the shortest horizon.
        """
        seen = [horizon for horizon in self._horizons if horizon.spread.count]
        if not seen:
            raise NotEnoughData(
                f"No sequence is longer than {self._horizons[0].steps * self._operator.lag} steps: roll out fewer."
            )
        decided = all(horizon.agreement.count for horizon in seen)
        return RollOuts(
            np.array([horizon.steps for horizon in seen]),
            np.array([horizon.spread.count for horizon in seen]),
            *np.array([horizon.errors() for horizon in seen]).T.copy(),
            *(
                np.array([horizon.agreement.share(name) for horizon in seen]) if decided else None
                for name in ("operator", "persistence")
            ),
        )


@dataclass(frozen=True)
class _Ahead:
    """z(t + gap) = matrix z(t) + drift(t): `drift` [rank], or [sequences starts rank] where inputs drive."""

    matrix: Float[np.ndarray, "rank rank"]
    drift: Float[np.ndarray, "*windows rank"]
    gap: int

    def __call__(self, z: np.ndarray, windows: tuple | np.ndarray) -> np.ndarray:
        return z @ self.matrix.T + (self.drift if self.drift.ndim == 1 else self.drift[windows])


class _Block:
    """A few sequences in float64, beside their coordinates; `outside` [...] is the squared norm that the basis
    leaves out."""

    def __init__(self, operator: Regression, values: np.ndarray, lengths: np.ndarray):
        self.operator, self.lengths = operator, lengths
        self.values = values.astype(np.float64)
        self.z = operator.coordinates(self.values)
        self.sizes = np.square(self.values).sum(axis=2)
        self.outside = np.maximum(np.square(self.values - operator.mean).sum(axis=2) - np.square(self.z).sum(axis=2), 0)

    def windows(self, gap: int) -> np.ndarray:
        """Whether a start [sequences starts] has a true state `gap` later."""
        return np.arange(self.values.shape[1] - gap)[None] + gap < self.lengths[:, None]


class _Horizon:
    """The sums of one horizon."""

    def __init__(self, steps: int, agreement: Agreement):
        self.steps, self.agreement, self.spread = steps, agreement, Spread()
        self._sums, self._heard = np.zeros(4), 0

    def add_errors(self, block: _Block, ahead: _Ahead) -> None:
        windows, gap = block.windows(ahead.gap), ahead.gap
        after = block.values[:, gap:][windows]
        # The basis is orthonormal: the error is that of the coordinates, and what lies outside of them.
        wrong = np.square(ahead(block.z[:, :-gap][windows], windows) - block.z[:, gap:][windows]).sum(axis=1)
        wrong += block.outside[:, gap:][windows]
        stays = np.square(block.values[:, :-gap][windows] - after).sum(axis=1)
        sizes = block.sizes[:, gap:][windows]
        heard = sizes > SILENT
        self._heard += int(heard.sum())
        ratios = [(squares[heard] / sizes[heard]).sum() for squares in (wrong, stays)]
        self._sums += [ratios[0], wrong.sum(), ratios[1], stays.sum()]
        self.spread.add(after)

    def add_decisions(self, batch, block: _Block, ahead: _Ahead) -> None:
        rows = np.flatnonzero(block.lengths > ahead.gap)
        ends, newest = block.lengths[rows] - 1, slice(0, batch.values.shape[2])
        starts = (rows, ends - ahead.gap)
        predicted = block.operator.mean + ahead(block.z[starts], starts) @ block.operator.basis.T
        guesses = {"operator": predicted[:, newest], "persistence": block.values[starts][:, newest]}
        self.agreement.add(batch, rows, block.values[rows, ends][:, newest], guesses)

    def errors(self) -> list[float]:
        """e_rel and R2 of the operator, and those of persistence."""
        ratio, squares, stays_ratio, stays = self._sums
        heard, total = max(self._heard, 1), self.spread.total()
        return [ratio / heard, 1 - squares / total, stays_ratio / heard, 1 - stays / total]


def _powers(matrix: Float[np.ndarray, "rank rank"]) -> Callable[[int], np.ndarray]:
    @cache
    def power(exponent: int) -> np.ndarray:
        half = exponent // 2
        return matrix if exponent == 1 else power(half) @ power(exponent - half)

    return power


def _drifts(operator: Regression, power: Callable[[int], np.ndarray], drive) -> Callable[[int], np.ndarray]:
    """The sums of offset and inputs along a roll-out, by doubling: D_(a+b)(t) = K^b D_a(t) + D_b(t + a), so that the
    number of matrix products is logarithmic in the horizon."""
    lag, first = operator.lag, operator.offset
    if drive is not None:
        first = drive[:, lag:].astype(np.float64) @ operator.input_matrix.T + operator.offset

    @cache
    def drift(steps: int) -> np.ndarray:
        if steps == 1:
            return first
        a, b = steps // 2, steps - steps // 2
        before, after = drift(a), drift(b)
        if drive is not None:
            before, after = before[:, : -b * lag], after[:, a * lag :]
        return before @ power(b).T + after

    return drift
