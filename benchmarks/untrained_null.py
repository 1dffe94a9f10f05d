"""False-alarm rate of "training made": `python benchmarks/untrained_null.py [--seeds N]`.

Untrained networks of three cells and three sizes, from each initialisation in turn, opened as if they had been trained,
on three kinds of data: the share of networks with any sentence, on pages or command line, that states an effect of
training. The allowed rate is 5 %. Results go to docs/results/untrained_null.json."""

import argparse
import itertools
import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits
from torch import nn

sys.path.insert(0, str(Path(__file__).parents[1]))

import kann
from benchmarks import results
from benchmarks.subjects import Given, fresh_service
from kann.analyses.koopman.spectrum.findings import finding, verdict
from kann.analyses.koopman.spectrum.settings import Settings
from kann.backend.opened.samples import shortened
from kann.inputs.networks import Network
from kann.interventions.untrained_twins import SHUFFLED, kinds_of, untrained_twin
from kann.records import Dataset, RecurrentLayer
from kann.studies.koopman.facts import page_settings
from kann.studies.koopman.questions.spectrum import BESIDE_UNTRAINED
from kann.tasks import ecg5000, imdb
from kann.tasks.demos import find_demo

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
    """What the page computes, at its rank and at one between those of the ladder."""
    with fresh_service() as service:
        pair = Given("drawn here", network, dataset)
        settings = page_settings(service.library.open(pair), Settings(twins=twins, samples=50))
        ranks = {settings.rank, max(settings.rank * 5 // 8, 1)}
        return {rank: service.answer(pair, BESIDE_UNTRAINED(replace(settings, rank=rank))) for rank in ranks}


def credited(result):
    """Whether any sentence on the page credits training: the finding's, or the verdict on any mode."""
    words = finding(result)
    said = [words.headline, words.support, *(verdict(result.spectrum, mode) for mode in range(len(result.spectrum)))]
    return any(CREDIT.search(sentence) for sentence in said)


def of_trained(folder):
    """The demos' networks on the data that ship and, below `folder`, on ECG5000 and IMDB: how many modes are credited,
    and to what, at the page's rank."""
    found = {}
    for name, dataset in trained_data(folder):
        demo = name.partition(",")[0]
        solved = result_of(kann.build_network(kann.open_checkpoint(find_demo(demo).checkpoint)), dataset)
        result = solved[max(solved)]
        untrained = result.spectrum.untrained
        found[name] = {
            "rank": result.operator.rank,
            "modes credited": int(untrained.beyond.sum()),
            "beyond shuffled weights too": int((untrained.beyond & untrained.beyond_shuffled).sum()),
            "strictest": untrained.strictest,
            "p": untrained.p_value,
            "median half-life": round(float(np.median(result.spectrum.half_lives)), 2),
            "of the strictest kind": round(untrained.median_half_life, 2),
        }
        print(name, found[name], verdict(result.spectrum, 0), flush=True)
    return found


def trained_data(folder):
    """Name and data, the name beginning with the demo's."""
    ships = kann.open_dataset(find_demo("ecg").data)
    yield "ecg, beats that ship", ships
    words = kann.open_checkpoint(find_demo("sentiment").checkpoint)
    yield "sentiment, reviews that ship", kann.open_dataset(find_demo("sentiment").data, vocabulary=words)
    if folder is None:
        return
    beats = ecg5000.read_beats(ecg5000.find_files([folder]))
    rows = np.linspace(0, len(beats.labels) - 1, 1000).astype(int)
    yield "ecg, ECG5000", Dataset("signal", [signal.astype(np.float32) for signal in beats.signals[rows]], "ECG5000")
    names = kann.open_dataset(find_demo("sentiment").data, vocabulary=words).token_names
    reviews = imdb.read_reviews(imdb.find_files([folder])[1], names)
    reviews = reviews.select(np.linspace(0, len(reviews) - 1, 1000).astype(int))
    yield "sentiment, IMDB", shortened(reviews, 250)


def of_untrained(seeds):
    """Rates of networks of which a sentence credits training, by cell, size and data, and by initialisation."""
    rows, kinds = {}, {}
    for cell, size, name in itertools.product(CELLS, SIZES, DATA):
        wrong = {"at the page's rank": 0, "between ranks of the ladder": 0}
        for seed in range(seeds):
            dataset = dataset_of(name, seed)
            network, kind = untrained(cell, size, dataset.width, seed)
            solved = result_of(network, dataset)
            told = [credited(solved[rank]) for rank in sorted(solved, reverse=True)]
            for place, credit in zip(wrong, told, strict=False):
                wrong[place] += credit
            counted = kinds.setdefault(kind, {"networks": 0, "credited": 0})
            counted["networks"] += 1
            counted["credited"] += told[0]
        rows[f"{cell} {size}, {name}"] = {"networks": seeds} | wrong
        print(f"{cell} {size}, {name}: {wrong} of {seeds}", flush=True)
    total = {place: sum(row[place] for row in rows.values()) for place in wrong}
    return {"networks": seeds * len(rows), "credited": total, "by initialisation": kinds, "rows": rows}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="networks of each cell, size and data; 0: none")
    parser.add_argument("--data", help="folder with ecg5000/ and imdb/, beside the data that ship")
    chosen = parser.parse_args()
    found = {"trained": of_trained(chosen.data)} | ({"untrained": of_untrained(chosen.seeds)} if chosen.seeds else {})
    results.keep("untrained_null", found)


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
