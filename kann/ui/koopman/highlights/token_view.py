"""A text as one element of shaded words that can be picked; user text never becomes markup in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from kann.figures.style import Palette

_HERE = Path(__file__).parent
_tokens = st.components.v2.component(
    "kann_tokens",
    html='<div class="tokens" role="listbox" aria-multiselectable="true" aria-label="Words of the text"></div>',
    css=(_HERE / "tokens.css").read_text(),
    js=(_HERE / "tokens.js").read_text(),
)


@dataclass(frozen=True)
class Shaded:
    """`words` with their `tints` (-1 to 1) and the `hints` that stand beside each while the pointer is over it; the
    places of those that are `chosen`."""

    words: Sequence[str]
    tints: Sequence[float]
    hints: Sequence[str]
    chosen: Sequence[int]


def token_view(text: Shaded, colours: Palette, key: str, picked: Callable[[list[int]], None]) -> None:
    """Words on a ground of the palette's accent (tint above zero) or negative colour, as strong as the tint.

    `picked` is called with the words that are chosen once a person has picked one more or one less.
    """
    _tokens(
        key=key,
        data={
            "words": list(text.words), "tints": [round(tint, 3) for tint in text.tints], "hints": list(text.hints),
            "chosen": list(text.chosen), "up": colours.accent, "down": colours.negative, "ring": colours.selected,
        },
        on_picked_change=lambda: picked(_places(st.session_state[key].picked, len(text.words))),
    )  # fmt: skip


def _places(told: Any, count: int) -> list[int]:
    """What a browser sends is checked: places of words, each once, in order."""
    listed = told if isinstance(told, list) else []
    return sorted({place for place in listed if type(place) is int and 0 <= place < count})
