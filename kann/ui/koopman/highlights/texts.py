"""The text that is shown: one of the data or one typed by the user; and the words picked in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from kann.analyses.koopman.highlights.word_effects import one_sequence, unknown_words, words_of
from kann.analyses.wording import class_name, percent
from kann.records import Dataset
from kann.ui.koopman.fits import OpenFit
from kann.ui.words import plain

_KEPT = {"persist_state": "session"}
_DATA, _TYPED = "a text of the data", "your own words"
_EXAMPLE = "The first hour is slow and flat, but the last act is brilliant, and not a bad film at all."
# Largest number of texts that are offered as a list, and that are listed with their first words.
_LISTED, _BEGUN = 5000, 500


@dataclass(frozen=True)
class ChosenText:
    """One text, as a data set of one sequence: its `row` in the data, or the words `typed` by the user; `picked_key`:
    key of the session state that holds the picked words."""

    dataset: Dataset
    picked_key: str
    row: int | None = None
    typed: str | None = None


def choose_text(fit: OpenFit, place: Any) -> ChosenText:
    """The text chosen on the page.

    Raises:
        KannError: the typed text is blank, or none of its words is in the vocabulary.
    """
    return _typed(fit) if _reads_own_words(fit.dataset, place) else _of_data(fit, place)


def go_to(dataset: Dataset, row: int, steps: list[int]) -> None:
    """Shows a text of the data with these words picked."""
    st.session_state["read"] = _DATA
    st.session_state[_row_key(dataset)] = row
    st.session_state[picked_key(dataset, row)] = steps


def picked_key(text: Dataset, row: int | str) -> str:
    return f"picked in {text.digest[:12]} {row}"


def _reads_own_words(dataset: Dataset, place: Any) -> bool:
    if dataset.kind != "text":
        return False
    return place.segmented_control("Read", [_DATA, _TYPED], default=_DATA, required=True, key="read", **_KEPT) == _TYPED


def _typed(fit: OpenFit) -> ChosenText:
    """A text typed by the user; words that are not in the vocabulary are listed."""
    written = st.text_area("Your own words", _EXAMPLE, key="typed", height=90, max_chars=20_000, **_KEPT)
    text = fit.opened.typed(written)
    missing = unknown_words(text, 0)
    if missing:
        st.caption(f"Not in the vocabulary: {plain(', '.join(missing[:30]))}.")
    elif text.unknown_share:
        st.caption(f"{percent(text.unknown_share)} of the words are not in the vocabulary and are left out.")
    return ChosenText(text, picked_key(text, "typed"), typed=written)


def _of_data(fit: OpenFit, place: Any) -> ChosenText:
    dataset, key = fit.dataset, _row_key(fit.dataset)
    if len(dataset) > _LISTED:
        row = int(place.number_input("Text, by its row", 0, len(dataset) - 1, 0, key=key, **_KEPT))
    else:
        names = [_listed(dataset, row, fit.opened.class_names) for row in range(len(dataset))]
        row = place.selectbox("Text", range(len(dataset)), format_func=lambda row: names[row], key=key, **_KEPT)
    return ChosenText(one_sequence(dataset, row), picked_key(dataset, row), row)


def _listed(dataset: Dataset, row: int, classes: Mapping[str, str]) -> str:
    # The row number comes first, since the browser merges options with equal texts.
    name = "" if str(dataset.ids[row]) == str(row) else f" · {dataset.ids[row]}"
    label = "" if dataset.labels is None else f", {class_name(str(dataset.labels[row]), classes)}"
    begun = f": {' '.join(words_of(dataset, row)[:6])} …" if len(dataset) <= _BEGUN else ""
    return f"{row}{name}{label}, {dataset.lengths[row]} words{begun}"


def _row_key(dataset: Dataset) -> str:
    return f"text of {dataset.digest[:12]}"
