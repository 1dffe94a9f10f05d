"""The pair and the modes selected in this browser tab, kept across pages and in the address: a link restores them."""

from __future__ import annotations

import streamlit as st

from kann.backend.opened.pair import NAMES, Pair
from kann.ui.start import service


def pair() -> Pair | None:
    """The opened model and data: of this session or, in a new session, of the address."""
    if "pair" not in st.session_state and "data" in st.query_params:
        st.session_state.pair = Pair.at(st.query_params)
    return st.session_state.get("pair")


def choose(chosen: Pair) -> None:
    """Opens another pair; the selection of modes is cleared."""
    if chosen != st.session_state.get("pair"):
        st.session_state.pair = chosen
        st.session_state.modes = []


def publish() -> None:
    """Writes the opened pair and the selected modes into the address."""
    chosen = pair()
    if chosen is None:
        return
    address = chosen.address() | {"modes": ",".join(selected())}
    for name in (*NAMES, "modes"):
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


def describe() -> tuple[str, ...] | None:
    """Names of the opened model and data, one a line, for the sidebar."""
    chosen = pair()
    return None if chosen is None else chosen.title(service().library)
