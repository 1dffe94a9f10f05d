"""Controls of a fit, measured on request because they unroll the network again."""

from __future__ import annotations

import streamlit as st

from kann.analyses.koopman.controls.control_findings import controls_finding, mode_verdict
from kann.analyses.koopman.controls.control_table import control_table
from kann.analyses.koopman.controls.measured import Controls, ControlSettings
from kann.studies.koopman.exhibits import ROLL_OUT_DECISIONS, ROLL_OUT_ERROR
from kann.studies.koopman.questions.controls import CONTROLS, Controlled
from kann.ui.glossary import term
from kann.ui.guard import guard
from kann.ui.koopman.fits import OpenFit
from kann.ui.showing import press_for, side_by_side
from kann.ui.words import plain

_KEPT = {"persist_state": "session"}
_FIRST = ControlSettings().sequences
_COUNTS = {f"{_FIRST} sequences": _FIRST, "all held out": None}


def controls_panel(fit: OpenFit) -> None:
    """A collapsed panel with a button; once pressed it shows progress, then the finding, a verdict on each selected
    mode, the table and the figures.

    Another fit, such as another rank, needs another press: each takes seconds.
    """
    with st.expander("Controls: would chance or an untrained network show the same?", key="controls"):
        st.caption(
            "Roll-outs, decisions, shuffled steps and other fits, each compared with "
            f"{term('untrained twin', 'untrained networks')} of the same shape, on {term('held out', 'held-out')} "
            f"sequences: the {term('null model', 'null models')} of this fit."
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
    """Settings of the measurement; None until the button has been pressed for this fit."""
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="medium")
    size = row.segmented_control(
        "Measured on", list(_COUNTS), default=next(iter(_COUNTS)), required=True, key="controls-size", **_KEPT,
        help=f"number of {term('held out', 'held-out')} sequences that are scored, and of fitted ones",
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
        f"{found.scored} {tried}, rank {found.rank}. Twins: median and range. e_rel: mean squared relative error of "
        "the predicted state; agreement: share of sequences with the same decision from the predicted last state."
    )
