"""The cached backend of this process; each browser tab is one of its visitors."""

from __future__ import annotations

from functools import cache

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from kann.backend.engine.service import Service
from kann.backend.engine.visitors import Visitors


@cache
def service() -> Service:
    """Created once and shared by all sessions; it is thread-safe."""
    return Service(visitors=Visitors(tab, is_connected, leave_if_overtaken))


def tab() -> str | None:
    """Streamlit's session id of the browser tab for which this thread runs a script; None in other threads."""
    context = get_script_run_ctx(suppress_warning=True)
    return None if context is None else context.session_id


def is_connected(name: str) -> bool:
    """Whether a tab is open and connected; True for every tab where no server runs."""
    return not runtime.exists() or bool(runtime.get_instance().is_active_session(name))


def leave_if_overtaken() -> None:
    """Ends this script run if its tab has been closed or has requested another run: Streamlit checks this whenever
    the session state is read."""
    if tab() is not None:
        st.session_state.get("modes")
