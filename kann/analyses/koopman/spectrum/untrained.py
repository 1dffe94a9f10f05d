"""A spectrum compared with those of untrained networks of the same shape: which of its modes training made.

Source: ours. The null model are spectra of untrained networks, whose half-lives depend on the initialisation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex, Float, Int, Shaped

from kann.analyses.koopman.spectrum.settings import Fit
from kann.analyses.koopman.spectrum.transitions import Transitions
from kann.errors import NotEnoughData
from kann.numerics.operator.memory import frequency, half_life
from kann.numerics.prediction.score import explained
from kann.numerics.uncertainty.memory_profiles import envelope_test, memory_profile
from kann.records import Untrained

# Number of networks whose eigenvalues figures show.
DRAWN = 5
SHUFFLED = "shuffled"


@dataclass(frozen=True)
class Twins:
    """Spectra of untrained networks at a ladder of `ranks`, so that another rank needs no new pass.

    `kinds`, `seeds` [networks]; `eigenvalues` [networks, sum of ranks], one rank behind the other, zeros where a
    network has fewer directions; `R2` [networks ranks] of each one's own operator on its own held-out states; `own`
    the kind of the trained network's own initialisation, "" where it is not known.
    """

    kinds: Shaped[np.ndarray, " networks"]
    seeds: Int[np.ndarray, " networks"]
    ranks: Int[np.ndarray, " ranks"]
    eigenvalues: Complex[np.ndarray, "networks values"]
    R2: Float[np.ndarray, "networks ranks"]
    own: str = ""

    def __len__(self) -> int:
        return len(self.kinds)

    def at(self, place: int) -> Complex[np.ndarray, "networks modes"]:
        """Eigenvalues at the rank of this place on the ladder."""
        ends = np.cumsum(self.ranks)
        return self.eigenvalues[:, ends[place] - self.ranks[place] : ends[place]]


def ladder(units: int, start: int) -> list[int]:
    """Ranks at which untrained networks are solved: powers of two, a page's initial rank, and the number of units."""
    powers = [2**power for power in range(units.bit_length()) if 2**power <= units]
    return sorted({*powers, min(max(start, 1), units), units})


def untrained_spectrum(sums: Transitions, settings: Fit, ranks: Sequence[int]) -> tuple[np.ndarray, np.ndarray] | None:
    """Eigenvalues and R2 of one untrained network at each rank; None where its states never change, as with dead
    ReLUs."""
    fitted, scored = (part if settings.inputs else part.without_inputs for part in sums.views)
    values, R2 = [], []
    try:
        for rank in ranks:
            regression = fitted.regress(min(rank, fitted.units), settings.intercept)
            found = np.linalg.eigvals(regression.matrix)
            values.append(np.pad(found.astype(complex), (0, rank - len(found))))
            R2.append(explained(regression, scored).R2)
    except (NotEnoughData, np.linalg.LinAlgError):  # hardly any direction: there is no spectrum
        return None
    return np.concatenate(values), np.array(R2)


def compare_with_untrained(
    eigenvalues: Complex[np.ndarray, " modes"], twins: Twins, longest: int, lag: int
) -> Untrained | None:
    """The spectrum compared with those of untrained networks; `longest` sequence in steps. None without networks."""
    if not len(twins):
        return None
    own = memory_profile(eigenvalues, longest / lag)
    kinds = tuple(dict.fromkeys(twins.kinds.tolist()))
    profiles = {kind: _profiles(twins, kind, len(own), longest / lag) for kind in kinds}
    found = {kind: envelope_test(own, profiles[kind]) for kind in kinds}
    strictest = max(kinds, key=lambda kind: (found[kind].p_value, _mean_excess(profiles[kind], own)))
    fresh = [kind for kind in kinds if kind != SHUFFLED]
    beyond = np.logical_and.reduce([found[kind].beyond for kind in fresh or kinds])
    of_kind, places = twins.kinds == strictest, _neighbours(twins.ranks, len(own))
    others, drawn = profiles[strictest], _trimmed(twins.at(places[0])[of_kind][:DRAWN])
    return Untrained(
        kinds=kinds,
        each=int(np.min([np.sum(twins.kinds == kind) for kind in kinds])),
        strictest=strictest,
        own=twins.own,
        R2=twins.R2[of_kind][:, places[0]],
        eigenvalues=drawn,
        half_lives=half_life(drawn) * lag,
        frequencies=frequency(drawn) / lag,
        drawn_at=int(twins.ranks[places[0]]),
        as_many=(others[:, None] >= own[:, None] - 1e-9).sum(axis=2).max(axis=0),
        alike=np.exp(others.max(axis=0)) * lag,
        median_half_life=float(np.median(np.exp(np.median(others, axis=1)))) * lag,
        beyond=beyond,
        beyond_shuffled=found[SHUFFLED].beyond if SHUFFLED in found else beyond,
        p_value=max(found[kind].p_value for kind in fresh or kinds),
    )


def _profiles(twins: Twins, kind: str, rank: int, longest: float) -> Float[np.ndarray, "networks modes"]:
    """Profiles at a rank; between two ranks of the ladder the longer half-life of both, which is conservative."""
    found = []
    for place in _neighbours(twins.ranks, rank):
        values = twins.at(place)[twins.kinds == kind]
        padded = np.pad(values, ((0, 0), (0, max(rank - values.shape[1], 0))))
        found.append(np.stack([memory_profile(row, longest)[:rank] for row in padded]))
    return np.maximum.reduce(found)


def _neighbours(ranks: np.ndarray, rank: int) -> tuple[int, ...]:
    """Places on the ladder of the rank itself, or else of the next one below and the next one above."""
    below = max(int(np.searchsorted(ranks, rank, side="right")) - 1, 0)
    above = min(int(np.searchsorted(ranks, rank)), len(ranks) - 1)
    return (below,) if below == above else (below, above)


def _mean_excess(profiles: np.ndarray, own: np.ndarray) -> float:
    return float((profiles.mean(axis=0) - own).mean())


def _trimmed(values: np.ndarray) -> np.ndarray:
    """All of them in one row, without the zeros that stand for directions that a network lacks."""
    return values.ravel()[values.ravel() != 0]
