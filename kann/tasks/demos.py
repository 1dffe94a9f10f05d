"""The demos that ship and work offline: a card, a checkpoint and a data file each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from kann.errors import OutOfRange
from kann.tasks.model_cards import Card, read_card

FOLDER = Path(__file__).parents[1] / "demos"
# The order on the start page.
ORDER = ("sentiment", "ecg", "copy-orthogonal", "copy-gru", "copy-rnn")


@dataclass(frozen=True)
class Demo:
    """A trained network with data to try it on; `sentence` says in one line what it shows, `sha256` is its
    checkpoint's."""

    name: str
    title: str
    sentence: str
    checkpoint: Path
    sha256: str
    data: Path
    card_path: Path

    @property
    def card(self) -> Card:
        """The whole model card, read anew."""
        return read_card(self.card_path)


def demos(folder: Path = FOLDER) -> list[Demo]:
    """Every demo whose card lies in the folder: those of ORDER first, others by name."""
    places = {name: place for place, name in enumerate(ORDER)}
    cards = sorted(folder.glob("*.json"), key=lambda path: (places.get(path.stem, len(ORDER)), path))
    return [_demo(path) for path in cards]


def find_demo(name: str, folder: Path = FOLDER) -> Demo:
    """The demo of this name.

    Raises:
        OutOfRange: there is none; the message lists those that there are.
    """
    found = {demo.name: demo for demo in demos(folder)}
    if name not in found:
        raise OutOfRange(f"There is no demo called {name!r}; there are: {', '.join(found) or 'none'}.")
    return found[name]


def _demo(path: Path) -> Demo:
    return _described(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _described(path: Path, version: int) -> Demo:
    """The demo of a card; read once for each `version` of the file, since pages ask for it all the time."""
    card = read_card(path)
    return Demo(
        name=card["name"],
        title=card["title"],
        sentence=card["sentence"],
        checkpoint=path.with_name(card["checkpoint"]["file"]),
        sha256=card["checkpoint"]["sha256"],
        data=path.with_name(card["data_file"]["file"]),
        card_path=path,
    )
