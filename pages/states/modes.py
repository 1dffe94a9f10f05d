"""Modes: which dominate, their course over time by class, and the output they reconstruct."""

from dataclasses import replace

import streamlit as st

from kann.studies.koopman.exhibits import BY_CLASS, DOMINANCE, ON_MODES, RECONSTRUCTION
from kann.studies.koopman.questions import modes as questions
from kann.ui import session
from kann.ui.guard import guard
from kann.ui.koopman import modes, selection
from kann.ui.koopman.fits import opened_fit
from kann.ui.koopman.selected import over_time
from kann.ui.showing import chart

st.title("Modes")
st.caption(
    "The share of the state that each mode carries, over time and by class, and the output that the modes in use give."
)
fit = opened_fit()
everything = modes.all_sequences(fit)
found = fit.answer(questions.DOMINANCE(questions.Scored(fit.settings, everything)))
if found is None:
    st.stop()
used, chosen = modes.in_use(fit, found)
view = replace(fit.view, chosen=used)
selection.selectable(DOMINANCE, found, view)
st.button("Clear the selection", on_click=session.select, args=([],), disabled=not chosen)

with guard():
    kept = modes.rebuilt(fit, used, everything)
    with fit.head:
        modes.finding(fit, found, kept, (used, chosen))
    if kept is not None:
        st.subheader(RECONSTRUCTION.title)
        chart(RECONSTRUCTION, kept, replace(view, channel=modes.channel(kept)))
        modes.detection(fit, kept)

st.subheader(BY_CLASS.title)
measure = modes.measure()
courses = fit.answer(questions.MODES_BY_CLASS(questions.OfModes(fit.settings, everything, tuple(used))))
if courses is not None:
    chart(BY_CLASS, courses, replace(view, measure=measure))

st.subheader("Single sequences")
over_time(fit, used)
for exhibit in ON_MODES:
    if exhibit is not DOMINANCE:
        fit.show(exhibit)
