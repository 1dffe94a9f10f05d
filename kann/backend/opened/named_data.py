"""Data sets known by name: what there is, where it is looked for, and fetching it."""

from __future__ import annotations

from pathlib import Path

from kann.errors import UnreadableDataset
from kann.inputs.data import downloads, named_datasets
from kann.inputs.data.named_datasets import NAMED, where


def folders() -> list[Path]:
    """Where named data sets are looked for, in this order."""
    return named_datasets.folders()


def listed() -> list[tuple[str, str, Path | None]]:
    """Every part of every data set: its name, its place below one of the `folders`, and where it lies if it is here."""
    return [
        (f"{name}/{label}", part.path, where(part)) for name, parts in NAMED.items() for label, part in parts.items()
    ]


def fetch(name: str) -> list[Path]:
    """Downloads what is not here yet of "ecg5000", or of its part "ecg5000/test"; see `downloads.fetch`.

    Raises:
        UnreadableDataset: it cannot be had; the sentence says which file to put where.
    """
    try:
        return downloads.fetch(name)
    except UnreadableDataset as error:
        raise UnreadableDataset(f"Cannot fetch {name[:60]}: {error}") from None
