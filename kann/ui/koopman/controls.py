"""Controls beside a spectrum: measured when somebody asks, since they unroll the network again."""

from __future__ import annotations

import streamlit as st

from kann.analyses.koopman.controls.control_findings import controls_finding, mode_verdict
from kann.analyses.koopman.controls.control_table import control_table
from kann.analyses.koopman.controls.measured import Controls, ControlSettings
from kann.studies.koopman.exhibits import ROLL_OUT_DECISIONS, ROLL_OUT_ERROR
from kann.studies.koopman.questions.controls import CONTROLS, Controlled
from kann.ui.guard import guard
from kann.ui.koopman.fits import OpenFit
from kann.ui.showing import press_for, side_by_side
from kann.ui.words import plain

_KEPT = {"persist_state": "session"}
_FIRST = ControlSettings().sequences
_COUNTS = {f"{_FIRST} sequences": _FIRST, "all held out": None}


def controls_panel(fit: OpenFit) -> None:
    """One question, folded away, and a button; once pressed, progress, then the verdict, those of the selected
    modes, the table, and the figures.

    Another fit, such as another rank, is asked for anew: each costs seconds.
    """
    with st.expander("Controls: would chance or an untrained network show the same?", key="controls"):
        st.caption(
            "Roll-outs, decisions, shuffled steps and other ways of fitting, each beside untrained "
            "networks of the same shape, on sequences that were not fitted."
        )
        measured = _asked(fit)
        if measured is None:
            return
        with guard():
            found = fit.answer(CONTROLS(Controlled(fit.settings, measured)))
            if found is not None:
                _say(found, fit)
                drawn = (ROLL_OUT_ERROR, *([] if found.decision is None else [ROLL_OUT_DECISIONS]))
                side_by_side(drawn, found, fit.view, "roll-outs")


def _asked(fit: OpenFit) -> ControlSettings | None:
    """How much is to be measured; None until the button has been pressed for this very fit."""
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="medium")
    size = row.segmented_control(
        "Measured on", list(_COUNTS), default=next(iter(_COUNTS)), required=True, key="controls-size", **_KEPT,
        help="held-out sequences that are scored, and as many of the fitted ones",
    )  # fmt: skip
    pressed = press_for("Measure the controls", ":material/science:", (fit.pair, fit.settings, size), row)
    return ControlSettings(sequences=_COUNTS[size]) if pressed else None


def _say(found: Controls, fit: OpenFit) -> None:
    words = controls_finding(found, fit.result.spectrum, fit.unit)
    st.markdown(f"**{plain(words.headline)}** {plain(words.support)}")
    for mode in fit.chosen:
        st.markdown(plain(mode_verdict(fit.result.spectrum, mode, found, fit.unit)))
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
