"""Highlights of a text: the words that change chosen modes, the decision while reading, n-grams of all texts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from kann.analyses.koopman.highlights.text_highlights import (
    SIGNED,
    UNSIGNED,
    TextReading,
    effect_table,
    relative_shades,
    word_labels,
)
from kann.analyses.koopman.highlights.word_effects import WordEffects, token_ids, words_finding, words_of
from kann.analyses.koopman.spectrum.koopman_states import Result
from kann.analyses.koopman.spectrum.transitions import Settings
from kann.analyses.wording import number, signed
from kann.backend.koopman_states import shortened
from kann.backend.opened.library import Source
from kann.records import Dataset
from kann.ui import session
from kann.ui.guard import guard
from kann.ui.koopman.targets import Lens, choose_lens
from kann.ui.koopman.texts import choose_text, go_to, picked_key
from kann.ui.koopman.token_view import token_view
from kann.ui.koopman.word_tables import minimum_count, ngram_tables, passage_table
from kann.ui.progress import settled
from kann.ui.start import service
from kann.ui.words import plain

_KEPT = {"persist_state": "session"}
_MEANINGS = {
    "innovation": "what a word adds to the modes beyond their own dynamics: local to the word",
    "signed projection": "what the modes hold after the word, along the read-out: it carries memory",
    "magnitude": "how far the modes are moved, whatever the direction, summed over them (the paper's shading)",
    "contribution": "how much of the state the modes make up after the word",
}


def text_reading(
    source: Source, settings: Settings, result: Result, dataset: Dataset, chosen: list[int], colours: Any,
    decision: Callable, head: Any,
) -> None:  # fmt: skip
    """All of the page below its settings; `decision` draws the figure, `head` takes the finding."""
    choices = st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="choices")
    lens = choose_lens(source, settings, result, chosen, choices)
    with guard():
        text, row = choose_text(source, dataset, choices)
        text = shortened(text, settings.max_length)
        _one_text(source, settings, result, text, row, lens, colours, decision)
    st.subheader("Words of the whole data set")
    with guard():
        _all_texts(source, settings, result, dataset, lens, head)


def _one_text(source, settings, result, text, row, lens, colours, decision) -> None:
    reading = service().reading(source, settings, result, text, lens.modes, lens.toward)
    words, key = words_of(text, 0), picked_key(text, row)
    _say_decision(reading, lens)
    measure = _measure(reading)
    picked = [place for place in st.session_state.get(key, []) if place < len(words)]
    values = reading.shades[measure].tolist()
    token_view(
        words, relative_shades(reading, measure), word_labels(words, values), picked, colours, "tokens",
        lambda places: _pick(key, places),
    )  # fmt: skip
    _legend(reading, lens, measure, words, values)
    if reading.signed:
        figure = decision(reading, words, picked, lens.evidence, lens.called, colours)
        st.plotly_chart(figure, key="decision", alt="Evidence after each word, by the network and the modes alone")
    _pick_by_keyboard(key, words)
    _answers(reading, picked, words, result)


def _all_texts(source, settings, result, dataset, lens: Lens, head) -> None:
    everything = st.session_state.get("all texts", False)
    found = settled(
        service().word_effects(source, settings, result, lens.modes, lens.toward, everything), "Reading all texts"
    )
    if found is None:
        return
    _coverage(dataset, found)
    with head:
        told = words_finding(found, token_ids(dataset)[1], lens.called, lens.sides, minimum_count())
        with st.container(key="finding"):
            st.markdown(f"**{plain(told.headline)}** {plain(told.support)}")
    ngram_tables(dataset, found, lens.sides)
    passage_table(
        dataset, found, lens.called, lens.sides, service().class_names(source),
        lambda row, steps: go_to(dataset, row, steps),
    )  # fmt: skip


def _measure(reading: TextReading) -> str:
    measures = SIGNED if reading.signed else UNSIGNED
    return st.segmented_control(
        "Shade words by",
        measures,
        default=measures[0],
        required=True,
        key="shade",
        help=_all_meanings(measures),
        **_KEPT,
    )


def _say_decision(reading: TextReading, lens: Lens) -> None:
    if not reading.signed:
        st.caption("The network has no read-out: shades are strengths without a direction, nothing is decided.")
        return
    ends = f"**network {signed(reading.evidence[-1])}**, {plain(lens.called)} alone {signed(reading.alone[-1])}"
    agree = "the same decision" if reading.decided == reading.decided_alone else "another decision"
    st.markdown(f"At the end of this text, {plain(lens.evidence)}: {ends} ({agree}).")


def _legend(reading: TextReading, lens: Lens, measure: str, words: list[str], values: list[float]) -> None:
    known = [(abs(value), word, value) for word, value in zip(words, values, strict=True) if value == value]
    _, word, value = max(known, default=(0, "", 0.0))
    blue = f"Blue words {lens.sides['up']}, orange ones {lens.sides['down']}. " if lens.sides else ""
    blue = "Blue is stronger. " if measure == "magnitude" or not reading.signed else blue
    strongest = f"Full colour: “{word}”, {signed(value) if reading.signed else number(value)}. "
    st.caption(plain(f"{blue}{strongest}Click words (shift-click a stretch) to see which modes they change."))


def _answers(reading: TextReading, picked: list[int], words: list[str], result: Result) -> None:
    """Modes by the effect of the picked words, or of the whole text; a row selects its mode."""
    named = ", ".join(f"“{words[place]}”" for place in picked[:6]) + (" …" if len(picked) > 6 else "")
    st.markdown(f"**Modes changed by {plain(named) if picked else 'the whole text'}**")
    columns = effect_table(reading, picked, result.spectrum)
    ids = columns["id"]
    st.dataframe(
        columns, key="answers", height=250, hide_index=True, selection_mode="multi-row",
        on_select=lambda: session.select([ids[row] for row in st.session_state["answers"]["selection"]["rows"]][:10]),
        column_order=[name for name in columns if name != "id"],
        column_config={
            "effect": st.column_config.NumberColumn(format="%.3g", help=_MEANINGS["innovation"]),
            "effect at the end": st.column_config.NumberColumn(
                format="%.3g", help="what the mode's own dynamics leave of the effect at the end of the text"
            ),
            "half-life, steps": st.column_config.NumberColumn(format="%.3g"),
            "modulus": st.column_config.NumberColumn(format="%.4g"),
        },
        alt="Modes by the effect of the picked words, with half-life and modulus",
    )  # fmt: skip


def _pick_by_keyboard(key: str, words: list[str]) -> None:
    st.multiselect(
        "Picked words", range(len(words)), key=key, format_func=lambda place: f"{words[place][:40]} ({place + 1})",
        placeholder="click words above, or choose them here", **_KEPT,
    )  # fmt: skip


def _pick(key: str, places: list[int]) -> None:
    st.session_state[key] = places


def _coverage(dataset: Dataset, found: WordEffects) -> None:
    """How much was read, and a way to read the rest."""
    if len(found.rows) == len(dataset):
        st.caption(f"All {len(dataset)} sequences, {len(found.effects)} words.")
        return
    st.toggle(f"Read all {len(dataset)} sequences, not only {len(found.rows)} held-out ones", key="all texts", **_KEPT)


def _all_meanings(measures: tuple[str, ...]) -> str:
    return "; ".join(f"{measure}: {_MEANINGS[measure]}" for measure in measures)
