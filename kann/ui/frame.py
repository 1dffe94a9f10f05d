"""The frame of every page: logo and sidebar, the address, and styles that a theme cannot set."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from kann.ui import session
from kann.ui.guard import guard
from kann.ui.start import service
from kann.ui.words import plain

_LOGO = Path(__file__).with_name("logo.svg")
# Colours that suit both themes, and the width below which two views are stacked.
_STYLE = """<style>
.st-key-finding {border-left: 4px solid #2b90bf; border-radius: 6px; padding: 0.8rem 1.1rem;
  background: rgba(123, 135, 148, 0.1);}
.st-key-views, .st-key-tables, [class*="st-key-side-"] {flex-wrap: wrap;}
.st-key-views > div, [class*="st-key-side-"] > div {min-width: 25rem; flex: 1 1 25rem;}
.st-key-tables > div {min-width: 20rem; flex: 1 1 20rem;}
[data-testid="stMetricLabel"] p {font-size: 0.85rem;}
[data-testid="stMainBlockContainer"] {padding-top: 3.2rem; padding-bottom: 2rem; max-width: 1500px;}
</style>"""


def frame() -> None:
    """Shows in the sidebar what is open and any error of the cache, and writes the view into the page's address."""
    st.html(_STYLE)
    st.logo(_LOGO, size="large")
    with st.sidebar, guard():
        opened = session.describe()
        if opened is not None:
            st.caption("Open now")
            for name in opened:
                st.text(name)
    if service().store.trouble:
        st.sidebar.caption(f":material/hard_drive: {plain(service().store.trouble)}")
    session.publish()
