"""Widgets that several pages share: settings, the finding, the controls' figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from kann.analyses.koopman.spectrum.findings import finding, verdict
from kann.analyses.koopman.spectrum.koopman_states import Result
from kann.analyses.koopman.spectrum.training_credit import title
from kann.analyses.koopman.spectrum.transitions import Settings
from kann.analyses.wording import class_name, share
from kann.backend.opened.library import Source
from kann.records import Dataset
from kann.ui import session
from kann.ui.start import service
from kann.ui.words import plain

_KEPT = {"persist_state": "session"}
_LINKED = {"bind": "query-params", "persist_state": "session"}
# Sequences drawn side by side, and offered by name.
MOST_DRAWN = 4
MOST_LISTED = 5000


def chosen_source() -> Source | None:
    """What is looked at; where nothing is, a way to choose it."""
    chosen = session.source()
    if chosen is None:
        st.info("Nothing is open yet.", icon=":material/folder_open:")
        st.page_link("pages/start/home.py", label="Open a demo or your own network", icon=":material/arrow_back:")
    return chosen


def operator_settings(source: Source, defaults: Settings) -> Settings:
    """Rank in sight, the rest one click away; every value is kept over pages and stands in the address."""
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="medium")
    slider = row.container()
    with row.popover("Settings", icon=":material/tune:", width="content"):
        settings = _what_is_fitted(source, defaults)
    most = service().units(source, settings)
    if st.session_state.get("rank", 0) > most:
        st.session_state.rank = most
    first = service().page_settings(source, settings).rank
    rank = slider.slider(
        "Rank: directions of the states that the operator keeps", 1, most, first,
        key="rank", help="begins where each direction has 100 pairs of states to be fitted on", **_LINKED,
    )  # fmt: skip
    return replace(settings, rank=rank)


def _what_is_fitted(source: Source, defaults: Settings) -> Settings:
    state = st.segmented_control(
        "State", ["full", "hidden"], default=defaults.state, required=True, key="state", **_LINKED,
        help="full: all that the network carries from step to step (h and c, every layer); hidden: h of the last layer",
    )  # fmt: skip
    intercept = st.toggle(
        "Intercept", defaults.intercept, key="intercept", **_LINKED,
        help="centre the states and fit a free offset; off: as published",
    )  # fmt: skip
    inputs = st.toggle(
        "With inputs", defaults.inputs, key="inputs", **_LINKED,
        help="fit what the inputs do beside what the network does by itself (DMD with control)",
    )  # fmt: skip
    lag = st.number_input("Lag, steps", 1, 100, defaults.lag, key="lag", **_LINKED)
    delays = st.number_input(
        "Delays, earlier states stacked under each", 0, 10, defaults.delays, key="delays", **_LINKED
    )
    row = st.container(horizontal=True)
    first = row.number_input("First step", 0, None, 0, key="first", **_LINKED)
    left = row.number_input(
        "Left out at the end", 0, None, 0, key="last", **_LINKED,
        help="steps at each sequence's own end; 11 and 11 keep the delay alone in the copy task",
    )  # fmt: skip
    limit = st.number_input(
        "At most, steps of a sequence", 0, None, defaults.max_length or 0, key="limit", **_LINKED,
        help="longer sequences end after so many steps, for every figure of every page; 0: they are read whole",
    )  # fmt: skip
    classes = service().classes(source)
    label, known = None, service().class_names(source)
    if classes:
        label = st.selectbox(
            "Sequences of class",
            [None, *classes],
            key="label",
            format_func=lambda name: "all" if name is None else known.get(str(name), str(name)),
            **_KEPT,
        )
    return replace(
        defaults, state=state, intercept=intercept, inputs=inputs, lag=int(lag), delays=int(delays), label=label,
        steps=_steps(int(first), int(left)), max_length=int(limit) or None,
    )  # fmt: skip


def _steps(first: int, left: int) -> tuple[int, int | None] | None:
    """Which steps are kept, where some are not."""
    return (first, -left if left else None) if first or left else None


def found(result: Result, unit: str) -> None:
    """The finding in words, before anything is drawn."""
    words = finding(result, unit)
    with st.container(key="finding"):
        st.markdown(f"**{plain(words.headline)}** {plain(words.support)}")


def controls(result: Result) -> None:
    """The baselines in one line."""
    where = "in sample" if result.in_sample else "held out"
    untrained = result.spectrum.untrained
    figures = {
        f"one-step R², {where}": (result.accuracy.R2, "share of the next state's variance that the operator predicts"),
        "persistence": (result.accuracy.persistence, "R² of the guess that the state stays"),
        "mean": (result.accuracy.mean, "R² of the guess that the state is the mean of the fitted states"),
    }
    if untrained is not None:
        kind = f"{len(untrained.R2)} that have {title(untrained)}"
        figures["untrained twins"] = (untrained.median, f"median R² of untrained networks, {kind}")
    if result.with_inputs is not None:
        figures["with inputs"] = (result.with_inputs, "R² of the fit that is given the inputs too")
    with st.container(horizontal=True, gap="medium"):
        for label, (value, meaning) in figures.items():
            st.metric(label, share(value), help=meaning, width="content")
        st.metric("rank", result.operator.rank, help="directions kept, after rounding noise was cut", width="content")


def verdicts(result: Result, modes: list[int], unit: str) -> None:
    for mode in modes:
        st.markdown(plain(verdict(result.spectrum, mode, unit)))


def notes(result: Result) -> None:
    for note in result.notes:
        st.caption(plain(note))


def sequences_and_part(dataset: Dataset, classes: Mapping[str, str]) -> tuple[list[int], str]:
    """Rows of the sequences to draw, at first one of each of the first classes, which are called by their names;
    and what of a mode to draw."""
    names = [sequence_name(dataset, row, classes) for row in range(min(len(dataset), MOST_LISTED))]
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="medium")
    rows = row.container().multiselect(
        "Sequences", range(len(names)), default=dataset.examples(each=1, classes=3), format_func=lambda row: names[row],
        max_selections=MOST_DRAWN, key=f"sequences-{dataset.sha256[:12]}", **_KEPT,
    )  # fmt: skip
    part = row.segmented_control(
        "Draw", ["real part", "magnitude", "innovation"], default="real part", required=True, key="part", **_KEPT
    )
    return rows, part


def sequence_name(dataset: Dataset, row: int, classes: Mapping[str, str]) -> str:
    label = "" if dataset.labels is None else f", {class_name(str(dataset.labels[row]), classes)}"
    return f"{dataset.ids[row]}{label}"
