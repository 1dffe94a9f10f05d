"""Which shading to believe: measured when somebody asks, since it reads sequences many times over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from kann.analyses.koopman.highlights import faithfulness as measurement
from kann.analyses.koopman.spectrum.koopman_states import Result
from kann.analyses.koopman.spectrum.transitions import Settings
from kann.backend.opened.library import Source
from kann.ui.guard import guard
from kann.ui.progress import settled
from kann.ui.start import service
from kann.ui.words import plain

_KEPT = {"persist_state": "session"}
_COUNTS = {"64 sequences": 64, "256 sequences": 256, "all held out": None}
_SHOWN, _EVERY = "the modes shown", "all modes"


def faithfulness(
    source: Source, settings: Settings, result: Result, chosen: list[int], unit: str, colours: Any,
    curves: Callable, areas: Callable,
) -> None:  # fmt: skip
    """The question, its price and a button; once pressed, progress, then the verdict and its figures, which
    `curves` and `areas` draw. Without selected modes the one that carries most of the evidence is measured."""
    st.subheader("Which shading to believe")
    st.caption(
        f"The {unit} that a shading marks most are deleted, and the network reads what is left. The faster the "
        "evidence for its decision falls, the better the shading found what matters to the network."
    )
    if not service().outcomes(source, settings):
        st.info("This network has no read-out: it decides nothing that a shading could be held against.")
        return
    asked, every = _asked()
    if asked is None:
        return
    with guard():
        modes = [] if every else chosen or _decisive(source, settings, result)
        found = settled(service().faithfulness(source, settings, result, modes, asked), "Deleting and reading again")
        if found is not None:
            _say(found, unit)
            _draw(curves(found, unit, colours), areas(found, colours))


def _asked() -> tuple[measurement.Settings | None, bool]:
    """How much to measure (None until the button has been pressed in this session), and whether of all modes."""
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="faithfulness")
    size = row.segmented_control(
        "Measured on", list(_COUNTS), default=next(iter(_COUNTS)), required=True, key="faithfulness-size", **_KEPT,
        help="sequences held out from the fit; each is read again for every shading and every share deleted",
    )  # fmt: skip
    modes = row.segmented_control(
        "Shaded by", [_SHOWN, _EVERY], default=_SHOWN, required=True, key="faithfulness-modes", **_KEPT
    )
    if row.button("Measure which shading to believe", icon=":material/content_cut:"):
        st.session_state["faithfulness-asked"] = True
    pressed = st.session_state.get("faithfulness-asked", False)
    return measurement.Settings(sequences=_COUNTS[size]) if pressed else None, modes == _EVERY


def _decisive(source: Source, settings: Settings, result: Result) -> list[int]:
    """What the page shades by where no mode is selected."""
    classes = len(service().outcomes(source, settings))
    toward = st.session_state.get("toward", 0) if classes > 2 else 1
    return [service().decisive_mode(source, settings, result, toward)[0]]


def _say(found: measurement.Result, unit: str) -> None:
    words = measurement.finding(found, unit)
    st.markdown(f"**{plain(words.headline)}** {plain(words.support)}")
    for note in found.notes:
        st.caption(plain(f"Not measured: {note}"))


def _draw(curves: Any, areas: Any) -> None:
    views = st.container(horizontal=True, key="faithfulness-views")
    with views.container():
        st.plotly_chart(
            curves, key="deletion-curves", alt="Evidence left against the share deleted, one line a shading"
        )
    with views.container():
        st.plotly_chart(areas, key="deletion-areas", alt="Area below each curve with its interval, beside chance")
    st.caption(
        "1: nothing is lost; below 0: the decision turns. Held-out sequences; bands and intervals at 95 % by drawing "
        "the sequences again; a shading is believed where its difference from random deletion on the same sequences "
        "is below 0 at 95 % for all of them together."
    )
