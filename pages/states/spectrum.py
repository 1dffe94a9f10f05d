"""Eigenvalues of the hidden states, linked to the modes over time."""

import streamlit as st

from kann.studies.koopman.exhibits import MODES, PLANE, RHYTHM
from kann.ui.koopman import findings, selection
from kann.ui.koopman.controls import controls_panel
from kann.ui.koopman.delay_replacement import delay_replacement
from kann.ui.koopman.fits import opened_fit
from kann.ui.koopman.selected import selected_modes
from kann.ui.progress import show_job

st.title("Eigenvalues of the hidden states")
st.caption("One dot is one mode: each step multiplies it by its eigenvalue. On the circle it lasts, inside it decays.")
fit = opened_fit(untrained=True)
views = st.container(horizontal=True, key="views")
left, right = views.container(), views.container()
with left:
    selection.selectable(PLANE, fit.result, fit.view)
with fit.head:
    findings.found(fit.result, fit.unit)
    findings.baselines(fit.result)
if fit.untrained is not None:
    show_job(fit.untrained)
controls_panel(fit)
selected_modes(fit)
st.subheader(MODES.title)
selection.table(MODES, fit.result, fit.view)
findings.notes(fit.result)
delay_replacement(fit)
with right:  # drawn last, so that the complex plane appears first
    selection.selectable(RHYTHM, fit.result, fit.view)
