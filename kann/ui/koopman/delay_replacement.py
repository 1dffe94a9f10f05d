"""The delay test in words: what a network recalls when the operator takes the place of the delay."""

from __future__ import annotations

import streamlit as st

from kann.analyses.koopman.controls.delay_replacement import DelayReplacement, delay_finding
from kann.analyses.koopman.spectrum.transitions import Settings
from kann.backend.opened.library import Source
from kann.records import Dataset
from kann.ui.guard import guard
from kann.ui.progress import settled
from kann.ui.start import service
from kann.ui.words import plain


def delay_test(source: Source, settings: Settings, dataset: Dataset) -> DelayReplacement | None:
    """The test at the page's rank and intercept, its finding said, for the page to draw.

    None, and nothing on the screen, for data that are no symbols or never keep an input for a while; None
    beside the progress while it is under way.
    """
    if dataset.kind != "symbols":
        return None
    with guard():
        test = settled(service().delay_test(source, settings), "Replacing delays by the operator")
        if test is None or not len(test):
            return None
        _say(test)
        return test
    return None


def _say(test: DelayReplacement) -> None:
    words, others = delay_finding(test), "the same" if test.in_sample else "others"
    st.subheader("The delay, replaced by the operator")
    st.markdown(f"**{plain(words.headline)}** {plain(words.support)}")
    st.caption(
        "While the input stays the same, the network runs by itself. One operator, fitted on the delays of "
        f"{test.fitted} sequences alone, replaces those of {test.sequences.sum()} {others}: from the state after "
        "the first blank, once for each further one, with no true state in between."
    )
