"""The opened pair with its settings and the operator fitted to its hidden states; most pages begin with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeVar

import streamlit as st

from kann.analyses.koopman.spectrum.koopman_states import Result
from kann.analyses.koopman.spectrum.settings import Settings
from kann.analyses.wording import unit_of
from kann.backend.engine.jobs import Job
from kann.backend.engine.question import Asked
from kann.backend.opened.pair import OpenedPair, Pair
from kann.figures.style import palette
from kann.records import Dataset
from kann.studies.koopman.questions.spectrum import BESIDE_UNTRAINED, SPECTRUM
from kann.studies.study import Exhibit, View
from kann.ui import progress, session
from kann.ui.guard import guard
from kann.ui.koopman import selection
from kann.ui.koopman.settings import operator_settings
from kann.ui.showing import chart
from kann.ui.start import service
from kann.ui.widgets import chosen_pair

R = TypeVar("R")


@dataclass(frozen=True)
class OpenFit:
    """An opened pair and its fit. `chosen`: indices of the selected modes in `result`; `untrained`: the job that
    computes the untrained networks, while the result lacks them; `head`: the container above the settings, for the
    finding."""

    pair: Pair
    opened: OpenedPair
    settings: Settings
    result: Result
    chosen: list[int]
    untrained: Job | None
    head: Any

    @property
    def dataset(self) -> Dataset:
        return self.opened.dataset

    @property
    def unit(self) -> str:
        return unit_of(self.dataset)

    @property
    def view(self) -> View:
        """Colours, names and units with which its answers are drawn."""
        return View(
            palette=palette(session.theme()),
            chosen=self.chosen,
            unit=self.unit,
            classes=self.opened.class_names,
            sampling_rate=self.dataset.sampling_rate,
            spectrum=self.result.spectrum,
        )

    def answer(self, asked: Asked[R]) -> R | None:
        """The answer to a question about this pair; None while a job computes it, whose progress is shown here. Where
        an answer that takes no job waits for one, since what it needs has left the cache, the page ends here."""
        found = progress.answer(self.pair, asked)
        if found is None and asked.question.at_once:
            st.stop()
        return found

    def show(self, exhibit: Exhibit) -> None:
        """Shows an exhibit that depends on the settings only, under its title."""
        st.subheader(exhibit.title)
        with guard():
            found = self.answer(exhibit.asks(self.settings))
            if found is not None:
                chart(exhibit, found, self.view)


def opened_fit(untrained: bool = False) -> OpenFit:
    """Shows the settings and returns the fit at them; `untrained`: the page compares it with untrained networks. The
    page stops here if nothing is open, or while the network is being unrolled."""
    pair = chosen_pair()
    if pair is None:
        st.stop()
    head = st.container()
    opened = service().library.open(pair)
    settings = operator_settings(opened, Settings())
    result = progress.answer(pair, SPECTRUM(settings))
    if result is None:
        st.stop()
    beside = _beside(pair, settings, untrained)
    waiting = isinstance(beside, Job)
    result = result if beside is None or waiting else beside
    ranks = settings.rank - 1, settings.rank + 1
    service().prefetch(pair, [BESIDE_UNTRAINED(replace(settings, rank=rank)) for rank in ranks])
    chosen: list[int] = []
    with guard():  # an invalid selection in a link leaves the rest of the page
        chosen = selection.selected_modes(pair, settings, result)
    return OpenFit(pair, opened, settings, result, chosen, beside if waiting else None, head)


def _beside(pair: Pair, settings: Settings, untrained: bool) -> Result | Job | None:
    """The result compared with untrained networks, or the job that computes them; if `untrained` is false, None instead
    of a job."""
    asked = BESIDE_UNTRAINED(settings)
    return service().ask(pair, asked) if untrained else service().at_hand(pair, asked)
