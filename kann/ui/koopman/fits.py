"""What most pages begin with: what is open, its settings, and the operator fitted to its hidden states."""

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
    """A pair that is open and the operator of its states: `chosen` the selected modes in this result; `untrained` the
    job of the untrained networks while the result lacks them; `head` the place above the settings, for the finding."""

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
        """How its answers are looked at."""
        return View(
            palette=palette(session.theme()),
            chosen=self.chosen,
            unit=self.unit,
            classes=self.opened.class_names,
            sampling_rate=self.dataset.sampling_rate,
            spectrum=self.result.spectrum,
        )

    def answer(self, asked: Asked[R]) -> R | None:
        """What is asked of this pair; None while its job's progress stands here."""
        return progress.answer(self.pair, asked)

    def show(self, exhibit: Exhibit) -> None:
        """An exhibit that takes nothing but the settings, under its title."""
        st.subheader(exhibit.title)
        with guard():
            found = self.answer(exhibit.asks(self.settings))
            if found is not None:
                chart(exhibit, found, self.view)


def opened_fit(untrained: bool = False) -> OpenFit:
    """Settings on the screen and the fit at them, beside `untrained` networks where a page speaks of them; the page
    ends here where nothing is open yet, or while the network is still being unrolled."""
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
    with guard():  # an odd selection in a link takes nothing else away
        chosen = selection.selected_modes(pair, settings, result)
    return OpenFit(pair, opened, settings, result, chosen, beside if waiting else None, head)


def _beside(pair: Pair, settings: Settings, untrained: bool) -> Result | Job | None:
    """The result beside untrained networks, or their job; where no page asks for them, only what is at hand."""
    asked = BESIDE_UNTRAINED(settings)
    return service().ask(pair, asked) if untrained else service().at_hand(pair, asked)
