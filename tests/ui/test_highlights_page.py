"""The highlights page: readings, tables and links between words, modes and texts."""

import csv
import json

import numpy as np
import pytest

from kann.analyses.koopman.spectrum.settings import Settings
from kann.backend.opened.pair import Pair
from kann.records import Dataset
from kann.ui.koopman.highlights.texts import _listed
from kann.ui.start import service
from tests.patience import run_until
from tests.texts import save_classifier
from tests.ui.pages import TEXTS, result_of, settled_page, tables_stand, tokens_of

HOSTILE = ["<script>alert(1)</script>", '<iframe srcdoc="<b>x">', "\"'>", "**bold**", ":red[x]"]


@pytest.fixture
def texts(data_root):
    return save_classifier(data_root)


def said(app):
    return " ".join(text.value.replace("\\", "") for text in (*app.markdown, *app.caption))


def select_rows(app, key, rows):
    app.session_state[key] = {"selection": {"rows": rows, "columns": [], "cells": []}}


def test_the_page_opens_with_the_words_that_the_decisive_mode_reads(texts):
    app = settled_page()

    assert app.markdown[0].value.startswith("**Mode")
    assert "push towards class 1" in said(app)
    assert "carries most of the evidence while reading" in said(app)
    assert "All 80 sequences, 556 words." in said(app)


def test_the_text_is_one_element_with_a_tint_for_every_word(texts):
    app = settled_page()
    view, words = tokens_of(app), app.selectbox(key=row_key()).value

    own = service().library.dataset(TEXTS.data, TEXTS.vocabulary).tokens[words]
    assert view["words"] == list(own)
    assert len(view["tints"]) == len(view["hints"]) == len(own)
    assert max(abs(tint) for tint in view["tints"]) == 1


def row_key():
    return f"text of {service().library.dataset(TEXTS.data, TEXTS.vocabulary).digest[:12]}"


def test_picked_words_say_which_modes_answer(texts):
    app = settled_page()
    whole = app.dataframe[0].value
    (picker,) = [box for box in app.multiselect if box.label == "Picked words"]
    picker.set_value([1, 2])
    app.run()

    assert not app.exception
    assert tokens_of(app)["chosen"] == [1, 2]
    assert "changed by “film”, “was”" in said(app)
    assert app.dataframe[0].value["effect"].tolist() != whole["effect"].tolist()


def test_a_selected_mode_changes_the_shading_and_the_tables(texts):
    app = settled_page(rank="12")
    before, tables = tokens_of(app)["tints"], app.dataframe[1].value
    app.session_state["modes"] = [result_of(TEXTS, Settings(rank=12)).spectrum.ids[-1]]
    app = settle_again(app)

    assert tokens_of(app)["tints"] != before
    assert not app.dataframe[1].value.equals(tables)
    assert any(button.label == "Clear the selection" for button in app.button)


def settle_again(app):
    return run_until(app.run(), tables_stand)


def test_pairs_show_what_they_add(texts):
    app = settled_page()
    app.segmented_control(key="ngrams of").set_value("pairs")
    app.run()

    assert not app.exception
    pairs = app.dataframe[1].value
    assert list(pairs.columns) == ["n-gram", "count", "texts", "effect", "adds", "p", "q"]
    assert all(len(words.split()) == 2 for words in pairs["n-gram"])
    assert (pairs["effect"] > 0).all()


def test_a_sentence_that_is_typed_in_is_read_and_its_unknown_words_are_named(texts):
    app = settled_page()
    app.segmented_control(key="read").set_value("your own words")
    app.run()
    app.text_area(key="typed").set_value("the film was <i>boring</i> zeppelin")
    app.run()

    assert not app.exception
    assert tokens_of(app)["words"][:3] == ["the", "film", "was"]
    assert "Not in the vocabulary: <, i, >, /, zeppelin." in said(app)


def test_blank_words_are_one_sentence_and_the_tables_stay(texts):
    app = settled_page()
    app.segmented_control(key="read").set_value("your own words")
    app.run()
    app.text_area(key="typed").set_value("  ")
    app.run()

    assert "nothing to read yet" in app.error[0].value
    assert "All 80 sequences" in said(app)


@pytest.mark.parametrize("measure", ["signed projection", "magnitude"])
def test_the_shading_may_be_another(texts, measure):
    app = settled_page()
    before = tokens_of(app)["tints"]
    app.segmented_control(key="shade").set_value(measure)
    app.run()

    tints = tokens_of(app)["tints"]
    assert tints != before
    assert min(tints) >= 0 or measure != "magnitude"


def test_user_text_reaches_the_page_as_data_and_never_as_markup(texts):
    words = ["<pad>", "<unk>", *HOSTILE]
    (texts / "words.json").write_text(json.dumps({word: index for index, word in enumerate(words)}))
    with open(texts / "texts.csv", "w", newline="") as file:
        csv.writer(file).writerows([["text", "label"], *([" ".join(HOSTILE), row % 2] for row in range(40))])
    app = settled_page()

    assert "<script" not in " ".join(text.value for text in (*app.markdown, *app.caption)).replace("\\<", "")
    assert not any("script" in element.proto.body for element in app.get("html"))
    assert "script" in tokens_of(app)["words"]


def test_of_more_than_two_classes_one_is_chosen_that_blue_stands_for(data_root):
    source = Pair(data="demo:copy-gru", model="demo:copy-gru")
    app = settled_page(source)
    before = tokens_of(app)["tints"]
    (box,) = [box for box in app.selectbox if box.label == "Evidence for class"]
    box.set_value(3)
    app = settle_again(app)

    assert tokens_of(app)["tints"] != before
    assert "push away from class 3" in said(app)


def test_an_ngram_is_shown_in_all_its_passages(texts):
    app = settled_page()
    dataset = service().library.dataset(TEXTS.data, TEXTS.vocabulary)
    app.session_state[f"ngram of {dataset.digest[:12]}"] = [10, 7]
    app.run()

    assert not app.exception
    assert "“not bad” in 42 places" in " ".join(head.value.replace("\\", "") for head in app.subheader)
    assert set(app.dataframe[-1].value["words"]) == {"not bad"}


def test_texts_that_read_alike_are_told_apart():
    twice = Dataset("text", [np.array([0])] * 2, "x", ids=np.array(["a", "a"]), tokens=[["w"], ["w"]])

    assert [_listed(twice, row, {}) for row in (0, 1)] == ["0 · a, 1 words: w …", "1 · a, 1 words: w …"]
