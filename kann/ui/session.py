"""What this browser tab looks at, kept over pages and written into the address, so that a link restores it."""

from __future__ import annotations

import streamlit as st

from kann.backend.opened import addresses
from kann.backend.opened.library import Source
from kann.ui.start import service


def source() -> Source | None:
    """The model and data chosen, from this session or, on a fresh one, from the address."""
    if "source" not in st.session_state and "data" in st.query_params:
        st.session_state.source = addresses.read(st.query_params)
    return st.session_state.get("source")


def choose(chosen: Source) -> None:
    """Looks at something else from here on; selections of the old one fall away."""
    if chosen != st.session_state.get("source"):
        st.session_state.source = chosen
        st.session_state.modes = []


def publish() -> None:
    """Writes what is looked at into the address."""
    chosen = source()
    if chosen is None:
        return
    address = addresses.written(chosen) | {"modes": ",".join(selected())}
    for name in (*addresses.NAMES, "modes"):
        value = address.get(name) or None
        if value is None:
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != value:
            st.query_params[name] = value


def selected() -> list[str]:
    """Ids of the selected modes, in the order of their selection."""
    if "modes" not in st.session_state:
        st.session_state.modes = [name for name in st.query_params.get("modes", "").split(",") if name]
    return st.session_state.modes


def select(names: list[str]) -> None:
    st.session_state.modes = list(dict.fromkeys(names))


def theme() -> str | None:
    return st.context.theme.type


def describe() -> tuple[str, str] | None:
    """Names of the model and the data, for the sidebar."""
    chosen = source()
    if chosen is None:
        return None
    library = service().library
    model = "states without a network" if chosen.model is None else library.name(chosen.model)
    return model, library.name(chosen.data, "data")
