"""The controls of all three tasks as markdown tables: `python benchmarks/controls.py --data FOLDER`.

What each way of fitting says of the trained network and of five untrained twins (the median), at full rank on the
hidden state h, on sequences that were not fitted, beside persistence; "published" are the figures of Naiman and
Azencot (2023), whose fit has no intercept and keeps padding: here padding is really appended (id 0, up to 1000
tokens) and its states are kept, in this file alone. Of padded fits the decision is still that at the last true
word. FOLDER holds `imdb/` and `ecg5000/`; without it, or what is missing there, the data that ship are measured.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from threadpoolctl import threadpool_limits

import kann
from kann.analyses.control_passes import Fit, Pass
from kann.analyses.transitions import Settings
from kann.analyses.wording import share
from kann.errors import KannError
from kann.inputs.networks import Network
from kann.interventions.detection import detection
from kann.interventions.untrained_twins import untrained_twin
from kann.numerics.score import Score
from kann.records import Dataset
from kann.tasks import ecg5000, imdb
from kann.tasks.copy import copy_sequences, draw_items
from kann.tasks.demos import find_demo

FITTED, SCORED, TWINS = 512, 256, 5
LAST_WORDS, PADDED = 250, 1000
STATE = "hidden"
HEAD = (
    "| | top moduli | R² | of persistence | e_rel | of persistence | decisions alike | of persistence | published |\n"
    "|---|---|---:|---:|---:|---:|---:|---:|---|"
)
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


@dataclass(frozen=True)
class Figures:
    """What a row shows."""

    moduli: np.ndarray
    numbers: np.ndarray

    @classmethod
    def of(cls, fit: Fit, score: Score, decided: Score):
        agreed = decided.agreement, decided.persistence.agreement
        errors = score.R2, score.persistence.R2, score.e_rel, score.persistence.e_rel
        return cls(fit.moduli[:4], np.array([np.nan if value is None else value for value in (*errors, *agreed)]))


def film_reviews(folder):
    demo = find_demo("sentiment")
    checkpoint = kann.open_checkpoint(demo.checkpoint)
    words = kann.open_dataset(demo.data, vocabulary=checkpoint)
    where = "100 reviews that ship"
    if (file := _found(lambda: imdb.find_files([folder])[1])) is not None:
        words, where = imdb.read_reviews(file, words.token_names), "IMDB test reviews"
    words = replace(words, sequences=[tokens[-LAST_WORDS:] for tokens in words.sequences], tokens=None)
    fitted, scored = _parts(words)
    published = {AS_PUBLISHED: ".9999 .9965 .9942 .9942; e_rel .095; decisions > 99 %"}
    title = f"Film reviews, GRU 256: {where}, last {LAST_WORDS} words"
    return Trial(title, kann.build_network(checkpoint), fitted, scored, published, padded=True)


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
    return Trial(title, network, fitted, scored, published, decide=decide)


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


def table(trial):
    lines = [f"**{trial.title}** ({len(trial.fitted)} fitted, {len(trial.scored)} scored)", "", HEAD]
    own = measure(trial.network, trial, trial.decide)
    lines += [_line(f"trained, {name}", figures, trial.published.get(name, "")) for name, figures in own.items()]
    twins = [measure(untrained_twin(trial.network, seed), trial) for seed in range(TWINS)]
    for name in own:
        middle = Figures(
            *(np.median([getattr(twin[name], part) for twin in twins], axis=0) for part in vars(own[name]))
        )
        lines.append(_line(f"untrained, {name}", middle, ""))
    return "\n".join(lines)


def measure(network, trial, decide=None):
    """Figures by the name of the fit."""
    sums = kann.summarise(states(network, trial.fitted), inputs=trial.driven, steps=trial.settings.steps)
    alone = sums.without_inputs
    fits = {MASKED: Fit(MASKED, False, alone.regress())}
    if trial.driven:
        fits[DRIVEN] = Fit(DRIVEN, True, sums.regress())
    fits[CENTRED_NOT] = Fit(CENTRED_NOT, False, alone.regress(intercept=False))
    scores = {}
    if trial.padded:
        padding = kann.summarise(states(network, padded(trial.fitted)))
        fits[AS_PUBLISHED] = kept = Fit(AS_PUBLISHED, False, padding.regress(intercept=False))
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


def _line(name, figures, published):
    R2, stays, e_rel, e_stays, agreed, agreed_stays = figures.numbers
    moduli = " ".join(f"{value:.4f}" for value in figures.moduli)
    shares = ["–" if np.isnan(value) else f"{100 * value:.1f} %" for value in (agreed, agreed_stays)]
    cells = (name, moduli, share(R2), share(stays), f"{e_rel:.2g}", f"{e_stays:.2g}", *shares, published)
    return f"| {' | '.join(cells)} |"


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
            print(table(TASKS[name](given.data)), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
