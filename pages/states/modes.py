"""Modes: which dominate, how they run over time by class, and what they rebuild."""

import streamlit as st

from kann.figures.koopman.dominance import dominance
from kann.figures.koopman.mode_over_time import mode_over_time
from kann.figures.koopman.modes_by_class import modes_by_class
from kann.figures.koopman.reconstruction import reconstruction
from kann.figures.style import palette
from kann.ui import session, widgets
from kann.ui.guard import guard
from kann.ui.koopman import modes, selection
from kann.ui.koopman.fits import opened_fit
from kann.ui.progress import settled
from kann.ui.start import service

st.title("Modes")
st.caption("What each way of evolving adds to the state, when, in which class, and what the network makes of it.")
fit = opened_fit()
source, settings, result, dataset = fit.source, fit.settings, fit.result, fit.dataset
colours, names = palette(session.theme()), service().class_names(source)
everything = modes.all_sequences(dataset, settings)
found = settled(service().dominance(source, settings, result, everything), "Measuring every mode")
if found is None:
    st.stop()
used = modes.in_use(fit.chosen, result, found)
selection.selectable(dominance(found, result.spectrum, used[0], colours), "dominance", "Modes by how much they carry")
st.button("Clear the selection", on_click=session.select, args=([],), disabled=not used[1])

with guard():
    kept = modes.rebuilt(source, settings, result, used[0], everything)
    with fit.head:
        modes.finding(found, kept, result, used, source, settings)
    if kept is not None:
        st.subheader("What the modes in use rebuild, by class")
        figure = reconstruction(kept, names, modes.channel(kept), dataset.sampling_rate, colours)
        st.plotly_chart(
            figure, key="reconstruction", alt="Median output from the modes in use, beside the whole state's"
        )
        modes.detection(source, kept)

st.subheader("Modes in use over time, by class")
measure = modes.measure()
courses = settled(service().modes_by_class(source, settings, result, used[0], everything), "Following the modes in use")
if courses is not None:
    figure = modes_by_class(courses, measure, used[0], names, dataset.sampling_rate, colours)
    st.plotly_chart(
        figure, key="courses", alt="Median of each mode over time, with the spread over sequences, by class"
    )

st.subheader("Single sequences")
rows, part = widgets.sequences_and_part(dataset, names)
with guard():
    traces = service().traces(source, settings, result, rows, used[0])
    st.plotly_chart(mode_over_time(traces, part, colours), key="modes-over-time", alt="Modes in use over time")
