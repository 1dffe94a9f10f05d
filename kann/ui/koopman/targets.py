"""What texts are read by: the selected modes, or the one that decides, and the class that blue stands for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from kann.analyses.koopman.spectrum.koopman_states import Result
from kann.analyses.koopman.spectrum.transitions import Settings
from kann.analyses.wording import share
from kann.backend.opened.library import Source
from kann.ui import session
from kann.ui.start import service
from kann.ui.words import plain

_KEPT = {"persist_state": "session"}
# A mode whose share of the evidence is this far from one does not carry it alone.
_CLEAR = 0.25


@dataclass(frozen=True)
class Lens:
    """What a text is read by: `modes` and what to call them, the class `toward` which blue points (None without a
    read-out), what to call its `evidence`, and where words push: `sides` "up" and "down"."""

    modes: list[int]
    called: str
    toward: int | None
    evidence: str
    sides: dict[str, str]


def choose_lens(source: Source, settings: Settings, result: Result, chosen: list[int], place: Any) -> Lens:
    """The selected modes; where none is selected, the one that carries the decision, and a word about it."""
    toward = _toward(source, settings, place)
    decisive, part = service().decisive_mode(source, settings, result, toward)
    modes = chosen or [decisive]
    called = f"Mode {modes[0] + 1}" if len(modes) == 1 else f"Modes {', '.join(str(mode + 1) for mode in modes)}"
    of = "the states' variance" if toward is None else "the evidence while reading"
    told = "" if chosen else " No mode is selected, so this one is shown: click another below, or on the Spectrum page."
    row = st.container(horizontal=True, vertical_alignment="center")
    mixed = toward is not None and abs(part - 1) > _CLEAR
    hint = f" At rank {result.operator.rank} modes share it and cancel; fewer mix less." if mixed else ""
    words = f"Mode {decisive + 1} carries most of {of}: a share of {share(part)}.{hint}{told}"
    row.markdown(plain(words), width="stretch")
    if chosen:
        row.button("Clear the selection", on_click=session.select, args=([],))
    return Lens(modes, called, toward, *_directions(service().outcomes(source, settings), toward))


def _toward(source: Source, settings: Settings, place: Any) -> int | None:
    """The class that blue stands for: of two the second; of more, one that is chosen; None without a read-out."""
    names = service().outcomes(source, settings)
    if len(names) <= 2:
        return len(names) - 1 if names else None
    if st.session_state.get("toward", 0) >= len(names):
        st.session_state.toward = 0
    return place.selectbox(
        "Towards class", range(len(names)), format_func=lambda number: names[number], key="toward", **_KEPT
    )


def _directions(names: list[str], toward: int | None) -> tuple[str, dict[str, str]]:
    if toward is None:
        return "", {}
    own = names[toward]
    if len(names) == 2:
        return f"log-odds of {own}", {"up": f"push towards {own}", "down": f"push towards {names[1 - toward]}"}
    return f"output of {own} over the others", {"up": f"push towards {own}", "down": f"push away from {own}"}
