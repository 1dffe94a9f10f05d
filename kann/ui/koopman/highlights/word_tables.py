"""Effects of words over a data set: tables of n-grams, and the passages where they occur."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from kann.analyses.koopman.highlights.word_effects import (
    LEAST,
    LEAST_TEXTS,
    WordEffects,
    ngram_columns,
    ngram_positions,
    ngram_rows,
    ngram_tokens,
    passages,
    spelled,
    strongest_positions,
    token_ids,
)
from kann.analyses.wording import class_name
from kann.records import Dataset
from kann.ui.koopman.fits import OpenFit
from kann.ui.koopman.highlights.attribution import Attribution
from kann.ui.words import plain

_KEPT = {"persist_state": "session"}
_LENGTHS = {"words": 1, "pairs": 2, "triples": 3}
_SEEN, _AT_FIRST = "ngrams seen", 5
_MOST_NGRAMS, _MOST_PASSAGES = 200, 100
_HELP = {
    "count": "number of occurrences",
    "texts": "number of texts that contain it; the tests take texts, not occurrences, as independent",
    "effect": "mean over its occurrences of the summed effect of its words",
    "adds": "effect beyond the sum of its parts, each by its mean over all other occurrences (of a triple, the nearer "
    "division into a word and a pair); empty where a part occurs nowhere else",
    "p": "p-value, of pairs and triples: that they add nothing; of single words: that their effect equals that of all "
    "others (Welch's test over texts, of effects and of their normal scores, the larger one)",
    "q": "expected share of false discoveries among all words, pairs or triples with a p this small (Benjamini and "
    "Hochberg)",
}


def ngram_tables(dataset: Dataset, found: WordEffects, sides: Mapping[str, str]) -> None:
    """Tables of the n-grams with positive and with negative effect (one table without a target), the strongest
    first."""
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="medium")
    length = row.segmented_control(
        "n-grams of", list(_LENGTHS), default="words", required=True, key="ngrams of", **_KEPT
    )
    order = row.segmented_control(
        "Strongest by",
        ["effect", "adds"],
        default="effect",
        required=True,
        key="ngrams by",
        help=_HELP["adds"],
        **_KEPT,
    )
    minimum = int(row.number_input("Seen at least", LEAST, 10_000, _AT_FIRST, key=_SEEN, width=140, **_KEPT))
    names = token_ids(dataset)[1]
    shown = ("up", "down") if found.signed else ("either",)
    tables = st.container(horizontal=True, key="tables")
    for side in shown:
        with tables.container():
            rows = ngram_rows(found, _LENGTHS[length], minimum, side, order, _MOST_NGRAMS)
            st.markdown(f"**{plain(sides.get(side, 'strongest').capitalize())}**")
            _table(dataset, found, rows, ngram_columns(found, rows, names), f"ngrams-{side}")
    st.caption(
        f"p and q are empty where fewer than {LEAST_TEXTS} texts contain the n-gram, or one of its parts elsewhere. "
        "Judge by q: of 1000 n-grams without effect, 10 have p below 0.01 by chance."
    )


def minimum_count() -> int:
    """Value of the tables' widget for the smallest count, available before it is drawn."""
    return int(st.session_state.get(_SEEN, _AT_FIRST))


def passage_table(fit: OpenFit, found: WordEffects, by: Attribution, go_to: Callable[[int, list[int]], None]) -> None:
    """Passages with the chosen n-gram; without one, those with the single words that changed the modes most. Selecting
    a row calls `go_to(row, steps)`, which shows its sequence."""
    dataset, classes = fit.dataset, fit.opened.class_names
    names, tokens = token_ids(dataset)[1], st.session_state.get(_key(dataset))
    if tokens:
        places = ngram_positions(dataset, found, tokens)
        st.subheader(f"“{plain(spelled(names, tokens))}” in {len(places)} places")
        st.button("Back to the strongest words", on_click=_choose, args=(dataset, None), icon=":material/arrow_back:")
        _passages(passages(dataset, found, places[:_MOST_PASSAGES], len(tokens)), len(tokens), "ngram", classes, go_to)
        return
    st.subheader(f"Passages that change {plain(by.called)} most, in all sequences")
    shown = ("up", "down") if found.signed else ("either",)
    for side, tab in zip(
        shown, st.tabs([plain(by.sides.get(side, "Strongest").capitalize()) for side in shown]), strict=True
    ):
        with tab:
            columns = passages(dataset, found, strongest_positions(found, side, _MOST_PASSAGES))
            _passages(columns, 1, side, classes, go_to)


def _table(dataset: Dataset, found: WordEffects, rows, columns: dict[str, list], key: str) -> None:
    chosen = [ngram_tokens(found, row) for row in rows.tolist()]
    numbers = {
        name: st.column_config.NumberColumn(format="%.3g", help=_HELP[name]) for name in ("effect", "adds", "p", "q")
    }
    whole = {name: st.column_config.NumberColumn(help=_HELP[name]) for name in ("count", "texts")}
    st.dataframe(
        columns, key=key, height=340, hide_index=True, selection_mode="single-row",
        on_select=lambda: _choose(dataset, [chosen[row] for row in st.session_state[key]["selection"]["rows"]]),
        column_config=whole | numbers,
        alt="n-grams with count, texts, effect, what they add, p and q",
    )  # fmt: skip


def _choose(dataset: Dataset, ngrams: list[list[int]] | None) -> None:
    st.session_state[_key(dataset)] = ngrams[0] if ngrams else None


def _key(dataset: Dataset) -> str:
    return f"ngram of {dataset.digest[:12]}"


def _passages(columns: dict[str, list], tokens: int, key: str, classes: Mapping[str, str], go_to: Callable) -> None:
    key = f"passages-{key}"
    named = {"class": [class_name(label, classes) for label in columns["class"]]} if "class" in columns else {}

    def take() -> None:
        for row in st.session_state[key]["selection"]["rows"]:
            go_to(columns["row"][row], list(range(columns["step"][row], columns["step"][row] + tokens)))

    st.dataframe(
        columns | named, key=key, height=300, hide_index=True, on_select=take, selection_mode="single-row",
        column_order=["effect", *(name for name in columns if name not in ("effect", "row", "step"))],
        column_config={
            "effect": st.column_config.NumberColumn(format="%.3g", width=70),
            "before": st.column_config.TextColumn(alignment="right", width=230),
            "words": st.column_config.TextColumn(width=110),
            "behind": st.column_config.TextColumn(width=230),
        },
        alt="Passages with the words before and behind, their effect, class and sequence",
    )  # fmt: skip
