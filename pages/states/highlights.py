"""The steps of a sequence that change the modes most, and their effect on the decision."""

import streamlit as st

from kann.analyses.koopman.highlights.word_effects import has_tokens
from kann.ui.koopman.fits import opened_fit
from kann.ui.koopman.highlights.faithfulness import faithfulness
from kann.ui.koopman.highlights.signal_reading import signal_reading
from kann.ui.koopman.highlights.text_reading import text_reading

st.title("Highlights")
st.caption("The steps of a sequence that change the chosen modes most, and their effect on the decision.")
fit = opened_fit()
if has_tokens(fit.dataset):
    text_reading(fit)
else:
    signal_reading(fit)
faithfulness(fit)
