"""The controls of all three tasks: `python benchmarks/controls.py --data FOLDER` writes docs/results/controls.json and
the tables of docs/results.md, of the tasks that are named, or of all.

Scores of each way of fitting for the trained network and for five untrained twins of each kind (the median), at full
rank on the hidden state h, on sequences that were not fitted, with those of persistence; the tables show the strictest
kind, the one whose slowest mode lasts longest. "published" are the figures of Naiman and Azencot (2023), whose fit has
no intercept and keeps padding: here padding is really appended (id 0, up to 1000 tokens) and its states are kept, in
this file alone. Of padded fits the decision is still that at the last true word. FOLDER holds `imdb/` and `ecg5000/`;
without it, or what is missing there, the data that ship are measured, and nothing is written."""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).parents[1]))

import kann
from benchmarks import documents, results
from kann.analyses.koopman.controls.control_passes import FitVariant, Pass
from kann.analyses.koopman.spectrum.settings import Settings
from kann.backend.opened.samples import shortened
from kann.errors import KannError
from kann.inputs.networks import Network
from kann.interventions.detection import detection
from kann.interventions.untrained_twins import kinds_of, untrained_twin
from kann.numerics.prediction.score import Score
from kann.records import Dataset
from kann.tasks import ecg5000, imdb
from kann.tasks.copy import copy_sequences, draw_items
from kann.tasks.demos import find_demo

FITTED, SCORED, TWINS = 512, 256, 5
WORDS, PADDED = 250, 1000
STATE = "hidden"
MASKED, DRIVEN, CENTRED_NOT, AS_PUBLISHED = (
    "intercept", "intercept, inputs", "no intercept", f"no intercept, padded to {PADDED}",
)  # fmt: skip


@dataclass(frozen=True)
class Trial:
    """One network and its data; `published` figures by row, `decide` an autoencoder's decision."""

    title: str
    network: Network
    fitted: Dataset
    scored: Dataset
    published: dict[str, str]
    driven: bool = True
    padded: bool = False
    decides: bool = True
    settings: Settings = field(default_factory=Settings)
    decide: Callable | None = None
    ships: bool = False


@dataclass(frozen=True)
class Figures:
    """What a row shows."""

    moduli: np.ndarray
    numbers: np.ndarray

    @classmethod
    def of(cls, fit: FitVariant, score: Score, decided: Score):
        agreed = decided.agreement, decided.persistence.agreement
        errors = score.R2, score.persistence.R2, score.e_rel, score.persistence.e_rel
        return cls(fit.moduli[:4], np.array([np.nan if value is None else value for value in (*errors, *agreed)]))

    def named(self):
        names = "R2", "persistence R2", "e_rel", "persistence e_rel", "agreement", "persistence agreement"
        R2, stays = self.numbers[:2]
        of_the_rest = {"of what persistence leaves": (R2 - stays) / (1 - stays)}
        return {"moduli": self.moduli} | dict(zip(names, self.numbers, strict=True)) | of_the_rest


def film_reviews(folder):
    demo = find_demo("sentiment")
    checkpoint = kann.open_checkpoint(demo.checkpoint)
    words = kann.open_dataset(demo.data, vocabulary=checkpoint)
    where = "100 reviews that ship"
    if (file := _found(lambda: imdb.find_files([folder])[1])) is not None:
        words, where = imdb.read_reviews(file, words.token_names), "IMDB test reviews"
    fitted, scored = _parts(shortened(replace(words, tokens=None), WORDS))
    published = {AS_PUBLISHED: ".9999 .9965 .9942 .9942; e_rel .095; decisions > 99 %"}
    title = f"Film reviews, GRU 256: {where}, first {WORDS} words"
    network = kann.build_network(checkpoint)
    return Trial(title, network, fitted, scored, published, padded=True, ships=file is None)


def heartbeats(folder):
    demo = find_demo("ecg")
    network, card = kann.build_network(kann.open_checkpoint(demo.checkpoint)), demo.card
    published = {CENTRED_NOT: "e_rel .0056; decisions > 97 %"}
    if (files := _found(lambda: ecg5000.find_files([folder]))) is not None:
        beats, where = ecg5000.read_beats(files), "ECG5000"
        rows = [np.array(card["split"][name]) for name in ("training", "test")]
        fitted, scored = (_signals(beats, part[beats.labels[part] == ecg5000.NORMAL]) for part in rows)
        fitted = _evenly(fitted, FITTED)
    else:
        shipped, where = kann.open_dataset(demo.data), "simulated beats that ship"
        fitted, scored = _parts(shipped.select(np.flatnonzero(shipped.labels == ecg5000.NORMAL)))
    decide = detection(network, card["threshold"]["loss"], STATE)
    title = f"Heartbeats, LSTM autoencoder 64: normal beats, {where}"
    return Trial(title, network, fitted, scored, published, decide=decide, ships=files is None)


def copies(name, delay, published):
    def trial(folder):
        network = kann.build_network(kann.open_checkpoint(find_demo(name).checkpoint))
        sequences = copy_sequences(draw_items(FITTED + SCORED, np.random.default_rng(0)), delay)
        fitted, scored = _parts(Dataset("symbols", list(sequences), "drawn here"))
        # After the first blank the input stays the same, up to the marker: the network runs by itself.
        settings = Settings(steps=(10, 10 + delay))
        title = f"Copy, {find_demo(name).title.removeprefix('Copy: ')}: the {delay} blanks alone"
        return Trial(
            title, network, fitted, scored, {CENTRED_NOT: published}, driven=False, decides=False, settings=settings
        )

    return trial


TASKS = {
    "copy-orthogonal": copies("copy-orthogonal", 200, "moduli on the unit circle"),
    "copy-gru": copies("copy-gru", 50, "moduli on the unit circle"),
    "copy-rnn": copies("copy-rnn", 50, ""),
    "ecg": heartbeats,
    "sentiment": film_reviews,
}


def figures(trial):
    """Of the trained network by fit, and of untrained ones by kind and fit."""
    own = {name: found.named() for name, found in measure(trial.network, trial, trial.decide).items()}
    for name, published in trial.published.items():
        own[name]["published"] = published
    twins = {kind: untrained(trial, kind) for kind in kinds_of(trial.network)}
    strictest = max(twins, key=lambda kind: twins[kind][MASKED]["moduli"][0])
    sizes = {"fitted": len(trial.fitted), "scored": len(trial.scored)}
    return {"title": trial.title, **sizes, "trained": own, "untrained": twins, "strictest": strictest}


def untrained(trial, kind):
    """The median of so many twins of one kind, by the name of the fit."""
    twins = [measure(untrained_twin(trial.network, seed, kind), trial) for seed in range(TWINS)]
    return {
        name: Figures(*(np.median([getattr(twin[name], part) for twin in twins], axis=0) for part in vars(one))).named()
        for name, one in twins[0].items()
    }


def measure(network, trial, decide=None):
    """Figures by the name of the fit."""
    sums = kann.summarise(states(network, trial.fitted), inputs=trial.driven, steps=trial.settings.steps)
    alone = sums.without_inputs
    fits = {MASKED: FitVariant(MASKED, False, alone.regress())}
    if trial.driven:
        fits[DRIVEN] = FitVariant(DRIVEN, True, sums.regress())
    fits[CENTRED_NOT] = FitVariant(CENTRED_NOT, False, alone.regress(intercept=False))
    scores = {}
    if trial.padded:
        padding = kann.summarise(states(network, padded(trial.fitted)))
        fits[AS_PUBLISHED] = kept = FitVariant(AS_PUBLISHED, False, padding.regress(intercept=False))
        scores[AS_PUBLISHED] = _score([kept], states(network, padded(trial.scored)), trial)[0]
    decided = dict(zip(fits, _score([*fits.values()], states(network, trial.scored), trial, decide), strict=True))
    return {name: Figures.of(fit, scores.get(name, decided[name]), decided[name]) for name, fit in fits.items()}


def states(network, dataset):
    return kann.hidden_states(network, dataset, state=STATE)


def padded(dataset):
    """Id 0 behind every sequence, and no true length any more."""
    whole = [np.pad(tokens, (0, PADDED - len(tokens))) for tokens in dataset.sequences]
    return replace(dataset, sequences=whole)


def _score(fits, batches, trial, decide=None):
    if not trial.decides:
        batches = (replace(batch, readout=None) for batch in batches)
    keywords = {} if decide is None else {"decide": decide}
    return Pass(fits, trial.settings, **keywords).run(batches).scores


def _found(look):
    """What the function finds, or None where the files are not there."""
    try:
        return look()
    except KannError:
        return None


def _parts(dataset):
    """Two thirds to fit and a third to score, evenly spaced, at most so many."""
    sample = _evenly(dataset, FITTED + SCORED)
    third = np.arange(len(sample)) % 3 == 2
    return sample.select(np.flatnonzero(~third)), sample.select(np.flatnonzero(third))


def _evenly(dataset, count):
    return dataset.select(np.unique(np.linspace(0, len(dataset) - 1, min(count, len(dataset))).astype(int)))


def _signals(beats, rows):
    return Dataset("signal", list(beats.signals[rows]), "ECG5000")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("tasks", nargs="*", default=[*TASKS], help=f"which of {', '.join(TASKS)}")
    given = parser.parse_args()
    torch.set_num_threads(1)
    with threadpool_limits(1):
        for name in given.tasks:
            trial = TASKS[name](given.data)
            found = figures(trial)
            print(documents.controls_table(results.rounded(found)), end="\n\n", flush=True)
            if not trial.ships:
                results.keep("controls", {name: found})


if __name__ == "__main__":
    main()
