"""What most pages begin with: what is open, its settings, and the operator fitted to its hidden states."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import streamlit as st

from kann.analyses.koopman.spectrum.koopman_states import Result
from kann.analyses.koopman.spectrum.transitions import Settings
from kann.analyses.wording import unit_of
from kann.backend.engine.jobs import Job
from kann.backend.opened.library import Source
from kann.records import Dataset
from kann.ui import widgets
from kann.ui.guard import guard
from kann.ui.koopman import selection
from kann.ui.progress import show_job
from kann.ui.start import service

# Seconds in which a browser shows a chart, if it is not sent anything else to lay out with it.
FIRST_SIGHT = 0.08


@dataclass(frozen=True)
class Fit:
    """`head` is the place above the settings, for the finding; `chosen` the selected modes in this result;
    `twins` the job of the untrained twins while the result lacks them."""

    source: Source
    settings: Settings
    result: Result
    dataset: Dataset
    chosen: list[int]
    twins: Job | None
    head: Any

    @property
    def unit(self) -> str:
        return unit_of(self.dataset)

    def show_first(self) -> None:
        """Lets the browser show what has been drawn so far of a new fit before the page goes on: what arrives
        together is laid out together, and the first chart would wait for the last."""
        fitted = self.source, self.settings
        if st.session_state.get("shown") != fitted:
            st.session_state.shown = fitted
            time.sleep(FIRST_SIGHT)


def opened_fit(twins: bool = False) -> Fit:
    """Settings on the screen and the fit at them, beside untrained `twins` where a page speaks of them; the page ends
    here where nothing is open yet, or while the network is still being unrolled."""
    source = widgets.chosen_source()
    if source is None:
        st.stop()
    head = st.container()
    settings = widgets.operator_settings(source, Settings())
    answer = service().koopman_states(source, settings, twins)
    if answer.result is None:
        show_job(answer.job, "Unrolling the network")
        st.stop()
    dataset = service().library.dataset(source.data, source.vocabulary)
    chosen: list[int] = []
    with guard():  # an odd selection in a link takes nothing else away
        chosen = selection.selected_modes(source, settings, answer.result)
    return Fit(source, settings, answer.result, dataset, chosen, answer.twins, head)
