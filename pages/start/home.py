"""Opens a demo, uploaded files, or files of the data folder, and shows their contents."""

import streamlit as st

from kann.analyses.koopman.spectrum.settings import Settings
from kann.figures import sequences
from kann.figures.style import palette
from kann.studies.koopman.facts import page_settings
from kann.studies.koopman.questions.spectrum import SPECTRUM
from kann.ui import opening, progress, session
from kann.ui.guard import guard
from kann.ui.start import service

st.title("Look inside a trained sequence network")
st.caption(
    "Open a trained network and data for it: kann runs the network, fits the linear operator of its hidden states, "
    "and shows what lasts, what oscillates, and whether to believe it. Nothing inside a model file is ever executed."
)
with guard():
    opening.demos()
own, folder = st.tabs(["Your own files", "From the data folder"])
with own, guard():
    opening.upload()
with folder, guard():
    opening.from_data_root()

pair = session.pair()
if pair is None:
    st.stop()
st.subheader("Open now")
colours = palette(session.theme())
with guard():
    model, data = st.columns(2)
    with model.container(border=True), guard() as network:
        st.markdown("**Network**")
        opening.found_in_model(pair)
    with data.container(border=True), guard() as given:
        st.markdown("**Data**")
        dataset = service().library.dataset(pair.data, pair.vocabulary)
        opening.found_in_data(dataset)
        rows, called = (
            dataset.examples(each=3, classes=6),
            {} if network.failed else service().library.open(pair).class_names,
        )
        if dataset.kind in ("signal", "vectors", "states"):
            st.plotly_chart(sequences.sequences(dataset, rows, colours, called), key="samples", alt="A few sequences")
        if dataset.labels is not None:
            st.plotly_chart(sequences.classes(dataset, colours, called), key="classes", alt="Sequences of each class")
        if dataset.lengths.min() != dataset.lengths.max():
            st.plotly_chart(sequences.lengths(dataset, colours), key="lengths", alt="Lengths of the sequences")
    if network.failed or given.failed:
        st.stop()
    settings = page_settings(service().library.open(pair), Settings())
    if progress.answer(pair, SPECTRUM(settings)) is not None:
        st.page_link("pages/states/spectrum.py", label="See its eigenvalues", icon=":material/arrow_forward:")
