"""Delays replaced by the operator: what a network still recalls, in words and figures."""

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
    """At the page's rank and intercept; nothing on the screen for data that are no symbols or never keep an input for
    a while."""
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
    words, others = delay_finding(test), "the same" if test.in_sample else "others"
    st.subheader("The delay, replaced by the operator")
    st.markdown(f"**{plain(words.headline)}** {plain(words.support)}")
    st.caption(
        "While the input stays the same, the network runs by itself. One operator, fitted on the delays of "
        f"{test.fitted} sequences alone, replaces those of {test.sequences.sum()} {others}: from the state after "
        "the first blank, once for each further one, with no true state in between."
    )
