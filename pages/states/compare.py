"""Two classes, two checkpoints, or trained against untrained: what both have, what one has alone."""

from functools import partial

import streamlit as st

from kann.analyses.koopman.spectrum.transitions import Settings
from kann.analyses.wording import unit_of
from kann.figures.koopman.comparison import compared_memory, compared_planes, null_model_figure
from kann.figures.koopman.roll_outs import roll_out_figures
from kann.figures.style import palette
from kann.ui import session, widgets
from kann.ui.guard import guard
from kann.ui.koopman import comparison
from kann.ui.koopman.controls import controls_panel
from kann.ui.progress import settled
from kann.ui.start import service

st.title("What differs, mode by mode")
st.caption("Two spectra on the same axes. A line joins partners; a ring marks what only one side has.")
source = widgets.chosen_source()
contrast = None if source is None else comparison.chosen_contrast(source)
if contrast is None:
    st.stop()
head = st.container()
settings = widgets.operator_settings(source, Settings())
found = settled(service().comparison(source, settings, contrast), "Unrolling the network")
if found is None:
    st.stop()

colours, chance = palette(session.theme()), None
views = st.container(horizontal=True, key="views")
with views.container():
    st.plotly_chart(compared_planes(found, colours), key="planes", alt="Both spectra on the complex plane")
with views.container():
    st.plotly_chart(compared_memory(found, colours), key="memories", alt="Both spectra, half-life against frequency")
st.subheader("More than chance?")
with guard():
    chance = settled(service().chance(source, settings, contrast), comparison.work_of(contrast))
if chance is not None:
    st.plotly_chart(null_model_figure(chance, colours), key="chance", alt="Distances by chance, and the one seen")
    comparison.about_chance(chance, settings)
unit = unit_of(service().library.dataset(source.data, source.vocabulary))
with head:
    comparison.finding(found, chance, unit)
st.subheader("Partners")
comparison.table(found)
answer = service().koopman_states(source, settings, twins=False)
if answer.result is not None:
    draw = partial(roll_out_figures, palette=colours)
    controls_panel(source, settings, answer.result, [], unit, draw)
