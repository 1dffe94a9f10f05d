"""Once a process: everything heavy is imported and set aside from the garbage collector."""

from __future__ import annotations

import gc

import streamlit as st

from kann.backend.service import Service


@st.cache_resource(show_spinner="Starting …")
def service() -> Service:
    """The cached backend of this process.

    Streamlit collects garbage after every script run, 0.1 s once torch is imported; frozen, the modules
    are no longer walked.
    """
    started = Service()
    gc.collect()
    gc.freeze()
    return started
