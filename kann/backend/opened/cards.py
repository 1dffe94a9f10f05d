"""Contents of the model card of a shipped network: names of classes, a threshold, the initialisation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kann.backend.opened.library import Library
from kann.tasks.demos import demos


@dataclass(frozen=True)
class Detector:
    """`threshold`: the smallest loss of an anomalous sequence, by the `rule` of the card; `scores` of the card, by the
    name of the split: shares of normal sequences below the threshold and of anomalies not below it."""

    threshold: float
    rule: str
    scores: dict[str, dict]


def card_of(library: Library, source: Any) -> dict | None:
    """The shipped card of a model with the same bytes, under any file name; None for other models."""
    if source.model is None:
        return None
    digest = library.checkpoint(source.model).sha256
    return next((demo.card for demo in demos() if demo.sha256 == digest), None)


def class_names(library: Library, source: Any) -> dict[str, str]:
    """Names of the classes by label; empty where the card has none, or describes other data.

    Source: `classes` of the card. They apply to the data that ship with the model, under any file name, and to data
    with the name of its training data: in other data a label "1" has another meaning.
    """
    card = card_of(library, source) or {}
    trained_on = card.get("training_data", {}).get("name", "")
    name = library.name(source.data, "data").lower()
    known = (trained_on and trained_on.lower() in name) or _ships_with(library, source, card)
    return dict(card.get("classes", {})) if known else {}


def _ships_with(library: Library, source: Any, card: dict) -> bool:
    """Whether the data are those that ship with the card's model, under any file name."""
    if not card or source.data == f"demo:{card['name']}":
        return bool(card)
    return library.dataset(source.data, source.vocabulary).sha256 == card["data_file"]["sha256"]


def initialisation(library: Library, source: Any) -> str:
    """The kind of initialisation before training, by the model's card; "" where it is not stated."""
    return (card_of(library, source) or {}).get("initialisation", "")


def detector(library: Library, source: Any) -> Detector | None:
    """The anomaly threshold of the model's card, or None."""
    card = card_of(library, source) or {}
    if "threshold" not in card:
        return None
    return Detector(card["threshold"]["loss"], card["threshold"]["rule"], card.get("scores", {}))
