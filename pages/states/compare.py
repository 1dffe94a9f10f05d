"""Two classes, two checkpoints, or trained against untrained: matched modes, and modes of one side only."""

import streamlit as st

from kann.studies.koopman.exhibits import CHANCE, TWO_PLANES, TWO_RHYTHMS
from kann.ui.guard import guard
from kann.ui.koopman import comparison
from kann.ui.koopman.controls import controls_panel
from kann.ui.showing import chart, side_by_side

st.title("Compare two spectra")
st.caption("Two spectra on the same axes. A line joins matched modes; a ring marks a mode that the other side lacks.")
fit, compared, found = comparison.compared_fit()
side_by_side((TWO_PLANES, TWO_RHYTHMS), found, fit.view, "views")
st.subheader(CHANCE.title)
chance = None
with guard():
    chance = fit.answer(comparison.chance_of(fit.settings, compared))
if chance is not None:
    chart(CHANCE, chance, fit.view)
    comparison.about_chance(chance, fit.settings)
with fit.head:
    comparison.finding(found, chance, fit.unit)
st.subheader("Matched modes")
comparison.table(found)
controls_panel(fit)
