"""Highlights of a text: the words that chosen modes answer to, the decision while reading, n-grams of all texts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from kann.analyses.highlights import SIGNED, UNSIGNED, Reading, answer_table, hints, tints
from kann.analyses.koopman_states import Result
from kann.analyses.transitions import Settings
from kann.analyses.word_effects import (
    WordEffects,
    one_sequence,
    token_ids,
    unknown_words,
    words_finding,
    words_of,
)
from kann.analyses.wording import class_name, number, share, signed
from kann.backend.library import Source
from kann.records import Dataset
from kann.ui import session
from kann.ui.guard import guard
from kann.ui.progress import settled
from kann.ui.start import service
from kann.ui.token_view import token_view
from kann.ui.word_tables import minimum_count, ngram_tables, passage_table
from kann.ui.words import plain

_KEPT = {"persist_state": "session"}
_DATA, _TYPED = "a text of the data", "your own words"
_EXAMPLE = "The first hour is slow and flat, but the last act is brilliant, and not a bad film at all."
# More texts than this are asked for by number; the first words of at most this many stand in the list.
_LISTED, _BEGUN = 5000, 500
# A mode whose share of the evidence is this far from one does not carry it alone.
_CLEAR = 0.25
_MEANINGS = {
    "innovation": "what a word adds to the modes beyond their own dynamics: local to the word",
    "signed projection": "what the modes hold after the word, along the read-out: it carries memory",
    "magnitude": "how far the modes are moved, whatever the direction, summed over them (the paper's shading)",
    "contribution": "how much of the state the modes make up after the word",
}


@dataclass(frozen=True)
class Lens:
    """What a text is read by: `modes` and what to call them, the class `toward` which blue points (None without a
    read-out), what to call its `evidence`, and where words push: `sides` "up" and "down"."""

    modes: list[int]
    called: str
    toward: int | None
    evidence: str
    sides: dict[str, str]


def text_reading(
    source: Source, settings: Settings, result: Result, dataset: Dataset, chosen: list[int], colours: Any,
    decision: Callable, head: Any,
) -> None:  # fmt: skip
    """All of the page below its settings; `decision` draws the figure, `head` takes the finding."""
    choices = st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="choices")
    lens = _lens(source, settings, result, _toward(source, settings, choices), chosen)
    own = _reads_own_words(dataset, choices)
    with guard():
        text, row = _typed(source) if own else _of_data(source, dataset, choices)
        if text is not None:
            _one_text(source, settings, result, text, row, lens, colours, decision)
    st.subheader("Words of the whole data set")
    with guard():
        _all_texts(source, settings, result, dataset, lens, head)


def _one_text(source, settings, result, text, row, lens, colours, decision) -> None:
    reading = service().reading(source, settings, result, text, lens.modes, lens.toward)
    words, key = words_of(text, 0), _picked_key(text, row)
    _say_decision(reading, lens)
    measure = _measure(reading)
    picked = [place for place in st.session_state.get(key, []) if place < len(words)]
    values = reading.shades[measure].tolist()
    token_view(
        words, tints(reading, measure), hints(words, values), picked, colours, "tokens",
        lambda places: _pick(key, places),
    )  # fmt: skip
    _legend(reading, lens, measure, words, values)
    views = st.container(horizontal=True, key="views")
    with views.container():
        _pick_by_keyboard(key, words)
        if reading.signed:
            figure = decision(reading, words, picked, lens.evidence, lens.called, colours)
            st.plotly_chart(figure, key="decision", alt="Evidence after each word, by the network and the modes alone")
    with views.container():
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
        lambda row, steps: _go_to(dataset, row, steps),
    )  # fmt: skip


def _toward(source: Source, settings: Settings, place) -> int | None:
    """The class that blue stands for: of two the second; of more, one that is chosen; None without a read-out."""
    names = service().outcomes(source, settings)
    if len(names) <= 2:
        return len(names) - 1 if names else None
    return place.selectbox(
        "Towards class", range(len(names)), format_func=lambda number: names[number], key="toward", **_KEPT
    )


def _lens(source: Source, settings: Settings, result: Result, toward: int | None, chosen: list[int]) -> Lens:
    """The selected modes; where none is selected, the one that carries the decision, and a word about it."""
    decisive, part = service().decisive_mode(source, settings, result, toward)
    modes = chosen or [decisive]
    called = f"Mode {modes[0] + 1}" if len(modes) == 1 else f"Modes {', '.join(str(mode + 1) for mode in modes)}"
    of = "the states' variance" if toward is None else "the evidence while reading"
    told = "" if chosen else " No mode is selected, so this one is shown: click another below, or on the Spectrum page."
    row = st.container(horizontal=True, vertical_alignment="center")
    mixed = toward is not None and abs(part - 1) > _CLEAR
    hint = f" At rank {result.operator.rank} modes share it and cancel; fewer mix less." if mixed else ""
    words = f"Mode {decisive + 1} carries most of {of}: a share of {share(part)}.{hint}{told}"
    row.markdown(plain(words), width="stretch")
    if chosen:
        row.button("Clear the selection", on_click=session.select, args=([],))
    return Lens(modes, called, toward, *_directions(service().outcomes(source, settings), toward))


def _directions(names: list[str], toward: int | None) -> tuple[str, dict[str, str]]:
    if toward is None:
        return "", {}
    own = names[toward]
    if len(names) == 2:
        return f"log-odds of {own}", {"up": f"push towards {own}", "down": f"push towards {names[1 - toward]}"}
    return f"output of {own} over the others", {"up": f"push towards {own}", "down": f"push away from {own}"}


def _reads_own_words(dataset: Dataset, place) -> bool:
    if dataset.kind != "text":
        return False
    return place.segmented_control("Read", [_DATA, _TYPED], default=_DATA, required=True, key="read", **_KEPT) == _TYPED


def _typed(source: Source) -> tuple[Dataset | None, str]:
    """A sentence that is typed in, in the vocabulary's words; those that it lacks are named."""
    written = st.text_area("Your own words", _EXAMPLE, key="typed", height=90, max_chars=20_000, **_KEPT)
    text = service().typed(source, written)
    missing = unknown_words(text, 0)
    if missing:
        st.caption(f"Not in the vocabulary: {plain(', '.join(missing[:30]))}.")
    elif text.unknown_share:
        st.caption(f"{100 * text.unknown_share:.2g} % of the words are not in the vocabulary and are left out.")
    return text, "typed"


def _of_data(source: Source, dataset: Dataset, place) -> tuple[Dataset, int]:
    key = _row_key(dataset)
    if len(dataset) > _LISTED:
        row = int(place.number_input("Text, by its row", 0, len(dataset) - 1, 0, key=key, **_KEPT))
    else:
        classes = service().class_names(source)
        names = [_listed(dataset, row, classes) for row in range(len(dataset))]
        row = place.selectbox("Text", range(len(dataset)), format_func=lambda row: names[row], key=key, **_KEPT)
    return one_sequence(dataset, row), row


def _listed(dataset: Dataset, row: int, classes: dict[str, str]) -> str:
    label = "" if dataset.labels is None else f", {class_name(str(dataset.labels[row]), classes)}"
    begun = f": {' '.join(words_of(dataset, row)[:6])} …" if len(dataset) <= _BEGUN else ""
    return f"{dataset.ids[row]}{label}, {dataset.lengths[row]} words{begun}"


def _measure(reading: Reading) -> str:
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


def _say_decision(reading: Reading, lens: Lens) -> None:
    if not reading.signed:
        st.caption("The network has no read-out: shades are strengths without a direction, nothing is decided.")
        return
    ends = f"**network {signed(reading.evidence[-1])}**, {plain(lens.called)} alone {signed(reading.alone[-1])}"
    agree = "the same decision" if reading.decided == reading.decided_alone else "another decision"
    st.markdown(f"At the end of this text, {plain(lens.evidence)}: {ends} ({agree}).")


def _legend(reading: Reading, lens: Lens, measure: str, words: list[str], values: list[float]) -> None:
    known = [(abs(value), word, value) for word, value in zip(words, values, strict=True) if value == value]
    _, word, value = max(known, default=(0, "", 0.0))
    blue = f"Blue words {lens.sides['up']}, orange ones {lens.sides['down']}. " if lens.sides else ""
    blue = "Blue is stronger. " if measure == "magnitude" or not reading.signed else blue
    strongest = f"Full colour: “{word}”, {signed(value) if reading.signed else number(value)}. "
    st.caption(plain(f"{blue}{strongest}Click words (shift-click a stretch) to see which modes answer to them."))


def _answers(reading: Reading, picked: list[int], words: list[str], result: Result) -> None:
    """Modes by their answer to the picked words, or to the whole text; a row selects its mode."""
    named = ", ".join(f"“{words[place]}”" for place in picked[:6]) + (" …" if len(picked) > 6 else "")
    st.markdown(f"**Modes that answer to {plain(named) if picked else 'the whole text'}**")
    columns = answer_table(reading, picked, result.spectrum)
    ids = columns["id"]
    st.dataframe(
        columns, key="answers", height=330, hide_index=True, selection_mode="multi-row",
        on_select=lambda: session.select([ids[row] for row in st.session_state["answers"]["selection"]["rows"]][:10]),
        column_order=[name for name in columns if name != "id"],
        column_config={
            "answer": st.column_config.NumberColumn(format="%.3g", help=_MEANINGS["innovation"]),
            "left at the end": st.column_config.NumberColumn(
                format="%.3g", help="what the mode's own dynamics leave of its answer at the end of the text"
            ),
            "half-life, steps": st.column_config.NumberColumn(format="%.3g"),
            "modulus": st.column_config.NumberColumn(format="%.4g"),
        },
        alt="Modes by their answer to the picked words, with half-life and modulus",
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


def _go_to(dataset: Dataset, row: int, steps: list[int]) -> None:
    """Opens a text of the data with these words picked."""
    st.session_state["read"] = _DATA
    st.session_state[_row_key(dataset)] = row
    st.session_state[_picked_key(dataset, row)] = steps


def _row_key(dataset: Dataset) -> str:
    return f"text of {dataset.sha256[:12]}"


def _picked_key(text: Dataset, row: int | str) -> str:
    return f"picked in {text.sha256[:12]} {row}"


def _all_meanings(measures: tuple[str, ...]) -> str:
    return "; ".join(f"{measure}: {_MEANINGS[measure]}" for measure in measures)
