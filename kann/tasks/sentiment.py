"""The film review demo: a GRU that classifies the sentiment of a review, read word by word."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from kann.records import Dataset
from kann.tasks.demos import FOLDER
from kann.tasks.imdb import CLASSES, SOURCE, most_frequent, read_reviews, split_rows
from kann.tasks.model_cards import Card, sha256, write_card, write_checkpoint
from kann.tasks.training import Epoch, Recipe, fit, reproducible

NAME = "sentiment"
WORDS = 20_000
LAST = 250
HELD_OUT = 0.04
RECIPE = Recipe(epochs=5, batch_size=64, learning_rate=2e-3, warm_up=0.1)
REVIEWS = "sentiment_reviews.csv"
_DROPPED = 0.3
_SAMPLE = 2000
_TEXT = {
    "name": NAME,
    "title": "Film reviews: a GRU",
    "sentence": "A GRU that reads a film review word by word and says at its end whether it praises: watch it decide.",
    "network": "embedding 20000 x 128, GRU 128 -> 256, linear 256 -> 1 (log-odds of praise) after the last word",
    "initialisation": "default",
    "classes": {str(label): name for label, name in CLASSES.items()},
}
_WRITTEN = (
    "written for this project: rows 0-99, before any network had read them, with contrasts, irony and mixed verdicts; "
    "rows 100-119, afterwards, in the plain words of most reviews"
)
_METADATA = {"demo": NAME, "network": "GRU", "layer": "gru", "data": "IMDB"}


class Reader(nn.Module):
    """Embedding, GRU, and a linear read-out of one log-odds, applied to the state after a review's last true token."""

    def __init__(self, words: int, embedding: int = 128, hidden: int = 256) -> None:
        super().__init__()
        self.embedding = nn.Embedding(words, embedding)
        self.gru = nn.GRU(embedding, hidden, batch_first=True)
        self.readout = nn.Linear(hidden, 1)
        self.dropout = nn.Dropout(_DROPPED)

    def forward(self, ids: Int[Tensor, "reviews steps"], lengths: Int[Tensor, " reviews"]) -> Float[Tensor, " reviews"]:
        """The state is taken at the true length, so that padding has no effect."""
        states, _ = self.gru(self.dropout(self.embedding(ids)))
        last = states[torch.arange(len(ids)), lengths - 1]
        return self.readout(self.dropout(last))[:, 0]


@dataclass(frozen=True)
class Padded:
    """Reviews side by side: `ids` [reviews steps], zeros behind the true `lengths` [reviews]."""

    ids: Tensor
    lengths: Tensor


def padded(sequences: Sequence[np.ndarray], last: int | None = None) -> Padded:
    """The last `last` of the token ids [steps] of every review; all of them where it is None."""
    tails = [torch.from_numpy(sequence if last is None else sequence[-last:]) for sequence in sequences]
    lengths = torch.tensor([len(tail) for tail in tails])
    return Padded(nn.utils.rnn.pad_sequence(tails, batch_first=True), lengths)


def open_training(path: Path, words: int = WORDS, seed: int = RECIPE.seed) -> Dataset:
    """The training reviews in the words that are most frequent in those which are not held out."""
    reviews = read_reviews(path)
    rows, _ = split_rows(reviews.labels, HELD_OUT, seed)
    return read_reviews(path, most_frequent((reviews.tokens[row] for row in rows), words))


def train(
    reviews: Dataset, recipe: Recipe, progress: Callable[[Epoch], None] | None = None
) -> tuple[Reader, list[Epoch]]:
    """Train on the last words of every review; the epoch is chosen on those held out, then weights are rounded.

    They are rounded to half precision, as in the checkpoint, so that the scored weights are those that ship.
    """
    read = padded(reviews.sequences, LAST)
    labels = torch.from_numpy(reviews.labels).float()
    rows = [torch.from_numpy(part) for part in split_rows(reviews.labels, HELD_OUT, recipe.seed)]

    def losses(network: nn.Module, chosen: Tensor) -> Tensor:
        lengths = read.lengths[chosen]
        said = network(read.ids[chosen, : int(lengths.max())], lengths)
        return nn.functional.binary_cross_entropy_with_logits(said, labels[chosen], reduction="none")

    with reproducible(recipe.seed):
        network = Reader(len(reviews.token_names))
        history = fit(network, losses, *rows, recipe, progress)
    network.load_state_dict({name: tensor.half().float() for name, tensor in network.state_dict().items()})
    return network.eval(), history


@torch.no_grad()
def log_odds(
    network: Reader, reviews: Dataset, last: int | None = None, batch_size: int = 64
) -> Float[np.ndarray, " reviews"]:
    """Log-odds after each review, or after its last `last` words: positive for positive sentiment."""
    said = np.zeros(len(reviews), np.float32)
    by_length = np.argsort(reviews.lengths, kind="stable")
    for rows in np.split(by_length, range(batch_size, len(reviews), batch_size)):
        batch = padded([reviews.sequences[row] for row in rows], last)
        said[rows] = network(batch.ids, batch.lengths).numpy()
    return said


def scores(said: Float[np.ndarray, " reviews"], labels: Int[np.ndarray, " reviews"]) -> Card:
    """Accuracy, and the confusion matrix by true class."""
    called = (said > 0).astype(np.int64)
    return {
        "reviews": len(labels),
        "right": round(float((called == labels).mean()), 4),
        "confusion": {
            name: {f"called {other}": int((called[labels == label] == place).sum()) for place, other in CLASSES.items()}
            for label, name in CLASSES.items()
        },
    }


def make_demo(
    training: Path, test: Path, recipe: Recipe, folder: Path, progress: Callable[[Epoch], None] | None = None
) -> Card:
    """Train, and write `sentiment.safetensors`, its reviews and the card `sentiment.json`; returns the card."""
    reviews = open_training(training, seed=recipe.seed)
    network, history = train(reviews, recipe, progress)
    return write_demo(network, history, reviews, read_reviews(test, reviews.token_names), recipe, folder)


def write_demo(
    network: Reader, history: list[Epoch], reviews: Dataset, test: Dataset, recipe: Recipe, folder: Path
) -> Card:
    """Write the files of a trained network that ship: checkpoint with its words, our own reviews, card."""
    folder.mkdir(parents=True, exist_ok=True)
    shipped = folder / REVIEWS
    if folder.resolve() != FOLDER.resolve():
        shutil.copyfile(FOLDER / REVIEWS, shipped)
    digest = write_checkpoint(
        {name: tensor.half() for name, tensor in network.state_dict().items()},
        _METADATA | {"vocabulary": json.dumps(list(reviews.token_names), ensure_ascii=False)},
        folder / "sentiment.safetensors",
    )
    card = _TEXT | {
        "checkpoint": {"file": "sentiment.safetensors", "sha256": digest, "precision": "float16"},
        "data_file": {"file": REVIEWS, "sha256": sha256(shipped), "source": _WRITTEN},
        **_training_card(reviews, recipe, history),
        **_scores_card(network, reviews, test, read_reviews(shipped, reviews.token_names), recipe.seed),
    }
    write_card(card, folder / "sentiment.json")
    return card


def _training_card(reviews: Dataset, recipe: Recipe, history: list[Epoch]) -> Card:
    kept = min(history, key=lambda epoch: epoch.validation)
    return {
        "training_data": {"name": "IMDB", "source": SOURCE, "sha256": reviews.sha256, "reviews": len(reviews)},
        "vocabulary": {
            "words": len(reviews.token_names),
            "rule": "the most frequent in the reviews trained on, lower case, signs apart, <br /> left out; row 0 is "
            "every other word",
            "share_of_other_words": round(reviews.unknown_share, 4),
        },
        "recipe": {
            "optimiser": "Adam, one-cycle learning rate (cosine), gradients clipped by norm",
            "loss": "binary cross-entropy of the log-odds",
            "last_words_read": LAST,
            "dropout_of_embedding_and_last_state": _DROPPED,
            **asdict(recipe),
            "kept_epoch": kept.number,
            "training_loss": round(kept.training, 4),
            "validation_loss": round(kept.validation, 4),
            "command": "python -m kann train sentiment",
        },
    }


def _scores_card(network: Reader, reviews: Dataset, test: Dataset, shipped: Dataset, seed: int) -> Card:
    """Scores of the rounded weights on whole reviews; and the reviews of our own that they get wrong."""
    rows, held_out = split_rows(reviews.labels, HELD_OUT, seed)
    sample = rows[np.linspace(0, len(rows) - 1, min(_SAMPLE, len(rows))).astype(np.int64)]
    parts = {
        "training_sample": reviews.select(sample),
        "validation": reviews.select(held_out),
        "test": test,
        "shipped": shipped,
    }
    said = {name: log_odds(network, part) for name, part in parts.items()}
    return {
        "test_data": {"sha256": test.sha256, "reviews": len(test)},
        "scores": {
            **{name: scores(said[name], part.labels) for name, part in parts.items()},
            f"test_last_{LAST}_words": scores(log_odds(network, test, LAST), test.labels),
        },
        "shipped_mistakes": _mistakes(said["shipped"], shipped),
        "split": {"rows": "from 0 in the training reviews", "validation": held_out.tolist()},
    }


def _mistakes(said: Float[np.ndarray, " reviews"], reviews: Dataset) -> list[Mapping]:
    """The misclassified reviews: their row, class, log-odds and beginning."""
    wrong = np.flatnonzero((said > 0) != (reviews.labels > 0))
    return [
        {
            "row": int(row),
            "class": CLASSES[int(reviews.labels[row])],
            "log_odds": round(float(said[row]), 2),
            "begins": " ".join(reviews.tokens[row][:12]),
        }
        for row in wrong
    ]
