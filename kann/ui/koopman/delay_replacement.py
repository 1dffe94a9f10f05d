"""Delays of the copy task replaced by the operator: the finding and its figures."""

from __future__ import annotations

import streamlit as st

from kann.analyses.koopman.controls.delay_replacement import DelayReplacement, delay_finding
from kann.studies.koopman.exhibits import DELAY_ERROR, RECALL
from kann.studies.koopman.questions.delays import DELAYS, Replaced
from kann.ui.guard import guard
from kann.ui.koopman.fits import OpenFit
from kann.ui.showing import side_by_side
from kann.ui.words import plain


def delay_replacement(fit: OpenFit) -> None:
    """Shows the replacement at the page's rank and intercept; nothing for data that are not symbols or have no stretch
    of constant input."""
    if fit.dataset.kind != "symbols":
        return
    settings = fit.settings
    with guard():
        asked = Replaced(settings.rank, settings.intercept, settings.max_length, settings.held_out)
        found = fit.answer(DELAYS(asked))
        if found is not None and len(found):
            _say(found)
            side_by_side((RECALL, DELAY_ERROR), found, fit.view, "delays")


def _say(test: DelayReplacement) -> None:
    words, others = delay_finding(test), "the same" if test.in_sample else "other"
    st.subheader("The delay, replaced by the operator")
    st.markdown(f"**{plain(words.headline)}** {plain(words.support)}")
    st.caption(
        "During a delay the input is constant. One operator, fitted on the delays of "
        f"{test.fitted} sequences only, replaces the network during those of {test.sequences.sum()} {others} "
        "sequences: it starts from the state after the first blank and is applied once for each further blank, without "
        "any true state in between."
    )
