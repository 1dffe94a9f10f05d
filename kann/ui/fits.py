"""What most pages begin with: what is open, its settings, and the operator fitted to its hidden states."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from kann.analyses.koopman_states import Result
from kann.analyses.transitions import Settings
from kann.backend.jobs import Job
from kann.backend.library import Source
from kann.records import Dataset
from kann.ui import selection, widgets
from kann.ui.guard import guard
from kann.ui.progress import show_job
from kann.ui.start import service


@dataclass(frozen=True)
class Fit:
    """`head` is the place above the settings, for the finding; `chosen` the selected modes in this result;
    `twins` the job of the untrained twins while the result lacks them; `undrawn` the place of settings that are
    still to be drawn."""

    source: Source
    settings: Settings
    result: Result
    dataset: Dataset
    chosen: list[int]
    twins: Job | None
    head: Any
    undrawn: Any

    @property
    def unit(self) -> str:
        return widgets.unit_of(self.dataset)

    def draw_settings(self) -> None:
        """After what was drawn early; where the settings have become others, the page runs again."""
        if self.undrawn is not None and _drawn(self.source, self.undrawn) != self.settings:
            del st.session_state.fitted
            st.rerun()


def opened_fit(early: bool = False) -> Fit:
    """Settings on the screen and the fit at them; the page ends here where nothing is open yet, or while the
    network is still being unrolled.

    early: a new rank is answered before the settings are drawn again, and the page calls `draw_settings` once it
    has drawn what the eye waits for: a browser lays out what has come before it looks at what follows.
    """
    source = widgets.chosen_source()
    if source is None:
        st.stop()
    head, place = st.container(), st.container()
    settings = _foreseen(source) if early else None
    answer = None if settings is None else service().koopman_states(source, settings)
    foreseen = answer is not None and answer.result is not None
    if not foreseen:
        settings = _drawn(source, place)
        answer = service().koopman_states(source, settings)
    if answer.result is None:
        show_job(answer.job, "Unrolling the network")
        st.stop()
    dataset = service().library.dataset(source.data, source.vocabulary)
    chosen: list[int] = []
    with guard():  # an odd selection in a link takes nothing else away
        chosen = selection.selected_modes(source, settings, answer.result)
    st.session_state.fitted = source, settings
    undrawn = place if foreseen else None
    return Fit(source, settings, answer.result, dataset, chosen, answer.twins, head, undrawn)


def _drawn(source: Source, place: Any) -> Settings:
    with place:
        return widgets.operator_settings(source, Settings())


def _foreseen(source: Source) -> Settings | None:
    """The settings of the last fit, at the rank where the slider stands now."""
    last, settings = st.session_state.get("fitted", (None, None))
    if last != source or "rank" not in st.session_state:
        return None
    return replace(settings, rank=st.session_state.rank)
