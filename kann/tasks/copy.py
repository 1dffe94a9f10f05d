"""The copy task: symbols to remember, a delay of blanks, a marker, and as many steps to recall.

Source: Hochreiter and Schmidhuber (1997) for the task, Arjovsky, Shah and Bengio (2016), section 4.1, for
alphabet and lengths; their delay of T holds T - 1 blanks, ours T.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int

ALPHABET = 8
ITEMS = 10
BLANK = ALPHABET
MARKER = ALPHABET + 1
IDS = ALPHABET + 2
NAMES = (*"abcdefgh", "·", "go")
# Multiples of the number of symbols: a recurrence that only rotates must return to the same state after each.
DELAYS = (10, 20, 50, 100, 150, 200)
EACH = 60
SEED = 0
SOURCE = "by definition: Arjovsky, Shah and Bengio 2016, arXiv:1511.06464, section 4.1"


def copy_sequences(items: Int[np.ndarray, "sequences items"], delay: int) -> Int[np.ndarray, "sequences steps"]:
    """The ids of each step: the items, `delay` blanks, the marker, and a blank for each item to recall."""
    sequences = np.full((len(items), 2 * items.shape[1] + delay + 1), BLANK, dtype=np.int64)
    sequences[:, : items.shape[1]] = items
    sequences[:, items.shape[1] + delay] = MARKER
    return sequences


def draw_items(count: int, random: np.random.Generator) -> Int[np.ndarray, "sequences items"]:
    """So many times ten symbols, each as likely as any other."""
    return random.integers(ALPHABET, size=(count, ITEMS))


def recalled(sequence: np.ndarray) -> np.ndarray | None:
    """What is to be recalled in the last steps of a sequence of ids; None where it is not of the task's form.

    The ids themselves do not matter: the last one is the blank, the last other one the marker.
    """
    places = np.flatnonzero(sequence != sequence[-1]) if len(sequence) else np.zeros(0, np.int64)
    count = len(places) - 1
    if count < 1 or not np.array_equal(places[:-1], np.arange(count)):
        return None
    items, marker = sequence[:count], places[-1]
    fits = marker > count and len(sequence) == marker + 1 + count and sequence[marker] not in items
    return items if fits else None


def write_copies(path: Path, delays: Sequence[int] = DELAYS, each: int = EACH, seed: int = SEED) -> None:
    """Write sequences of every delay in turn as `.npz`: `symbols`, `lengths`, the delays as `labels`, `token_names`."""
    random = np.random.default_rng(seed)
    labels = np.tile(delays, each)
    lengths = labels + 2 * ITEMS + 1
    symbols = np.full((len(labels), lengths.max()), BLANK, dtype=np.int8)
    for row, delay in zip(symbols, labels.tolist(), strict=True):
        row[: delay + 2 * ITEMS + 1] = copy_sequences(draw_items(1, random), delay)[0]
    np.savez_compressed(path, symbols=symbols, lengths=lengths, labels=labels, token_names=np.array(NAMES))


def describe(delays: Sequence[int] = DELAYS, each: int = EACH, seed: int = SEED) -> dict[str, Any]:
    """The model card's description of the sequences."""
    return {
        "source": SOURCE,
        "definition": f"{ITEMS} of {ALPHABET} symbols, T blanks, a marker, {ITEMS} blanks at which they are recalled",
        "ids": dict(zip(NAMES, range(IDS), strict=True)),
        "delays": list(delays),
        "sequences_of_each_delay": each,
        "seed": seed,
    }
