"""A text as one element of shaded words that can be picked; user text never becomes markup in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

_HERE = Path(__file__).parent
_tokens = st.components.v2.component(
    "kann_tokens",
    html='<div class="tokens" role="listbox" aria-multiselectable="true" aria-label="Words of the text"></div>',
    css=(_HERE / "tokens.css").read_text(),
    js=(_HERE / "tokens.js").read_text(),
)


def token_view(
    words: Sequence[str],
    tints: Sequence[float],
    hints: Sequence[str],
    chosen: Sequence[int],
    colours: Any,
    key: str,
    picked: Callable[[list[int]], None],
) -> None:
    """Words on a ground of the palette's accent (tint above zero) or negative colour, as strong as the tint.

    `hints` stand beside each word while the pointer is over it; `picked` is called with the words that are chosen
    once a person has picked one more or one less.
    """
    _tokens(
        key=key,
        data={
            "words": list(words), "tints": [round(tint, 3) for tint in tints], "hints": list(hints),
            "chosen": list(chosen), "up": colours.accent, "down": colours.negative, "ring": colours.selected,
        },
        on_picked_change=lambda: picked(_places(st.session_state[key].picked, len(words))),
    )  # fmt: skip


def _places(told: Any, count: int) -> list[int]:
    """What a browser sends is checked: places of words, each once, in order."""
    listed = told if isinstance(told, list) else []
    return sorted({place for place in listed if type(place) is int and 0 <= place < count})
