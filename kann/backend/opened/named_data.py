"""Data sets known by name: their list, the folders in which they are searched, and their download."""

from __future__ import annotations

from pathlib import Path

from kann.errors import UnreadableDataset
from kann.inputs.data import downloads, named_datasets
from kann.inputs.data.named_datasets import NAMED, where


def folders() -> list[Path]:
    """Folders in which named data sets are searched, in this order."""
    return named_datasets.folders()


def listed() -> list[tuple[str, str, Path | None]]:
    """Every part of every data set: its name, its path below one of the `folders`, and its file if it is present."""
    return [
        (f"{name}/{label}", part.path, where(part)) for name, parts in NAMED.items() for label, part in parts.items()
    ]


def fetch(name: str) -> list[Path]:
    """Downloads the missing files of a data set ("ecg5000") or of a part of it ("ecg5000/test"); see `downloads.fetch`.

    Raises:
        UnreadableDataset: the download failed; the message says which file to put where.
    """
    try:
        return downloads.fetch(name)
    except UnreadableDataset as error:
        raise UnreadableDataset(f"Cannot fetch {name[:60]}: {error}") from None
