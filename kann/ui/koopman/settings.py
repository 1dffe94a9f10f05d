"""Widgets for the settings of the operator: a slider for the rank, the others in a popover."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from kann.analyses.koopman.spectrum.settings import Settings
from kann.backend.opened.pair import OpenedPair
from kann.studies.koopman.facts import page_settings, units
from kann.ui.glossary import term

_KEPT = {"persist_state": "session"}
_LINKED = {"bind": "query-params", "persist_state": "session"}


def operator_settings(opened: OpenedPair, defaults: Settings) -> Settings:
    """The settings chosen on the page; each value is kept across pages and written into the address."""
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="medium")
    slider = row.container()
    with row.popover("Settings", icon=":material/tune:", width="content"):
        settings = _what_is_fitted(opened, defaults)
    most = units(opened, settings)
    if st.session_state.get("rank", 0) > most:
        st.session_state.rank = most
    first = page_settings(opened, settings).rank
    if most == 1:
        slider.caption("Rank 1: the state has one unit.")
        return replace(settings, rank=1)
    rank = slider.slider(
        "Rank: directions of the states that the operator keeps", 1, most, first,
        key="rank", **_LINKED,
        help=f"{term('rank')}; starts where each direction has 100 {term('pair of states', 'pairs of states')}",
    )  # fmt: skip
    return replace(settings, rank=rank)


def _what_is_fitted(opened: OpenedPair, defaults: Settings) -> Settings:
    state = st.segmented_control(
        "State", ["full", "hidden"], default=defaults.state, required=True, key="state", **_LINKED,
        help="full: all that the network carries from step to step (h and c, every layer); hidden: h of the last layer",
    )  # fmt: skip
    intercept = st.toggle(
        "Intercept", defaults.intercept, key="intercept", **_LINKED,
        help="centre the states and fit a constant offset; off: neither, as published",
    )  # fmt: skip
    inputs = st.toggle(
        "With inputs", defaults.inputs, key="inputs", **_LINKED,
        help="fit the effect of the inputs together with the network's own dynamics (DMD with control)",
    )  # fmt: skip
    lag = st.number_input("Lag, steps", 1, 100, defaults.lag, key="lag", **_LINKED)
    delays = st.number_input(
        "Delays, earlier states stacked under each", 0, 10, defaults.delays, key="delays", **_LINKED
    )
    row = st.container(horizontal=True)
    first = row.number_input("First step", 0, None, 0, key="first", **_LINKED)
    left = row.number_input(
        "Left out at the end", 0, None, 0, key="last", **_LINKED,
        help="steps at the end of each sequence; 11 and 11 keep only the delay of the copy task",
    )  # fmt: skip
    limit = st.number_input(
        "At most, steps of a sequence", 0, None, defaults.max_length or 0, key="limit", **_LINKED,
        help="longer sequences are cut after this number of steps, on every page; 0: no limit",
    )  # fmt: skip
    label, known = None, opened.class_names
    if opened.classes:
        label = st.selectbox(
            "Sequences of class",
            [None, *opened.classes],
            key="label",
            format_func=lambda name: "all" if name is None else known.get(str(name), str(name)),
            **_KEPT,
        )
    return replace(
        defaults, state=state, intercept=intercept, inputs=inputs, lag=int(lag), delays=int(delays), label=label,
        steps=_steps(int(first), int(left)), max_length=int(limit) or None,
    )  # fmt: skip


def _steps(first: int, left: int) -> tuple[int, int | None] | None:
    """Range of the steps that are kept; None for all."""
    return (first, -left if left else None) if first or left else None
