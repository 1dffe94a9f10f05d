"""Widgets that pages of every system share: the opened pair, and the choice of sequences."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from kann.analyses.wording import class_name
from kann.backend.opened.pair import Pair
from kann.records import Dataset
from kann.ui import session
from kann.ui.glossary import term

_KEPT = {"persist_state": "session"}
# Largest number of sequences drawn side by side, and listed by name.
MOST_DRAWN = 4
MOST_LISTED = 5000


def chosen_pair() -> Pair | None:
    """The opened pair; without one, None and a link to the page that opens one."""
    chosen = session.pair()
    if chosen is None:
        st.info("Nothing is open yet.", icon=":material/folder_open:")
        st.page_link("pages/start/home.py", label="Open a demo or your own network", icon=":material/arrow_back:")
    return chosen


def sequences_and_part(dataset: Dataset, classes: Mapping[str, str]) -> tuple[list[int], str]:
    """Rows of the sequences to draw, by default one of each of the first three classes, and the quantity of a mode to
    draw. `classes`: names of the classes by their labels."""
    names = [sequence_name(dataset, row, classes) for row in range(min(len(dataset), MOST_LISTED))]
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="medium")
    rows = row.container().multiselect(
        "Sequences", range(len(names)), default=dataset.examples(each=1, classes=3), format_func=lambda row: names[row],
        max_selections=MOST_DRAWN, key=f"sequences-{dataset.digest[:12]}", **_KEPT,
    )  # fmt: skip
    part = row.segmented_control(
        "Draw", ["real part", "magnitude", "innovation"], default="real part", required=True, key="part", **_KEPT,
        help=f"real part and magnitude of the mode's coordinate φ; {term('innovation')}: what each step adds to it",
    )  # fmt: skip
    return rows, part


def sequence_name(dataset: Dataset, row: int, classes: Mapping[str, str]) -> str:
    label = "" if dataset.labels is None else f", {class_name(str(dataset.labels[row]), classes)}"
    return f"{dataset.ids[row]}{label}"
