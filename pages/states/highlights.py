"""Which steps of a sequence the modes answer to, and what that does to the decision."""

import streamlit as st

from kann.analyses.transitions import Settings
from kann.analyses.word_effects import has_tokens
from kann.figures.beats import beat, segment_energies
from kann.figures.decision import decision
from kann.figures.deletion import deletion_areas, deletion_curves
from kann.figures.style import palette
from kann.ui import selection, session, widgets
from kann.ui.faithfulness import faithfulness
from kann.ui.progress import show_job
from kann.ui.signal_reading import signal_reading
from kann.ui.start import service
from kann.ui.text_reading import text_reading

st.title("Highlights")
st.caption("What the network reads: the steps that chosen modes answer to, and what they do to the decision.")
source = widgets.chosen_source()
if source is None:
    st.stop()
head = st.container()
settings = widgets.operator_settings(source, Settings())
answer = service().koopman_states(source, settings)
if answer.result is None:
    show_job(answer.job, "Unrolling the network")
    st.stop()

result, colours = answer.result, palette(session.theme())
dataset = service().library.dataset(source.data, source.vocabulary)
chosen = selection.selected_modes(source, settings, result)
if has_tokens(dataset):
    text_reading(source, settings, result, dataset, chosen, colours, decision, head)
else:
    figures = beat, segment_energies
    signal_reading(source, settings, result, dataset, chosen, colours, figures, head)
unit = widgets.unit_of(dataset)
faithfulness(source, settings, result, chosen, unit, colours, deletion_curves, deletion_areas)
