"""The transition statistic: one pass over states answers every later question about their operator."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from kann.errors import NotEnoughData, OutOfRange, UnreadableDataset
from kann.numerics.moments.factors import Factors, factorise
from kann.numerics.moments.frames import Frame, Frames, frame_of, root
from kann.numerics.moments.sums import Moments
from kann.numerics.operator.koopman import Operator, solve
from kann.numerics.operator.regression import Regression, checked_rank, regress
from kann.numerics.uncertainty.bootstrap import Intervals, draws, intervals
from kann.numerics.uncertainty.refits import Refits, refits

SCHEMA = 2
_FRAME = ("pilot", "factor")
# Refits beyond this many bytes are computed again for every rank.
MOST_KEPT = 64 * 2**20


@dataclass(frozen=True)
class Summation:
    """How transitions of lag `lag` were summed: in `groups` chunks of each class (0: all in one), which were joined in
    pairs `folds` times; with `delays` earlier states stacked under each state; of states with a precision of `digits`:
    directions weaker than this, relative to the strongest, are rounding noise."""

    groups: int
    folds: int
    lag: int
    delays: int
    digits: float


@dataclass(frozen=True)
class Statistic(Summation):
    """Second moments of all transitions, kept apart by (label, chunk).

    `labels` and `chunks`, one a group, name the groups of `moments`, which stand in the white coordinates of `frame`
    and, for the inputs, `input_frame`.
    """

    moments: Moments
    frame: Frame
    input_frame: Frame | None
    labels: tuple
    chunks: tuple[int, ...]
    _factors: dict = field(default_factory=dict, repr=False, compare=False)
    _refits: dict = field(default_factory=dict, repr=False, compare=False)

    @property
    def frames(self) -> Frames:
        return Frames(self.input_frame, self.frame)

    @property
    def units(self) -> int:
        return self.moments.units

    @property
    def pairs(self) -> int:
        """Transitions seen."""
        return int(self.moments.count.sum())

    @property
    def states(self) -> int:
        """True states seen."""
        return int(self.moments.of_all_states()[0])

    def keys(self, folds: int) -> list[tuple]:
        """(label, chunk) of each group when chunks have been joined `folds` times."""
        return [(label, chunk >> folds - self.folds) for label, chunk in zip(self.labels, self.chunks, strict=True)]

    def total(self, label=None) -> Moments:
        """The sums of all groups, or of those of one class, as one group; raises as `solve` does."""
        return self.moments.pick(self._members(label)).total()

    def holds(self, label) -> bool:
        """Whether any transition is of this class; None is every class.

        Raises:
            NotEnoughData: labels were not kept apart.
        """
        self._check_apart(label)
        named = zip(self.labels, self.moments.count, strict=True)
        return label is None or any(name == label and count for name, count in named)

    def factors(self, intercept: bool = True, label=None) -> Factors:
        """The factors shared by all ranks, computed once: see `factorise`."""
        key = (intercept, label)
        if key not in self._factors:
            self._factors[key] = factorise(self.total(label), self.frames, intercept, self.digits)
        return self._factors[key]

    def solve(self, rank: int | None = None, intercept: bool = True, label=None) -> Operator:
        """The least-squares operator between states a lag apart, on the `rank` leading directions.

        rank None takes every direction above rounding noise; a rank beyond that is cut there, and
        `Operator.notes` says so. label keeps the sequences of one class.

        Raises:
            OutOfRange: a rank outside 1..units, or a label that no group has.
            NotEnoughData: fewer transitions than one, or labels were not kept.
        """
        return solve(self.factors(intercept, label), rank, self.lag, self.delays)

    def regress(self, rank: int | None = None, intercept: bool = True, label=None) -> Regression:
        """`solve` without the eigenproblem, for baselines that are only scored."""
        return regress(self.factors(intercept, label), rank, self.lag, self.delays)

    def bootstrap(
        self, rank: int | None, samples: int = 200, seed: int = 0, intercept: bool = True, label=None
    ) -> Intervals:
        """Intervals of the eigenvalues by a bootstrap over chunks of sequences; basis and operator are fitted again to
        each draw.

        Raises:
            NotEnoughData: fewer than 8 chunks were kept (`groups` of `summarise`).
        """
        factors = self.factors(intercept, label)
        values = factors.eigenpairs(checked_rank(factors, rank)).values
        drawn, freedom = self._drawn(samples, seed, intercept, label)
        return intervals(values, drawn.eigenvalues(len(values)), freedom)

    def _drawn(self, samples: int, seed: int, intercept: bool, label) -> tuple[Refits, int]:
        """Refits shared by all ranks, kept for the last arguments; and the chunks' degrees of freedom."""
        key = (samples, seed, intercept, label)
        found = self._refits.get(key)
        if found is None:
            members = self._members(label)
            groups, strata = self.moments.pick(members), [repr(self.labels[index]) for index in members]
            weights, freedom = draws(groups, strata, samples, seed)
            found = refits(groups, self.factors(intercept, label), weights), freedom
            self._refits.clear()
            if found[0].nbytes <= MOST_KEPT:
                self._refits[key] = found
        return found

    @property
    def without_inputs(self) -> Statistic:
        """The statistic without its inputs, for a fit on the states alone; nothing is summed again."""
        return self._states_alone if self.moments.inputs else self

    @cached_property
    def _states_alone(self) -> Statistic:
        return replace(self, moments=self.moments.without_inputs(), input_frame=None, _factors={}, _refits={})

    def __add__(self, other: Statistic) -> Statistic:
        """The statistic of both data sets together.

        Raises:
            OutOfRange: units, lag, delays, inputs or groups differ.
        """
        for name in ("units", "lag", "delays", "groups"):
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine != theirs:
                raise OutOfRange(f"Statistics with {name} {mine} and {theirs} cannot be added: summarise both alike.")
        if self.moments.inputs != other.moments.inputs:
            raise OutOfRange(
                f"Statistics with {self.moments.inputs} and {other.moments.inputs} inputs cannot be added: "
                "summarise both alike."
            )
        return _merged(self, other)

    def arrays(self) -> dict[str, np.ndarray]:
        """All of it as plain arrays, for files without pickle; `from_arrays` reads them back."""
        arrays = {"moments_" + name: array for name, array in self.moments.arrays().items()}
        for prefix, frame in (("frame_", self.frame), ("input_frame_", self.input_frame)):
            if frame is not None:
                arrays |= {prefix + name: getattr(frame, name) for name in _FRAME}
        arrays["labels"] = np.array([json.dumps(label) for label in self.labels])
        arrays["chunks"] = np.array(self.chunks, dtype=np.int64)
        arrays["settings"] = np.array([SCHEMA, self.groups, self.folds, self.lag, self.delays], dtype=np.int64)
        return arrays | {"digits": np.array(self.digits)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Statistic:
        """What `arrays` gave.

        Raises:
            UnreadableDataset: the arrays are of another schema.
        """
        schema, groups, folds, lag, delays = (int(number) for number in arrays["settings"])
        if schema != SCHEMA:
            raise UnreadableDataset(
                f"The statistic has schema {schema}, this version reads {SCHEMA}: compute it again."
            )
        moments = {name[len("moments_") :]: array for name, array in arrays.items() if name.startswith("moments_")}
        return cls(
            moments=Moments(**moments),
            frame=_frame(arrays, "frame_"),
            input_frame=_frame(arrays, "input_frame_") if "input_frame_factor" in arrays else None,
            labels=tuple(json.loads(str(label)) for label in arrays["labels"]),
            chunks=tuple(arrays["chunks"].tolist()),
            groups=groups,
            folds=folds,
            lag=lag,
            delays=delays,
            digits=float(arrays["digits"]),
        )

    def save(self, path: str | Path) -> None:
        """Writes a .npz without pickle; the same statistic gives the same bytes."""
        with open(path, "wb") as file:
            np.savez(file, **self.arrays())

    def _members(self, label) -> np.ndarray:
        if label is None:
            return np.arange(len(self.labels))
        self._check_apart(label)
        members = np.array([index for index, name in enumerate(self.labels) if name == label], dtype=np.int64)
        if not len(members):
            known = ", ".join(sorted({repr(name) for name in self.labels}))
            raise OutOfRange(f"No sequence has the label {label!r}; there are {known}.")
        return members

    def _check_apart(self, label) -> None:
        if label is not None and not self.groups:
            raise NotEnoughData(f"Class {label} was not kept apart: summarise with groups of at least 1.")


def _merged(one: Statistic, other: Statistic) -> Statistic:
    folds = max(one.folds, other.folds)
    frames = _joint_frames(one, other)
    parts: dict[tuple, Moments] = {}
    for statistic in (one, other):
        moments = statistic.moments
        if not _same_frames(statistic, frames):
            moments = moments.changed(*statistic.frames.change_to(frames))
        for index, key in enumerate(statistic.keys(folds)):
            part = moments.pick(np.array([index]))
            parts[key] = parts[key] + part if key in parts else part
    return stacked(parts, frames, Summation(one.groups, folds, one.lag, one.delays, max(one.digits, other.digits)))


def _joint_frames(one: Statistic, other: Statistic) -> Frames:
    """Frames for both: changing one statistic to the other's frame would lose the directions that only one of them
    has."""
    if one.frame.same_as(other.frame) and (one.input_frame is None or one.input_frame.same_as(other.input_frame)):
        return one.frames
    states = [(s.frame, *s.moments.of_all_states()) for s in (one, other)]
    drives = [(s.input_frame, *s.moments.of_all_inputs()) for s in (one, other)]
    return Frames(None if one.input_frame is None else _joint(drives), _joint(states))


def _joint(parts: list[tuple[Frame, float, np.ndarray, np.ndarray]]) -> Frame:
    pilot = sum(count * frame.pilot for frame, count, _, _ in parts) / sum(count for _, count, _, _ in parts)
    factors = []
    for frame, count, total, second in parts:
        # Second moments about the new pilot, as extra rows rather than sums: digits stay.
        mean = total / count
        centred = root(second - count * np.outer(mean, mean)) @ frame.factor
        offset = np.sqrt(count) * (frame.pilot + mean @ frame.factor - pilot)
        factors.append((np.vstack([centred, offset]), float(count)))
    return frame_of(factors, pilot)


def _same_frames(statistic: Statistic, frames: Frames) -> bool:
    return statistic.input_frame is frames.inputs and statistic.frame is frames.states


def stacked(parts: dict[tuple, Moments], frames: Frames, summation: Summation) -> Statistic:
    """The Statistic of {(label, chunk): Moments}, groups in an order that does not depend on the data's."""
    keys = sorted(parts, key=lambda key: (str(key[0]), key[1]))
    names = parts[keys[0]].arrays()
    return Statistic(
        moments=Moments(**{name: np.concatenate([parts[key].arrays()[name] for key in keys]) for name in names}),
        frame=frames.states,
        input_frame=frames.inputs,
        labels=tuple(label for label, _ in keys),
        chunks=tuple(chunk for _, chunk in keys),
        **vars(summation),
    )


def _frame(arrays: Mapping[str, np.ndarray], prefix: str) -> Frame:
    return Frame(*[arrays[prefix + name] for name in _FRAME])


def load_statistic(path: str | Path) -> Statistic:
    """What `Statistic.save` wrote.

    Raises:
        UnreadableDataset: the file is no statistic, is damaged, or is of another schema.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise UnreadableDataset(f"{path} is not a statistic of kann ({error}): compute it again.") from error
    if "settings" not in arrays:
        raise UnreadableDataset(f"{path} is not a statistic of kann: its arrays are {', '.join(arrays) or 'none'}.")
    return Statistic.from_arrays(arrays)
