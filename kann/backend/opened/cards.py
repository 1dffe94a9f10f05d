"""What is known of an opened network from the model card that ships with it: names of classes, a threshold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kann.backend.opened.library import Library
from kann.tasks.demos import demos


@dataclass(frozen=True)
class Detector:
    """A loss from which on a sequence counts as anomalous, by the card's `rule`; `scores` the card's own, by the
    name of the split: shares of normal sequences under it and of anomalies not under it."""

    threshold: float
    rule: str
    scores: dict[str, dict]


def card_of(library: Library, source: Any) -> dict | None:
    """The shipped card of this very model, whatever its file is called; None for any other."""
    if source.model is None:
        return None
    digest = library.checkpoint(source.model).sha256
    return next((demo.card for demo in demos() if demo.sha256 == digest), None)


def class_names(library: Library, source: Any) -> dict[str, str]:
    """What the labels of the opened data mean; empty where the card does not say, or speaks of other data.

    Source: `classes` of the card. They hold for the data that ship with it, whatever their file is called, and for
    those it was trained on, by their name, since a label "1" means something else elsewhere.
    """
    card = card_of(library, source) or {}
    trained_on = card.get("training_data", {}).get("name", "")
    name = library.name(source.data, "data").lower()
    known = (trained_on and trained_on.lower() in name) or _ships_with(library, source, card)
    return dict(card.get("classes", {})) if known else {}


def _ships_with(library: Library, source: Any, card: dict) -> bool:
    """Whether the data are those that the card's model ships with, whatever their file is called."""
    if not card or source.data == f"demo:{card['name']}":
        return bool(card)
    return library.dataset(source.data, source.vocabulary).sha256 == card["data_file"]["sha256"]


def initialisation(library: Library, source: Any) -> str:
    """The kind of initialisation that the model's card says it began with; "" where none does."""
    return (card_of(library, source) or {}).get("initialisation", "")


def detector(library: Library, source: Any) -> Detector | None:
    """The anomaly threshold of this model's card, or None."""
    card = card_of(library, source) or {}
    if "threshold" not in card:
        return None
    return Detector(card["threshold"]["loss"], card["threshold"]["rule"], card.get("scores", {}))
