"""Tables and passages of texts whose effects are written by hand."""

import numpy as np
import pytest

from kann.analyses.koopman.highlights.word_effects import (
    has_tokens,
    ngram_columns,
    ngram_positions,
    ngram_rows,
    passages,
    strongest_positions,
    token_ids,
    unknown_words,
    word_effects,
    words_finding,
    words_of,
)
from kann.records import Dataset

NAMES = ["<unk>", "a", "good", "film", "bad"]
TEXTS = [[1, 2, 3], [4, 3], [1, 4, 3, 2], [0, 3]]
VALUES = {0: 0.0, 1: 0.1, 2: 2.0, 3: -0.1, 4: -3.0}


def texts(**more):
    sequences = [np.array(text) for text in TEXTS]
    tokens = [[NAMES[token] for token in text] for text in TEXTS]
    tokens[3][0] = "<b>odd"
    given = {"tokens": tokens, "token_names": NAMES, "labels": np.array([1, 0, 0, 1])}
    return Dataset("text", sequences, "x", **given | more)


def found(dataset=None, rows=(0, 1, 2, 3), signed=True):
    effects = [np.array([VALUES[token] for token in TEXTS[row]]) for row in rows]
    return word_effects(dataset or texts(), np.array(rows), effects, signed, minimum=1)


def test_words_stand_by_their_mean_effect_on_both_sides():
    effects = found()
    up, down = (ngram_columns(effects, ngram_rows(effects, 1, 1, side, "effect", 9), NAMES) for side in ("up", "down"))

    assert up["n-gram"] == ["good", "a"]
    assert down["n-gram"] == ["bad", "film"]
    assert down["count"] == [2, 4]
    assert down["effect"] == pytest.approx([-3.0, -0.1])
    assert "adds" not in up


def test_a_pair_shows_what_it_adds_and_rare_ones_are_left_out():
    effects = found(rows=(0, 1, 2))
    down = ngram_columns(effects, ngram_rows(effects, 2, 1, "down", "effect", 9), NAMES)

    assert down["n-gram"] == ["bad film", "a bad"]
    assert down["effect"] == pytest.approx([-3.1, -2.9])
    assert down["adds"] == [None, pytest.approx(0, abs=1e-6)]
    assert down["texts"] == [2, 1]
    assert down["p"] == down["q"] == [None, None]
    assert ngram_columns(effects, ngram_rows(effects, 2, 2, "down", "effect", 9), NAMES)["n-gram"] == ["bad film"]


def test_the_order_may_be_by_what_a_pair_adds():
    dataset = Dataset("symbols", [np.array([0, 1, 2])] * 4 + [np.array([0, 2, 1])], "x")
    effects = word_effects(dataset, np.arange(5), [np.array([1.0, 1.5, 5.0])] * 4 + [np.array([0.5, 4.5, 1.5])], True)

    by_effect, by_gain = (ngram_rows(effects, 2, 3, "up", order, 2) for order in ("effect", "adds"))

    assert ngram_columns(effects, by_effect, None)["n-gram"] == ["1 2", "0 1"]
    assert ngram_columns(effects, by_gain, None)["n-gram"] == ["0 1", "1 2"]
    assert ngram_columns(effects, by_gain, None)["adds"] == pytest.approx([0.5, 0.5])


def test_an_ngram_is_found_in_its_passages_the_strongest_first():
    dataset = texts()
    effects = found(dataset)
    columns = passages(dataset, effects, ngram_positions(dataset, effects, [3]))

    assert columns["words"] == ["film"] * 4
    assert sorted(zip(columns["row"], columns["step"], strict=True)) == [(0, 2), (1, 1), (2, 2), (3, 1)]
    assert columns["before"][columns["row"].index(2)] == "a bad"
    assert columns["behind"][columns["row"].index(2)] == "good"
    assert columns["class"][columns["row"].index(2)] == "0"


def test_the_strongest_single_words_of_all_texts_are_found():
    effects = found()

    down = passages(texts(), effects, strongest_positions(effects, "down", 3))
    up = strongest_positions(effects, "up", 50)

    assert down["words"] == ["bad", "bad", "film"]
    assert len(up) == 4
    assert effects.effects[up[0]] == pytest.approx(2.0)


def test_a_part_of_the_rows_is_a_part_of_the_tables():
    effects = found(rows=(2, 0))
    columns = passages(texts(), effects, strongest_positions(effects, "down", 1))

    assert (columns["row"], columns["step"]) == ([2], [1])


def test_words_are_those_that_were_typed_and_unknown_ones_are_named():
    dataset = texts()

    assert words_of(dataset, 3) == ["<b>odd", "film"]
    assert unknown_words(dataset, 3) == ["<b>odd"]
    assert unknown_words(dataset, 0) == []
    assert unknown_words(texts(token_names=None), 0) == []


def test_symbols_without_names_are_called_by_their_numbers():
    dataset = Dataset("symbols", [np.array([2, 0])], "x")

    assert words_of(dataset, 0) == ["2", "0"]
    assert has_tokens(dataset)
    assert not has_tokens(Dataset("signal", [np.zeros((3, 1))], "x"))


def test_states_with_words_have_ids_by_first_appearance():
    dataset = Dataset("states", [np.zeros((2, 3)), np.zeros((1, 3))], "x", tokens=[["b", "a"], ["b"]])

    ids, names = token_ids(dataset)

    assert [part.tolist() for part in ids] == [[0, 1], [0]]
    assert names == ["b", "a"]


SIDES = {"up": "push up", "down": "push down"}


def many(signed=True, strength=5.0):
    random = np.random.default_rng(0)
    sequences = [random.integers(0, 30, 40) for _ in range(40)]
    dataset = Dataset("symbols", sequences, "x", token_names=[f"w{number}" for number in range(30)])
    effects = [strength * (1.0 * (row == 7) - (row == 8)) + random.standard_normal(40) for row in sequences]
    return dataset, word_effects(dataset, np.arange(40), [np.abs(e) if not signed else e for e in effects], signed)


def test_the_finding_names_the_words_that_push_and_no_others():
    dataset, effects = many()
    finding = words_finding(effects, dataset.token_names, "Mode 1", SIDES, 5)

    assert finding.headline.startswith("Mode 1: “w8” -4.86")
    assert "push down; “w7” +4.93" in finding.headline
    assert "40 sequences" in finding.support


def test_without_a_read_out_the_finding_has_no_direction():
    dataset, effects = many(signed=False)
    finding = words_finding(effects, dataset.token_names, "Mode 1", SIDES, 5)

    assert finding.headline.startswith("What moves mode 1 most: “w")
    assert "push" not in finding.headline


@pytest.mark.parametrize("signed", [True, False])
def test_words_of_pure_chance_are_not_named(signed):
    dataset, effects = many(signed, strength=0.0)
    told = words_finding(effects, dataset.token_names, "Mode 1", SIDES, 5)

    assert "no word" in told.headline
    assert told.support == "(Of 30 words in at least 5 texts, none seen at least 5 times has q below 0.05.)"


def test_a_word_that_differs_by_doing_less_is_not_said_to_move_a_mode():
    dataset, _ = many()
    effects = [np.abs(np.sin(np.arange(40) + row)) * (part != 7) for row, part in enumerate(dataset.sequences)]
    found = word_effects(dataset, np.arange(40), effects, False)

    assert found.table.q[7] < 0.05
    assert "no word" in words_finding(found, dataset.token_names, "Mode 1", {}, 5).headline
