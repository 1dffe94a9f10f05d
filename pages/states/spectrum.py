"""Eigenvalues of the hidden states, linked to the modes over time."""

from functools import partial

import streamlit as st

from kann.analyses.koopman.spectrum.mode_table import as_csv, mode_table
from kann.figures.koopman.complex_plane import complex_plane
from kann.figures.koopman.delay_replacement import error_by_delay, recall_by_delay
from kann.figures.koopman.memory_rhythm import memory_rhythm
from kann.figures.koopman.mode_over_time import mode_over_time
from kann.figures.koopman.roll_outs import roll_out_figures
from kann.figures.style import palette
from kann.ui import session, widgets
from kann.ui.guard import guard
from kann.ui.koopman import selection
from kann.ui.koopman.controls import controls_panel
from kann.ui.koopman.delay_replacement import delay_test
from kann.ui.koopman.fits import opened_fit
from kann.ui.progress import show_job
from kann.ui.start import service

st.title("Eigenvalues of the hidden states")
st.caption("One dot is one way the network's state evolves by itself. On the circle it lasts, inside it fades.")
fit, colours = opened_fit(twins=True), palette(session.theme())
source, settings, result, dataset, chosen = fit.source, fit.settings, fit.result, fit.dataset, fit.chosen
views = st.container(horizontal=True, key="views")
left, right = views.container(), views.container()
with left:
    selection.selectable(complex_plane(result.spectrum, chosen, colours), "plane", "Eigenvalues on the complex plane")
fit.show_first()
with fit.head:
    widgets.found(result, fit.unit)
    widgets.controls(result)
if fit.twins is not None:
    show_job(fit.twins, "Untrained twins, for comparison", "networks")
controls_panel(source, settings, result, chosen, fit.unit, partial(roll_out_figures, palette=colours))

st.subheader("Selected modes over time")
if not chosen:
    st.caption("Click a dot, or box and lasso several (the chart's tool bar), or tick rows of the table below.")
else:
    widgets.verdicts(result, chosen, fit.unit)
    rows, part = widgets.sequences_and_part(dataset, service().class_names(source))
    with guard():
        traces = service().traces(source, settings, result, rows, chosen)
        st.plotly_chart(mode_over_time(traces, part, colours), key="modes-over-time", alt="Selected modes over time")
    st.button("Clear the selection", on_click=session.select, args=([],))

st.subheader("All modes")
columns = mode_table(result.spectrum)
selection.table(columns, result, "table")
st.download_button("Download as CSV", as_csv(columns), "modes.csv", "text/csv", icon=":material/download:")
widgets.notes(result)

tested = delay_test(source, settings, dataset)
if tested is not None:
    first, second = st.columns(2)
    first.plotly_chart(recall_by_delay(tested, colours), key="recall", alt="Symbols recalled against the delay")
    second.plotly_chart(error_by_delay(tested, colours), key="error", alt="Error of the state at the delay's end")
with right:  # last, so that the plane is on the screen while this is still to come
    selection.selectable(memory_rhythm(result.spectrum, chosen, colours), "rhythm", "Half-life against frequency")
