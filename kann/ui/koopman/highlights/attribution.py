"""The modes and the target class by which words of texts are shaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from kann.analyses.wording import share
from kann.studies.koopman.facts import outcomes
from kann.studies.koopman.questions.texts import DECISIVE, Decided, Decisive
from kann.ui import session
from kann.ui.glossary import term
from kann.ui.koopman.fits import OpenFit
from kann.ui.words import plain

_KEPT = {"persist_state": "session"}
# A mode whose decision share differs from 1 by more than this does not carry the evidence alone.
_CLEAR = 0.25


@dataclass(frozen=True)
class Attribution:
    """How words are shaded. `modes` and, in words, what they are `called`; `target`: index of the class whose evidence
    is blue (None without a read-out); `evidence`: its name; `sides`: names of the effects "up" and "down"."""

    modes: tuple[int, ...]
    called: str
    target: int | None
    evidence: str
    sides: dict[str, str]


def choose_attribution(fit: OpenFit, place: Any) -> Attribution:
    """The attribution to the selected modes; without a selection, to the mode with the largest decision share, with a
    sentence about it."""
    names = outcomes(fit.opened, fit.settings.state)
    target = _target(names, place)
    decisive = fit.answer(DECISIVE(Decided(fit.settings, target)))
    modes = tuple(fit.chosen) or (decisive.mode,)
    called = f"Mode {modes[0] + 1}" if len(modes) == 1 else f"Modes {', '.join(str(mode + 1) for mode in modes)}"
    row = st.container(horizontal=True, vertical_alignment="center")
    row.markdown(plain(_about(decisive, target, fit)), width="stretch")
    if fit.chosen:
        row.button("Clear the selection", on_click=session.select, args=([],))
    return Attribution(modes, called, target, *_directions(names, target))


def target_of(fit: OpenFit) -> int | None:
    """Index of the target class, available before its widget is drawn; None without a read-out."""
    names = outcomes(fit.opened, fit.settings.state)
    if len(names) <= 2:
        return len(names) - 1 if names else None
    return st.session_state.get("toward", 0)


def _about(decisive: Decisive, target: int | None, fit: OpenFit) -> str:
    of = "the states' variance" if target is None else "the evidence while reading"
    told = (
        ""
        if fit.chosen
        else " No mode is selected, so this one is shown: select another in a table below or on the Spectrum page."
    )
    mixed = target is not None and abs(decisive.share - 1) > _CLEAR
    rank = fit.result.operator.rank
    hint = (
        f" At rank {rank} several modes share it and cancel one another; a lower rank mixes them less." if mixed else ""
    )
    return f"Mode {decisive.mode + 1} carries most of {of}: a share of {share(decisive.share)}.{hint}{told}"


def _target(names: list[str], place: Any) -> int | None:
    """Index of the target class: the second of two, the chosen one of more; None without a read-out."""
    if len(names) <= 2:
        return len(names) - 1 if names else None
    if st.session_state.get("toward", 0) >= len(names):
        st.session_state.toward = 0
    return place.selectbox(
        "Evidence for class", range(len(names)), format_func=lambda number: names[number], key="toward",
        help=f"{term('target')}: the class whose evidence counts as positive (blue)", **_KEPT,
    )  # fmt: skip


def _directions(names: list[str], target: int | None) -> tuple[str, dict[str, str]]:
    if target is None:
        return "", {}
    own = names[target]
    if len(names) == 2:
        return f"log-odds of {own}", {"up": f"push towards {own}", "down": f"push towards {names[1 - target]}"}
    return f"output of {own} over the others", {"up": f"push towards {own}", "down": f"push away from {own}"}
