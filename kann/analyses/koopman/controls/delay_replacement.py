"""Delay replacement: a stretch of constant input replaced by a power of the operator, and what the network recalls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex, Float, Int

from kann.analyses.koopman.spectrum.findings import Finding
from kann.analyses.wording import number, share

# More different delays than this are grouped with the next shorter ones.
MOST_DELAYS = 16
# A network that recalls less than halfway between guessing and everything has no memory to replace.
_HALFWAY = 0.5

Decisions = Sequence[np.ndarray] | None


@dataclass(frozen=True)
class DelayReplacement:
    """One entry a delay, in steps of constant input; of `sequences` that were not fitted, or `in_sample`.

    `network`, `operator`, `skipped` [delays]: share of symbols recalled by the network, by the network whose
    delay the operator replaced, and by the one that skipped the delay; NaN where nothing is to be recalled.
    `agreement` and `skipped_agreement` with the network's decisions; NaN without a read-out. `e_rel` and
    `skipped_e_rel`: mean relative squared error of the state at the delay's end. `eigenvalues` of the one
    operator, fitted on the delays of `fitted` sequences alone; `guess` is the recall by guessing; `cell` is the
    network's.
    """

    delays: Int[np.ndarray, " delays"]
    sequences: Int[np.ndarray, " delays"]
    network: Float[np.ndarray, " delays"]
    operator: Float[np.ndarray, " delays"]
    skipped: Float[np.ndarray, " delays"]
    agreement: Float[np.ndarray, " delays"]
    skipped_agreement: Float[np.ndarray, " delays"]
    e_rel: Float[np.ndarray, " delays"]
    skipped_e_rel: Float[np.ndarray, " delays"]
    eigenvalues: Complex[np.ndarray, " rank"]
    fitted: int
    in_sample: bool
    guess: float
    cell: str

    def __len__(self) -> int:
        return len(self.delays)

    @property
    def recalls(self) -> bool:
        """Whether the data define what is to be recalled."""
        return bool(np.isfinite(self.network).any())

    @property
    def moduli(self) -> tuple[float, float]:
        """The smallest and the largest of the eigenvalues'."""
        moduli = np.abs(self.eigenvalues)
        return float(moduli.min(initial=np.inf)), float(moduli.max(initial=0.0))


def no_delays() -> DelayReplacement:
    """The record where no sequence has a delay."""
    none = np.zeros(0)
    return DelayReplacement(
        *[none.astype(np.int64)] * 2, *[none] * 7, none.astype(complex), fitted=0, in_sample=False, guess=0.0, cell=""
    )


def by_delay(
    steps: np.ndarray,
    errors: tuple[np.ndarray, np.ndarray],
    decided: tuple[Decisions, Decisions, Decisions],
    targets: Sequence[np.ndarray | None],
    **beside,
) -> DelayReplacement:
    """The record from values a sequence: `steps` of its delay, relative `errors` of the operator's state and of the
    skipped one, the classes `decided` at each step after the delay by network, operator and skipping, and the
    `targets` of the last of those steps, None where there are none.
    """
    delays = _few(steps)
    where = [np.flatnonzero(delays == delay) for delay in np.unique(delays)]
    shares = {
        name: _right(said, targets) for name, said in zip(("network", "operator", "skipped"), decided, strict=True)
    }
    shares["agreement"], shares["skipped_agreement"] = (_alike(said, decided[0], targets) for said in decided[1:])
    shares["e_rel"], shares["skipped_e_rel"] = errors
    return DelayReplacement(
        delays=np.unique(delays),
        sequences=np.array([len(rows) for rows in where]),
        **{name: np.array([_mean(values[rows]) for rows in where]) for name, values in shares.items()},
        **beside,
    )


def delay_finding(found: DelayReplacement) -> Finding:
    """The longest delay that the network recalls, in words: recall, the state's error, and the moduli."""
    known = found.network >= found.guess + _HALFWAY * (1 - found.guess)
    place = int(np.flatnonzero(known)[-1]) if known.any() else len(found) - 1
    return Finding(_headline(found, place, bool(known.any())), f"{_lax(found, place)} {_moduli(found)}")


def _headline(found: DelayReplacement, place: int, learnt: bool) -> str:
    delay = found.delays[place]
    if not found.recalls:
        return (
            f"With all but the first of {delay} steps of constant input replaced by the operator, "
            f"{_said(found.agreement[place])} of the decisions after them stay the same."
        )
    if not learnt:
        return (
            f"The network recalls {share(found.network[place])} of the symbols after {delay} blanks, a guess "
            f"{share(found.guess)}: it has no memory that the operator could replace."
        )
    return (
        f"With all but the first of {delay} blanks replaced by the operator, applied once a blank, the network recalls "
        f"{share(found.operator[place])} of the symbols; by itself {share(found.network[place])}, "
        f"with the delay skipped {share(found.skipped[place])}."
    )


def _lax(found: DelayReplacement, place: int) -> str:
    error = f"The relative error e_rel of the state at the end of the delay is {number(found.e_rel[place])}"
    words = f"{error} (skipped: {number(found.skipped_e_rel[place])}); decisions are less sensitive to it."
    if found.skipped_agreement[place] >= found.agreement[place]:
        words += " Skipping the delay changes no more decisions, so that they are no evidence for the operator."
    return words


def _moduli(found: DelayReplacement) -> str:
    low, high = found.moduli
    words = f"The operator of the delay has {len(found.eigenvalues)} eigenvalues of modulus {low:.4f} to {high:.4f}"
    if high <= 1:
        return f"{words}."
    reason = "modReLU's bias lets states grow" if found.cell == "orthogonal" else "some directions grow over the delay"
    return f"{words}: above 1, since {reason}."


def _said(value: float) -> str:
    return share(value) if np.isfinite(value) else "an unknown share"


def _few(steps: np.ndarray) -> np.ndarray:
    """Each delay; of many different ones the shortest of its group."""
    if len(np.unique(steps)) <= MOST_DELAYS:
        return steps
    edges = np.unique(np.quantile(steps, np.arange(MOST_DELAYS) / MOST_DELAYS, method="lower"))
    return edges[np.searchsorted(edges, steps, side="right") - 1]


def _right(said: Decisions, targets: Sequence[np.ndarray | None]) -> np.ndarray:
    """The share of each sequence's targets that were recalled; NaN without targets or decisions."""
    if said is None:
        return np.full(len(targets), np.nan)
    return np.array([
        np.nan if wanted is None else np.mean(each[-len(wanted) :] == wanted)
        for each, wanted in zip(said, targets, strict=True)
    ])  # fmt: skip


def _alike(said: Decisions, true: Decisions, targets: Sequence[np.ndarray | None]) -> np.ndarray:
    """The share of each sequence's decisions that are the network's own, at the steps with targets or at all."""
    if said is None:
        return np.full(len(targets), np.nan)
    counts = [len(each) if wanted is None else len(wanted) for each, wanted in zip(true, targets, strict=True)]
    return np.array([np.mean(a[-n:] == b[-n:]) for a, b, n in zip(said, true, counts, strict=True)])


def _mean(values: np.ndarray) -> float:
    """The mean of the finite values; NaN where there are none."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")
