"""The copy demos: an orthogonal network and a GRU that learn the task, and a tanh network that does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from kann.errors import OutOfRange
from kann.tasks import copy
from kann.tasks.copy_networks import SETTLING, CopyRecipe, Turn, recall_by_delay, train
from kann.tasks.model_cards import Card, sha256, write_card, write_checkpoint

DATA_FILE = "copy_sequences.npz"


@dataclass(frozen=True)
class CopyDemo:
    """A network that ships: its words, and the recipe that makes it."""

    title: str
    sentence: str
    recipe: CopyRecipe


DEMOS = {
    "copy-orthogonal": CopyDemo(
        "Copy: an orthogonal network that remembers over 200 blanks",
        "Ten symbols, then up to 200 blanks: an orthogonal recurrence keeps them, and its eigenvalues show how.",
        CopyRecipe("orthogonal", tuple(range(10, 201, 10)), 2, 2400, "RMSprop", 1e-3, 2e-4),
    ),
    "copy-gru": CopyDemo(
        "Copy: a GRU that remembers over 50 blanks",
        "The same task for a GRU: it learnt delays of up to 20 blanks, holds 50, and has forgotten all after 200.",
        CopyRecipe("GRU", tuple(range(1, 21)), 1, 6000, "Adam", 2e-3, 2e-3),
    ),
    "copy-rnn": CopyDemo(
        "Copy: a tanh network that remembers nothing",
        "The same task for a plain tanh network: trained at 200 blanks, it guesses at every delay.",
        CopyRecipe("tanh RNN", (200,), 1, 600, "RMSprop", 1e-3, 1e-3),
    ),
}


def make_demo(name: str, folder: Path, progress: Callable[[Turn], None] | None = None, **changes) -> Card:
    """Train the demo of this name and write its checkpoint and card, and the sequences beside them.

    Raises:
        OutOfRange: there is no such demo, or a change of its recipe that cannot be.
    """
    if name not in DEMOS:
        raise OutOfRange(f"There is no copy demo called {name!r}; there are: {', '.join(DEMOS)}.")
    demo = DEMOS[name]
    recipe = CopyRecipe(**asdict(demo.recipe) | changes)
    folder.mkdir(parents=True, exist_ok=True)
    network, history = train(recipe, progress)
    copy.write_copies(folder / DATA_FILE)
    digest = write_checkpoint(network.state_dict(), _metadata(name, recipe), folder / f"{name}.safetensors")
    card = {
        "name": name,
        "title": demo.title,
        "sentence": demo.sentence,
        "network": f"{recipe.cell} {copy.IDS} -> {recipe.hidden}, linear {recipe.hidden} -> {copy.ALPHABET}",
        "initialisation": "default",
        "checkpoint": {"file": f"{name}.safetensors", "sha256": digest},
        "data_file": {"file": DATA_FILE, "sha256": sha256(folder / DATA_FILE)} | copy.describe(),
        "recipe": _recipe_card(recipe, history),
        "scores": {"recall_by_delay": recall_by_delay(network, folder / DATA_FILE), "guess": 1 / copy.ALPHABET},
    }
    write_card(card, folder / f"{name}.json")
    return card


def _metadata(name: str, recipe: CopyRecipe) -> dict[str, str]:
    own = {"cell": recipe.cell} if recipe.cell == "orthogonal" else {}
    return {"demo": name, "layer": "memory", "data": "copy task"} | own


def _recipe_card(recipe: CopyRecipe, history: list[Turn]) -> Card:
    return asdict(recipe) | {
        "delays": list(recipe.delays),
        "loss": "cross-entropy over the ten steps of recall",
        "schedule": f"constant, then to nothing over the last {SETTLING:.0%} of the iterations (cosine)",
        "longest_delay_opened": history[-1].longest,
        "last_loss": round(history[-1].loss, 4),
        "command": "python -m kann train copy",
    }
