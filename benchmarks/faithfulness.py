"""Faithfulness of shadings on film reviews: `python benchmarks/faithfulness.py FOLDER`, the folder with IMDB's files.

Areas under deletion curves with 95 % intervals over held-out reviews (1: deletion changes nothing; a shading that finds
the deciding words is below random), on the reviews that ship with the sentiment demo and on a sample of IMDB's test
reviews; and, on that sample, the Spearman correlation of the mean score of each word seen at least 20 times with the
log-odds of the word in the training reviews. "mode" is the one that carries most of the evidence, "all" all modes.
Writes docs/results/faithfulness.json and the documents' figures."""

import argparse
import gzip
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

sys.path.insert(0, str(Path(__file__).parents[1]))

import kann
from benchmarks import results
from kann.analyses.koopman.highlights.faithfulness import FaithfulnessSettings, finding
from kann.analyses.koopman.highlights.shadings import SHADINGS, shadings
from kann.analyses.koopman.highlights.text_highlights import Unrolling, class_target
from kann.analyses.koopman.spectrum.settings import Fit
from kann.backend.engine.service import Service
from kann.backend.engine.store import Store
from kann.backend.opened.library import Library, Words
from kann.backend.opened.pair import Pair
from kann.studies.koopman.questions.faithfulness import FAITHFULNESS, Deleted
from kann.studies.koopman.questions.spectrum import OPERATOR
from kann.studies.koopman.questions.states import gradient_of
from kann.studies.koopman.questions.texts import DECISIVE, Decided
from kann.tasks.imdb import find_files, read_reviews

DEMOS = Path(__file__).parents[1] / "kann" / "demos"
MODEL = "sentiment.safetensors"
SEEN = 20
FIT = Fit()


def pair_of(data):
    return Pair(data=f"path:{data}", model=f"path:{MODEL}", vocabulary=Words(f"path:{MODEL}", in_model=True))


def prepare(folder, test, reviews):
    """The demo's files and every n-th test review, below one folder."""
    shutil.copy(DEMOS / MODEL, folder)
    shutil.copy(DEMOS / "sentiment_reviews.csv", folder)
    with gzip.open(test, "rt") if test.suffix == ".gz" else open(test) as file:
        table = pd.read_csv(file).iloc[:, :2]
    table.iloc[:: max(len(table) // reviews, 1)].to_csv(folder / "imdb.csv", index=False)


def cells(found):
    """Area with its interval of each method, in the order of the table."""
    areas = found.area_under_curve
    return {
        name: f"{areas.value[row]:.3f} ({areas.low[row]:.3f} to {areas.high[row]:.3f})"
        for row, name in enumerate(found.methods)
    }


def measure(service, data, deletions):
    """Operator, decisive mode and figures of one data set: areas by the decisive mode and by all modes."""
    pair = pair_of(data)
    operator, found = service.answer(pair, OPERATOR(FIT)), service.answer(pair, DECISIVE(Decided(FIT, 1)))
    decisive, part = found.mode, found.share
    modulus = abs(operator.eigenvalues[decisive])
    print(f"\n{data}: decisive mode {decisive + 1}, modulus {modulus:.4f}, share of the evidence {part:.2f}")
    found = {
        name: service.answer(pair, FAITHFULNESS(Deleted(FIT, modes, deletions)))
        for name, modes in (("mode", (decisive,)), ("all", ()))
    }
    print(f"| area, {found['all'].sequences} reviews | " + " | ".join(found) + " |\n|---|" + "---|" * len(found))
    columns = {name: cells(one) for name, one in found.items()}
    for method in found["all"].methods:
        print(f"| {method} | " + " | ".join(columns[name][method] for name in found) + " |")
    for name, one in found.items():
        words = finding(one, "words")
        print(f"{name}: {words.headline} {words.support}", *one.notes)
    kept = {"modulus": modulus, "share": part} | {
        name: dict(zip(one.methods, one.area_under_curve.value, strict=True)) for name, one in found.items()
    }
    return operator, decisive, kept


def word_scores(service, data, operator, modes, dataset):
    """Mean score [words] of each word by each shading, and how often it was seen."""
    pair = pair_of(data)
    network, gradient = service.library.open(pair).network, service.answer(pair, gradient_of(FIT)).outputs
    targets = [class_target(gradient, target, FIT.delays) for target in (0, 1)]
    size = network.embedding.num_embeddings
    sums, seen, start = {name: np.zeros(size) for name in SHADINGS}, np.zeros(size), 0
    for batch in kann.hidden_states(network, dataset, batch_size=16):
        ids = np.concatenate(dataset.sequences[start : start + len(batch.lengths)])
        start += len(batch.lengths)
        positive = np.ones(len(batch.lengths), np.int64)
        for name, scores in shadings(operator, batch, targets, positive, modes, Unrolling()).items():
            sums[name] += np.bincount(ids, np.concatenate(scores), size)
        seen += np.bincount(ids, minlength=size)
    return {name: values / np.maximum(seen, 1) for name, values in sums.items()}, seen


def log_odds(train, size):
    """Log-odds [words] of the positive class for a word of the training reviews, one added to each count."""
    counts = [
        np.bincount(np.concatenate([train.sequences[row] for row in np.flatnonzero(train.labels == label)]),
                    minlength=size) + 1.0
        for label in (0, 1)
    ]  # fmt: skip
    return np.log(counts[1] / counts[1].sum()) - np.log(counts[0] / counts[0].sum())


def correlations(service, operator, decisive, train):
    dataset = service.library.open(pair_of("imdb.csv")).dataset
    modes = {"mode": [decisive], "all": list(range(operator.rank))}
    found = {name: word_scores(service, "imdb.csv", operator, chosen, dataset) for name, chosen in modes.items()}
    odds, frequent = log_odds(train, len(found["all"][1])), found["all"][1] >= SEEN
    frequent[0] = False  # what the vocabulary lacks
    print(f"\n| Spearman with the log-odds of {frequent.sum()} words | mode | all |\n|---|---|---|")
    kept = {}
    for name in SHADINGS:
        values = [spearmanr(found[which][0][name][frequent], odds[frequent]).statistic for which in modes]
        print(f"| {name} | " + " | ".join(f"{value:.2f}" for value in values) + " |")
        kept[name] = dict(zip(modes, values, strict=True))
    return kept


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="with imdb_train.csv and imdb_test.csv, or .gz of them")
    parser.add_argument("--reviews", type=int, default=2500, help="test reviews that are fitted or deleted from")
    parser.add_argument("--sequences", type=int, default=256, help="of them, deleted from at the most")
    chosen = parser.parse_args()
    train, test = find_files([chosen.folder])
    with tempfile.TemporaryDirectory() as name:
        prepare(Path(name), test, chosen.reviews)
        service = Service(Store(Path(name) / "cache"), Library(name))
        deletions = replace(FaithfulnessSettings(), sequences=chosen.sequences)
        *_, shipped = measure(service, "sentiment_reviews.csv", deletions)
        operator, decisive, imdb = measure(service, "imdb.csv", deletions)
        words = service.library.open(pair_of("imdb.csv")).dataset.token_names
        log_odds_told = correlations(service, operator, decisive, read_reviews(train, words))
        service.close()
    results.keep("faithfulness", {"shipped": shipped, "imdb": imdb, "correlation with log-odds": log_odds_told})


if __name__ == "__main__":
    main()
