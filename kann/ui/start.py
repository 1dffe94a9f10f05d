"""The cached backend of this process, and who asks it: a browser tab is a visitor."""

from __future__ import annotations

from functools import cache

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from kann.backend.engine.service import Service
from kann.backend.engine.visitors import Visitors


@cache
def service() -> Service:
    """Made once, shared by all sessions: it is safe to be asked from several threads."""
    return Service(visitors=Visitors(tab, is_connected, leave_if_overtaken))


def tab() -> str | None:
    """Streamlit's name of the browser tab that this thread runs a script for; None in any other thread."""
    context = get_script_run_ctx(suppress_warning=True)
    return None if context is None else context.session_id


def is_connected(name: str) -> bool:
    """Whether a tab is open and connected; every one is where no server runs."""
    return not runtime.exists() or bool(runtime.get_instance().is_active_session(name))


def leave_if_overtaken() -> None:
    """Ends this script run if its tab has been closed, or asks for another run: Streamlit looks whenever the session
    state is read."""
    if tab() is not None:
        st.session_state.get("modes")
