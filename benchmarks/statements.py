"""Error rates of headlines and verdicts: `python benchmarks/statements.py [--seeds N]`.

Systems whose answer is known on paper, each drawn many times: how often the headline lacks the required statement, and
how often any sentence states growth, a period, or memory that the system does not have. Results go to
docs/results/statements.json."""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import results
from kann.analyses.koopman.highlights.faithfulness import RANDOM, FaithfulnessSettings
from kann.analyses.koopman.highlights.faithfulness import analyse as faithfulness
from kann.analyses.koopman.spectrum.findings import finding, verdict
from kann.analyses.koopman.spectrum.koopman_states import analyse
from kann.analyses.koopman.spectrum.settings import Settings
from kann.analyses.koopman.spectrum.transitions import Transitions, sum_further, sum_transitions
from kann.backend.opened.samples import split
from kann.records import Dataset, StateBatch

SEQUENCES, STEPS = 100, 50
SHADINGS = ("innovation", "signed projection", "unsigned innovation", "magnitude", "another")
FADES, LASTS = "keeps half", ("lasts", "neither grows nor fades", "does not fade", "keeps more than half")


@dataclass(frozen=True)
class System:
    """`must`: one of these phrases is in the headline; `never`: none of these is in any sentence on any mode."""

    draw: Callable[[np.random.Generator], np.ndarray]
    must: tuple[str, ...]
    never: tuple[str, ...] = ("grows by",)


def linear(matrix, noise=0.0, start=1.0, settle=0):
    """z(t+1) = matrix z(t) + noise, from random first states; `settle` steps are left out."""

    def draw(random):
        state = start * random.standard_normal((SEQUENCES, len(matrix)))
        states = np.zeros((SEQUENCES, STEPS, len(matrix)))
        for step in range(-settle, STEPS):
            state = state @ np.asarray(matrix).T + noise * random.standard_normal(state.shape)
            if step >= 0:
                states[:, step] = state
        return states

    return draw


def turn(modulus, period):
    angle = 2 * np.pi / period
    return modulus * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


SYSTEMS = {
    "white noise, 4 units": System(linear(np.zeros((4, 4)), 1.0), ("Nothing is predicted",)),
    "white noise, 24 units": System(linear(np.zeros((24, 24)), 1.0), ("Nothing is predicted",)),
    "random walk": System(linear(np.eye(2), 0.1), LASTS, ("grows by", FADES)),
    "exact rotation": System(linear(turn(1, 24)), ("period of 24 steps",), ("grows by", FADES)),
    "rotation with noise": System(linear(turn(1, 24), 0.01), ("period of 2",), ("grows by", FADES)),
    "perfect memory beside noise": System(
        lambda random: np.concatenate(
            [np.repeat(random.standard_normal((SEQUENCES, 1, 2)), STEPS, axis=1),
             0.5 * linear([[0.5]], 1.0)(random)], axis=2), LASTS),
    "memory that fades": System(linear(np.diag([0.9, 0.5]), 1.0, settle=100), (FADES,), ("grows by", "period of")),
    "growth": System(linear([[1.05]], 0.0, 0.01), ("grows by 5 %",), (FADES,)),
    "a turn of which half is never seen": System(linear(turn(1, 400), 0.01), LASTS, ("period of",)),
}  # fmt: skip


def result_of(states):
    """As a page computes it, with the page's own held-out sequences."""
    settings = Settings()
    rows = split(Dataset("states", list(states), "drawn here"), settings.held_out)

    def batch(rows):
        chosen = states[rows]
        return [StateBatch(chosen, np.full(len(chosen), chosen.shape[1]))]

    fitted, scored = (sum_transitions(batch(rows), settings, False, 64) for rows in (rows.fitted, rows.held_out))
    further = sum_further(batch(rows.held_out), settings, 1)
    return analyse(Transitions(fitted, scored, len(states), further, longest=states.shape[1]), settings)


def measure(name, system, seeds):
    """Rates over draws of the system."""
    lacking, claimed, trusts = 0, 0, []
    for seed in range(seeds):
        result = result_of(system.draw(np.random.default_rng([seed, len(name)])))
        words = finding(result)
        lacking += not any(must in words.headline for must in system.must)
        noticeable = np.flatnonzero(result.spectrum.carried >= 0.05)
        said = [words.headline, *(verdict(result.spectrum, int(mode)) for mode in noticeable)]
        claimed += any(never in sentence for sentence in said for never in system.never)
        trusts.append(np.median(result.spectrum.trust))
    return {"draws": seeds, "headline lacks it": lacking / seeds, "a sentence claims it": claimed / seeds,
            "median trust": round(float(np.median(trusts)), 3)}  # fmt: skip


def deletions(sequences, seeds, best=0.0):
    """How often a best shading is named when all five are equal to random deletion, except one that removes `best` more
    of the evidence; sequences vary more than shadings."""
    settings, believed = FaithfulnessSettings(samples=500), 0
    shares = np.asarray(settings.shares)
    for seed in range(seeds):
        random = np.random.default_rng([seed, sequences])
        start, slope = 1 + random.exponential(size=(sequences, 1)), 1 + 0.4 * random.standard_normal((sequences, 1))
        curves = {}
        for place, name in enumerate((*SHADINGS, RANDOM)):
            own = slope + 0.3 * random.standard_normal((sequences, 1)) + (best if not place else 0)
            curves[name] = start * (1 - own * shares)
        believed += faithfulness(curves, settings).best is not None
    return believed / seeds


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=200)
    seeds = parser.parse_args().seeds
    rows = {}
    for name, system in SYSTEMS.items():
        rows[name] = {"must say": " or ".join(system.must), "must not say": " or ".join(system.never)}
        rows[name] |= measure(name, system, seeds)
        print(name, rows[name], flush=True)
    told = {f"{count} sequences": {"believed wrongly": deletions(count, seeds),
                                   "missed": 1 - deletions(count, seeds, 0.3)} for count in (24, 64, 256)}  # fmt: skip
    print(told)
    results.keep("statements", {"draws": seeds, "systems": rows, "deletions": told})


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
