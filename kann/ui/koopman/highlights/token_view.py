"""A component that shows a text as shaded words that can be picked; user text is never interpreted as markup."""

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
    """`words` with their `tints` (-1 to 1) and `hints` (tooltips), and the positions of the `chosen` words."""

    words: Sequence[str]
    tints: Sequence[float]
    hints: Sequence[str]
    chosen: Sequence[int]


def token_view(text: Shaded, colours: Palette, key: str, picked: Callable[[list[int]], None]) -> None:
    """Shows words on a background of the palette's accent colour (tint above 0) or negative colour, opacity by the
    tint.

    `picked` is called with the positions of the chosen words after each change by the user.
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
    """Positions of words, unique and rising; anything else that the browser sends is dropped."""
    listed = told if isinstance(told, list) else []
    return sorted({place for place in listed if type(place) is int and 0 <= place < count})
