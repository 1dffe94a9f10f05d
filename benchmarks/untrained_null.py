"""How often an untrained network is credited to training: `python benchmarks/untrained_null.py [--seeds N]`.

Untrained networks of three cells and three sizes, from each initialisation in turn, opened as if they had been trained,
on three kinds of data: the sentences that pages and command line say are read for any that credits training. The bar is
5 %. Results go to docs/results/untrained_null.json.
"""

import argparse
import itertools
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from torch import nn

from kann.analyses.findings import finding, verdict
from kann.analyses.koopman_states import analyse
from kann.analyses.transitions import Settings
from kann.analyses.untrained import Twins, ladder, untrained_spectrum
from kann.backend.koopman_states import PAIRS_A_DIRECTION, _transitions, sampled
from kann.inputs.networks import Network
from kann.inputs.unrolling import state_units
from kann.interventions.untrained_twins import SHUFFLED, kinds_of, untrained_twin
from kann.records import Dataset, RecurrentLayer

RESULTS = Path(__file__).parents[1] / "docs" / "results" / "untrained_null.json"
CELLS = {"RNN": nn.RNN, "GRU": nn.GRU, "LSTM": nn.LSTM}
SIZES = (8, 16, 32)
CREDIT = re.compile(r"Training made", re.IGNORECASE)


def beats(random):
    """Bumps at nearly the same places in each sequence, as heartbeats are."""
    time = np.arange(60)
    places, widths, heights = np.array([15, 25, 42]), np.array([3, 1.5, 5]), np.array([0.3, 1.5, 0.5])
    shifts = random.normal(0, 1, (160, 3)) + places
    scales = heights * (1 + 0.1 * random.standard_normal((160, 3)))
    signals = (scales[..., None] * np.exp(-(((time - shifts[..., None]) / widths[:, None]) ** 2))).sum(axis=1)
    return signals[..., None]


def symbols(random):
    """One-hot symbols of a Markov chain."""
    chain = random.dirichlet(np.full(6, 0.5), size=6)
    tokens = np.zeros((160, 40), int)
    for step in range(1, 40):
        draws = random.random(160)[:, None]
        tokens[:, step] = (draws > np.cumsum(chain[tokens[:, step - 1]], axis=1)[:, :-1]).sum(axis=1)
    return np.eye(6)[tokens]


def noise(random):
    """Slow random signals of unequal lengths."""
    return np.cumsum(random.standard_normal((160, 50, 2)), axis=1) * 0.3


DATA = {"beats": beats, "symbols": symbols, "random walks": noise}


def dataset_of(name, seed):
    arrays = DATA[name](np.random.default_rng([seed, list(DATA).index(name)]))
    return Dataset("vectors", [array.astype(np.float32) for array in arrays], "drawn here")


def untrained(cell, size, channels, seed):
    """A network from one of the initialisations in turn, and its name; no twin has the seed."""
    module = CELLS[cell](channels, size, batch_first=True).eval().requires_grad_(False)
    network = Network(module, RecurrentLayer("rnn", cell, channels, size))
    kinds = [kind for kind in kinds_of(network) if kind != SHUFFLED]
    return untrained_twin(network, 10_000 + seed, kinds[seed % len(kinds)]), kinds[seed % len(kinds)]


def result_of(network, dataset, twins=19):
    """What the page computes, without its cache."""
    settings = Settings(twins=twins, samples=50)
    units = state_units(network.layer_maps, settings.state)
    rank = int(np.clip(np.maximum(dataset.lengths - 1, 0).sum() // PAIRS_A_DIRECTION, 1, units))
    few, ranks, found = sampled(dataset, settings.twin_sequences), ladder(units, rank), []
    for kind, seed in itertools.product(kinds_of(network), range(twins)):
        sums = _transitions(untrained_twin(network, seed, kind), few, replace(settings, groups=0), bare=True)
        found.append((kind, seed, *untrained_spectrum(sums, settings, ranks)))
    kinds, seeds, values, R2 = (np.array(column) for column in zip(*found, strict=True))
    others = Twins(kinds, seeds, np.array(ranks), values, R2)
    sums = _transitions(network, dataset, settings)
    return {at: analyse(sums, replace(settings, rank=at), others) for at in {rank, max(rank * 5 // 8, 1)}}


def credited(result):
    """Whether any sentence on the page credits training: the finding's, or the verdict on any mode."""
    words = finding(result)
    said = [words.headline, words.support, *(verdict(result.spectrum, mode) for mode in range(len(result.spectrum)))]
    return any(CREDIT.search(sentence) for sentence in said)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    seeds = parser.parse_args().seeds
    rows, kinds = {}, {}
    for cell, size, name in itertools.product(CELLS, SIZES, DATA):
        wrong = {"at the page's rank": 0, "between ranks of the ladder": 0}
        for seed in range(seeds):
            dataset = dataset_of(name, seed)
            network, kind = untrained(cell, size, dataset.width, seed)
            results = result_of(network, dataset)
            told = [credited(results[rank]) for rank in sorted(results, reverse=True)]
            for place, credit in zip(wrong, told, strict=False):
                wrong[place] += credit
            counted = kinds.setdefault(kind, {"networks": 0, "credited": 0})
            counted["networks"] += 1
            counted["credited"] += told[0]
        rows[f"{cell} {size}, {name}"] = {"networks": seeds} | wrong
        print(f"{cell} {size}, {name}: " + ", ".join(f"{count} of {seeds} {place}" for place, count in wrong.items()),
              flush=True)  # fmt: skip
    total = {place: sum(row[place] for row in rows.values()) for place in wrong}
    networks = seeds * len(rows)
    print(kinds)
    print({place: f"{count / networks:.1%} of {networks}" for place, count in total.items()})
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    document = {"command": f"python benchmarks/untrained_null.py --seeds {seeds}", "networks": networks,
                "credited": total, "by initialisation": kinds, "rows": rows}  # fmt: skip
    RESULTS.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    with threadpool_limits(1), torch.inference_mode():
        main()
