"""The heartbeat demo: an LSTM autoencoder trained on normal beats only, which detects anomalies by its reconstruction
error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float
from safetensors.torch import load_file
from torch import Tensor, nn

from kann.errors import NotEnoughData
from kann.tasks import beats as simulated
from kann.tasks.ecg5000 import CLASSES, NORMAL, SOURCE, Beats, Split, split_beats
from kann.tasks.model_cards import Card, sha256, write_card, write_checkpoint
from kann.tasks.training import Epoch, Recipe, fit, reproducible

NAME = "ecg"
_WORDS = {
    "name": NAME,
    "title": "Heartbeats: an LSTM autoencoder",
    "sentence": "An LSTM autoencoder that has seen normal heartbeats only: what it cannot rebuild is an anomaly.",
    "network": "encoder LSTM 1 -> 64, its last h repeated 140 times, decoder LSTM 64 -> 128, linear 128 -> 1",
    "initialisation": "forget bias 1",
    "classes": {str(label): name for label, name in CLASSES.items()},
}
_METADATA = {"demo": NAME, "network": "LSTM autoencoder", "layer": "encoder", "data": "ECG5000, normal beats"}
_RULE = (
    "chosen on the validation split: the loss that maximises the smaller of two shares, "
    "normal beats under it and anomalies not under it"
)
_ROWS = "from 0 in ECG5000_TRAIN followed by ECG5000_TEST; training holds normal beats only"


class Autoencoder(nn.Module):
    """LSTM 1 -> 64 whose last hidden state, repeated at every step, drives LSTM 64 -> 128 and a linear read-out."""

    def __init__(self, hidden: int = 64, decoder_hidden: int = 128) -> None:
        super().__init__()
        self.encoder = nn.LSTM(1, hidden, batch_first=True)
        self.decoder = nn.LSTM(hidden, decoder_hidden, batch_first=True)
        self.readout = nn.Linear(decoder_hidden, 1)
        for layer in (self.encoder, self.decoder):
            _open_forget_gates(layer)

    def forward(self, signals: Float[Tensor, "beats steps 1"]) -> Float[Tensor, "beats steps 1"]:
        _, (last, _) = self.encoder(signals)
        repeated = last[-1][:, None].expand(-1, signals.shape[1], -1)
        states, _ = self.decoder(repeated)
        return self.readout(states)


@dataclass(frozen=True)
class Detector:
    """A trained autoencoder with the loss from which on a beat counts as anomalous."""

    network: Autoencoder
    threshold: float

    def is_normal(self, signals: Float[np.ndarray, "beats steps 1"]) -> Bool[np.ndarray, " beats"]:
        """Whether each beat's loss is below the threshold."""
        return reconstruction_losses(self.network, signals) < self.threshold


def absolute_errors(network: nn.Module, signals: Tensor) -> Float[Tensor, " beats"]:
    """L1 distance between each beat and its reconstruction, summed over the steps."""
    return (network(signals) - signals).abs().sum(dim=(1, 2))


@torch.no_grad()
def reconstruction_losses(
    network: nn.Module, signals: Float[np.ndarray, "beats steps 1"], batch_size: int = 512
) -> Float[np.ndarray, " beats"]:
    """`absolute_errors` of arrays, in batches, without gradients."""
    batches = torch.from_numpy(signals).split(batch_size)
    return torch.cat([absolute_errors(network, batch) for batch in batches]).numpy()


def choose_threshold(normal: Float[np.ndarray, " normal"], anomalous: Float[np.ndarray, " anomalous"]) -> float:
    """The loss that maximises the smaller of two shares: normal beats below it, anomalies not below it. Candidates are
    the midpoints between neighbouring losses; of equally good ones the middle one is taken.

    Raises:
        NotEnoughData: one of the two is empty.
    """
    if not len(normal) or not len(anomalous):
        raise NotEnoughData(
            f"A threshold needs normal and anomalous beats, but there are {len(normal)} and {len(anomalous)}."
        )
    losses = np.unique(np.concatenate([normal, anomalous]).astype(np.float64))
    candidates = np.convolve(np.concatenate([losses, losses[-1:] + 1]), [0.5, 0.5], mode="valid")
    under = np.searchsorted(np.sort(normal), candidates) / len(normal)
    over = 1 - np.searchsorted(np.sort(anomalous), candidates) / len(anomalous)
    smaller = np.minimum(under, over)
    best = np.flatnonzero(smaller == smaller.max())
    return float(candidates[best[len(best) // 2]])


def scores(detector: Detector, beats: Beats) -> Card:
    """Accuracy of the detector: the share of normal beats below the threshold, and of others not below it.

    None where there are no such beats.
    """
    right = detector.is_normal(beats.signals) == (beats.labels == NORMAL)
    normal = beats.labels == NORMAL
    return {
        "normal_under": _share(right[normal]),
        "anomalies_over": _share(right[~normal]),
        "right": _share(right),
        "per_class": {
            str(label): {"beats": int((beats.labels == label).sum()), "right": _share(right[beats.labels == label])}
            for label in np.unique(beats.labels).tolist()
        },
    }


def train(
    beats: Beats, recipe: Recipe, progress: Callable[[Epoch], None] | None = None
) -> tuple[Detector, Split, list[Epoch]]:
    """Train on normal beats; the epoch is chosen on the validation split's normal beats, the threshold on all of it."""
    split = split_beats(beats.labels, recipe.seed)
    validation = _rows(beats, split.validation)
    normal = validation.labels == NORMAL
    training = torch.from_numpy(beats.signals[split.training])
    with reproducible(recipe.seed):
        network = Autoencoder()
        held_out = torch.from_numpy(validation.signals[normal])
        history = fit(network, absolute_errors, training, held_out, recipe, progress)
        losses = reconstruction_losses(network, validation.signals)
    return Detector(network, choose_threshold(losses[normal], losses[~normal])), split, history


def make_demo(beats: Beats, recipe: Recipe, folder: Path, progress: Callable[[Epoch], None] | None = None) -> Card:
    """Train, simulate, and write `ecg.safetensors`, `ecg_beats.npz` and the card `ecg.json`; returns the card."""
    folder.mkdir(parents=True, exist_ok=True)
    detector, split, history = train(beats, recipe, progress)
    shipped = simulated.write_beats(folder / "ecg_beats.npz")
    digest = write_checkpoint(detector.network.state_dict(), _METADATA, folder / "ecg.safetensors")
    card = _WORDS | {
        "checkpoint": {"file": "ecg.safetensors", "sha256": digest},
        "data_file": {"file": "ecg_beats.npz", "sha256": sha256(folder / "ecg_beats.npz")} | simulated.describe(),
        **_training_card(beats, recipe, history),
        **_detector_card(detector, beats, split, shipped),
    }
    write_card(card, folder / "ecg.json")
    return card


def load_detector(checkpoint: Path, card: Mapping) -> Detector:
    """The autoencoder of a checkpoint that `make_demo` wrote, with its card's threshold."""
    network = Autoencoder()
    network.load_state_dict(load_file(checkpoint))
    return Detector(network.eval(), card["threshold"]["loss"])


@torch.no_grad()
def _open_forget_gates(layer: nn.LSTM) -> None:
    """Bias 1 for the forget gates (the second quarter): 140 steps are learnt in far fewer epochs.

    Source: Jozefowicz, Zaremba and Sutskever (2015), "An empirical exploration of recurrent network architectures".
    """
    layer.bias_hh_l0[layer.hidden_size : 2 * layer.hidden_size] = 1


def _training_card(beats: Beats, recipe: Recipe, history: list[Epoch]) -> Card:
    kept = min(history, key=lambda epoch: epoch.validation)
    return {
        "training_data": {"name": "ECG5000", "source": SOURCE, "sha256": beats.files, "rows": len(beats.labels)},
        "recipe": {
            "optimiser": "Adam, one-cycle learning rate (cosine), gradients clipped by norm",
            "loss": "L1 between beat and reconstruction, summed over the 140 points",
            **asdict(recipe),
            "kept_epoch": kept.number,
            "training_loss": round(kept.training, 3),
            "validation_loss_of_normal_beats": round(kept.validation, 3),
            "command": "python -m kann train ecg",
        },
    }


def _detector_card(detector: Detector, beats: Beats, split: Split, shipped: Beats) -> Card:
    return {
        "threshold": {"loss": detector.threshold, "rule": _RULE},
        "scores": {
            "validation": scores(detector, _rows(beats, split.validation)),
            "test": scores(detector, _rows(beats, split.test)),
            "simulated": scores(detector, shipped),
        },
        "split": {"rows": _ROWS} | {name: rows.tolist() for name, rows in asdict(split).items()},
    }


def _rows(beats: Beats, rows: np.ndarray) -> Beats:
    return replace(beats, signals=beats.signals[rows], labels=beats.labels[rows])


def _share(right: np.ndarray) -> float | None:
    return round(float(right.mean()), 4) if len(right) else None
