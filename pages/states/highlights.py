"""Which steps of a sequence the modes answer to, and what that does to the decision."""

import streamlit as st

from kann.analyses.koopman.highlights.word_effects import has_tokens
from kann.figures.koopman.beats import beat, segment_energies
from kann.figures.koopman.decision import decision
from kann.figures.koopman.deletion import deletion_areas, deletion_curves
from kann.figures.style import palette
from kann.ui import session
from kann.ui.koopman.faithfulness import faithfulness
from kann.ui.koopman.fits import opened_fit
from kann.ui.koopman.signal_reading import signal_reading
from kann.ui.koopman.text_reading import text_reading

st.title("Highlights")
st.caption("What the network reads: the steps that chosen modes answer to, and what they do to the decision.")
fit, colours = opened_fit(), palette(session.theme())
if has_tokens(fit.dataset):
    text_reading(fit.source, fit.settings, fit.result, fit.dataset, fit.chosen, colours, decision, fit.head)
else:
    figures = beat, segment_energies
    signal_reading(fit.source, fit.settings, fit.result, fit.dataset, fit.chosen, colours, figures, fit.head)
faithfulness(fit.source, fit.settings, fit.result, fit.chosen, fit.unit, colours, deletion_curves, deletion_areas)
