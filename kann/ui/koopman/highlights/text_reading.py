"""Highlights of a text: words shaded by their effect on modes, the decision while reading, n-grams of all texts."""

from __future__ import annotations

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
from kann.analyses.wording import number, signed
from kann.backend.opened.samples import shortened
from kann.records import Dataset
from kann.studies.koopman.exhibits import DECISION, ReadText
from kann.studies.koopman.questions.texts import READING, WORD_EFFECTS, Effects, ReadBy
from kann.ui import session
from kann.ui.glossary import term
from kann.ui.guard import guard
from kann.ui.koopman.fits import OpenFit
from kann.ui.koopman.highlights.attribution import Attribution, choose_attribution
from kann.ui.koopman.highlights.texts import ChosenText, choose_text, go_to
from kann.ui.koopman.highlights.token_view import Shaded, token_view
from kann.ui.koopman.highlights.word_tables import minimum_count, ngram_tables, passage_table
from kann.ui.koopman.selection import TERMS
from kann.ui.showing import chart
from kann.ui.words import plain

_KEPT = {"persist_state": "session"}
_MEANINGS = {
    "innovation": "what a word adds to the modes beyond their own dynamics; it belongs to this word alone",
    "signed projection": "state of the modes after the word, along the read-out; earlier words have effects on it",
    "magnitude": "|φ| summed over the modes, without direction (the paper's shading)",
    "contribution": "norm of the modes' part of the state after the word",
}


def text_reading(fit: OpenFit) -> None:
    """All of the page below its settings."""
    choices = st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="choices")
    by = choose_attribution(fit, choices)
    with guard():
        _one_text(fit, choose_text(fit, choices), by)
    st.subheader("Words of all texts")
    with guard():
        _all_texts(fit, by)


def _one_text(fit: OpenFit, text: ChosenText, by: Attribution) -> None:
    reading = fit.answer(READING(ReadBy(fit.settings, by.target, by.modes, text.row, text.typed)))
    words, key = words_of(shortened(text.dataset, fit.settings.max_length), 0), text.picked_key
    _say_decision(reading, by)
    measure = _measure(reading)
    picked = [place for place in st.session_state.get(key, []) if place < len(words)]
    values = reading.shades[measure].tolist()
    shaded = Shaded(words, relative_shades(reading, measure), word_labels(words, values), picked)
    token_view(shaded, fit.view.palette, "tokens", lambda places: _pick(key, places))
    _legend(reading, by, measure, words, values)
    if reading.signed:
        chart(DECISION, ReadText(reading, words, picked, by.evidence, by.called), fit.view)
    _pick_by_keyboard(key, words)
    _answers(reading, picked, words, fit.result)


def _all_texts(fit: OpenFit, by: Attribution) -> None:
    everything = st.session_state.get("all texts", False)
    found = fit.answer(WORD_EFFECTS(Effects(fit.settings, by.target, by.modes, everything)))
    if found is None:
        return
    _coverage(fit.dataset, found)
    with fit.head:
        told = words_finding(found, token_ids(fit.dataset)[1], by.called, by.sides, minimum_count())
        with st.container(key="finding"):
            st.markdown(f"**{plain(told.headline)}** {plain(told.support)}")
    ngram_tables(fit.dataset, found, by.sides)
    passage_table(fit, found, by, lambda row, steps: go_to(fit.dataset, row, steps))


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


def _say_decision(reading: TextReading, by: Attribution) -> None:
    if not reading.signed:
        st.caption("The network has no read-out and makes no decision: shades show strength without direction.")
        return
    ends = f"**network {signed(reading.evidence[-1])}**, {plain(by.called)} alone {signed(reading.alone[-1])}"
    agree = "the same decision" if reading.decided == reading.decided_alone else "another decision"
    st.markdown(f"At the end of this text, {plain(by.evidence)}: {ends} ({agree}).")


def _legend(reading: TextReading, by: Attribution, measure: str, words: list[str], values: list[float]) -> None:
    known = [(abs(value), word, value) for word, value in zip(words, values, strict=True) if value == value]
    _, word, value = max(known, default=(0, "", 0.0))
    blue = f"Blue words {by.sides['up']}, orange ones {by.sides['down']}. " if by.sides else ""
    blue = "Blue is stronger. " if measure == "magnitude" or not reading.signed else blue
    strongest = f"Full colour: “{word}”, {signed(value) if reading.signed else number(value)}. "
    st.caption(plain(f"{blue}{strongest}Click words (shift-click for a range) to see which modes they change."))


def _answers(reading: TextReading, picked: list[int], words: list[str], result: Result) -> None:
    """Table of the modes by the effect of the picked words, or of the whole text; a row selects its mode."""
    named = ", ".join(f"“{words[place]}”" for place in picked[:6]) + (" …" if len(picked) > 6 else "")
    st.markdown(f"**Modes changed by {plain(named) if picked else 'the whole text'}**")
    columns = effect_table(reading, picked, result.spectrum)
    ids = columns["id"]
    st.dataframe(
        columns, key="answers", height=250, hide_index=True, selection_mode="multi-row",
        on_select=lambda: session.select([ids[row] for row in st.session_state["answers"]["selection"]["rows"]][:10]),
        column_order=[name for name in columns if name != "id"],
        column_config={
            "effect": st.column_config.NumberColumn(
                format="%.3g", help=f"{term('innovation')}: {_MEANINGS['innovation']}"
            ),
            "effect at the end": st.column_config.NumberColumn(
                format="%.3g", help="part of the effect that the mode's own dynamics retain at the end of the text"
            ),
            "half-life, steps": st.column_config.NumberColumn(format="%.3g", help=TERMS["half-life, steps"]),
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
    """Number of sequences read, and a switch to read all."""
    if len(found.rows) == len(dataset):
        st.caption(f"All {len(dataset)} sequences, {len(found.effects)} words.")
        return
    st.toggle(f"Read all {len(dataset)} sequences, not only {len(found.rows)} held-out ones", key="all texts", **_KEPT)


def _all_meanings(measures: tuple[str, ...]) -> str:
    meanings = "; ".join(f"{measure}: {_MEANINGS[measure]}" for measure in measures)
    return f"{term('shading')} by {meanings} (see {term('innovation')})"
