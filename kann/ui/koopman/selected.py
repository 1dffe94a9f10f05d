"""The selected modes over time, on chosen sequences."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from kann.studies.koopman.exhibits import OVER_TIME
from kann.studies.koopman.questions.modes import TRACES, Traced
from kann.ui import session, widgets
from kann.ui.guard import guard
from kann.ui.koopman import findings
from kann.ui.koopman.fits import OpenFit
from kann.ui.showing import chart


def selected_modes(fit: OpenFit) -> None:
    """A verdict on each selected mode and its course over time; without a selection, how to select one."""
    st.subheader("Selected modes over time")
    if not fit.chosen:
        st.caption(
            "Click a dot, select several with box or lasso (the chart's tool bar), or tick rows of the table below."
        )
        return
    findings.verdicts(fit.result, fit.chosen, fit.unit)
    over_time(fit, fit.chosen)
    st.button("Clear the selection", on_click=session.select, args=([],))


def over_time(fit: OpenFit, modes: list[int]) -> None:
    """These modes over the steps of the chosen sequences."""
    rows, part = widgets.sequences_and_part(fit.dataset, fit.opened.class_names)
    with guard():
        traces = fit.answer(TRACES(Traced(fit.settings, tuple(rows), tuple(modes))))
        chart(OVER_TIME, traces, replace(fit.view, part=part))
