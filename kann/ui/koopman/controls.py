"""Controls beside a spectrum: measured when somebody asks, since they unroll the network again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from kann.analyses.koopman.controls.control_findings import controls_finding, mode_verdict
from kann.analyses.koopman.controls.control_table import control_table
from kann.analyses.koopman.controls.measured import Controls
from kann.analyses.koopman.controls.measured import Settings as Controlled
from kann.analyses.koopman.spectrum.koopman_states import Result
from kann.analyses.koopman.spectrum.transitions import Settings
from kann.backend.opened.library import Source
from kann.ui.guard import guard
from kann.ui.progress import settled
from kann.ui.start import service
from kann.ui.words import plain

_KEPT = {"persist_state": "session"}
_FIRST = Controlled().sequences
_COUNTS = {f"{_FIRST} sequences": _FIRST, "all held out": None}
_ASKED = "controls-asked"


def controls_panel(
    source: Source, settings: Settings, result: Result, chosen: list[int], unit: str,
    draw: Callable[[Controls], dict[str, Any]],
) -> None:  # fmt: skip
    """One question, folded away, and a button; once pressed, progress, then the verdict, those of the selected
    modes, the table, and the figures that `draw` gives by their alternative text.

    Another fit, such as another rank, is asked for anew: each costs seconds.
    """
    with st.expander("Controls: would chance or an untrained network show the same?", key="controls"):
        st.caption(
            "Roll-outs, decisions, shuffled steps and other ways of fitting, each beside untrained "
            "networks of the same shape, on sequences that were not fitted."
        )
        asked = _asked(source, settings)
        if asked is None:
            return
        with guard():
            found = settled(service().controls(source, settings, result, asked), "Measuring the controls")
            if found is not None:
                _say(found, result, chosen, unit)
                side_by_side = st.container(horizontal=True, key="roll-outs")
                for alt, figure in draw(found).items():
                    with side_by_side.container():
                        st.plotly_chart(figure, key=alt, alt=alt)


def _asked(source: Source, settings: Settings) -> Controlled | None:
    """How much is to be measured; None until the button has been pressed for this very fit."""
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="medium")
    size = row.segmented_control(
        "Measured on", list(_COUNTS), default=next(iter(_COUNTS)), required=True, key="controls-size", **_KEPT,
        help="held-out sequences that are scored, and as many of the fitted ones",
    )  # fmt: skip
    wanted = (source, settings, size)
    # By a callback: what a script run was told is lost where progress elsewhere on the page starts the next.
    row.button("Measure the controls", icon=":material/science:", on_click=_ask, args=(wanted,))
    return Controlled(sequences=_COUNTS[size]) if st.session_state.get(_ASKED) == wanted else None


def _ask(wanted: tuple) -> None:
    st.session_state[_ASKED] = wanted


def _say(found: Controls, result: Result, chosen: list[int], unit: str) -> None:
    words = controls_finding(found, result.spectrum, unit)
    st.markdown(f"**{plain(words.headline)}** {plain(words.support)}")
    for mode in chosen:
        st.markdown(plain(mode_verdict(result.spectrum, mode, found, unit)))
    st.table(
        control_table(found),
        border="horizontal",
        hide_index=True,
        alt="Controls: R², e_rel, agreement of decisions and largest modulus of this network, untrained twins, "
        "shuffled time, persistence and mean",
    )
    tried = "fitted sequences, as none was held out" if found.in_sample else f"of {found.held_out} held-out sequences"
    st.caption(
        f"{found.scored} {tried}, rank {found.rank}. Of the twins the median, with the range. e_rel is the mean of "
        "squared relative errors; agreement the share of sequences that are decided alike from the predicted last "
        "state."
    )
