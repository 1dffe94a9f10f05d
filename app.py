"""The dashboard: `streamlit run app.py`."""

import streamlit as st

st.set_page_config(page_title="kann", page_icon="🫀", layout="wide")

from kann.ui.frame import frame  # noqa: E402 - the page's title must not wait for torch
from kann.ui.guard import guard  # noqa: E402
from kann.ui.start import service  # noqa: E402

OPEN = st.Page("pages/start/home.py", title="Open", icon=":material/folder_open:", url_path="home", default=True)
SPECTRUM = st.Page("pages/states/spectrum.py", title="Spectrum", icon=":material/blur_on:", url_path="spectrum")

page = st.navigation({"Start": [OPEN], "Hidden states": [SPECTRUM]})
service()
frame()
with guard():
    page.run()
