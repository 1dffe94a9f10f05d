"""README.md and docs/results.md hold the figures that their commands wrote last."""

import json
import re

import pytest

from benchmarks import documents, results, truth

FIGURES = results.figures()
# The paper's own, guessing one of eight, the energy asked of a window: no command of ours measures them.
GIVEN = {"0.095", "0.0056", "99 %", "97 %", "0.125", "80 %"}
MEASURED = {"README.md": ("## The paper's claims", "## Map"), "results.md": ("## The demos", None)}


@pytest.mark.parametrize("document", documents.DOCUMENTS, ids=lambda document: document.path.name)
def test_every_table_and_sentence_is_as_measured(document):
    text = document.path.read_text()

    assert document.filled(text, FIGURES) == text


def test_every_results_file_names_its_command_and_is_quoted():
    templates = [template for document in documents.DOCUMENTS for template in document.sentences]
    quoted = {path.split("|")[0] for template in templates for path, _ in documents.PLACE.findall(template)}
    for path in results.FOLDER.glob("*.json"):
        found = json.loads(path.read_text())
        if "figures" in found:
            assert (results.ROOT / found["command"].removeprefix("python ")).exists()
            assert path.stem in quoted | truth.QUOTED | {"controls", "operator", "sessions"}, (
                f"nobody quotes {path.name}"
            )


@pytest.mark.parametrize("document", documents.DOCUMENTS, ids=lambda document: document.path.name)
def test_no_figure_of_the_measured_sections_is_without_a_source(document):
    begin, end = MEASURED[document.path.name]
    text = document.path.read_text()
    measured = text[text.index(begin) : None if end is None else text.index(end)]
    for name in document.tables:
        measured = re.sub(f"<!-- {name}:begin -->.*<!-- {name}:end -->", "", measured, flags=re.DOTALL)
    for template in document.sentences:
        measured = re.sub(documents.pattern(template), "", measured)
    left = re.findall(r"(?<![\w.])\d*\.\d+(?![\w])|\d+ %", measured)

    assert [found for found in left if found not in GIVEN] == []


SMALL = {"a": {"b": [0.12345, 1234.5]}, "cards": {}}


def document_of(sentence, **tables):
    return documents.Document(documents.README.path, tables, (sentence,))


def test_a_sentence_is_found_over_line_breaks_and_given_its_figures():
    document = document_of(
        "it is {a|b|0:.2f} of {a|b|1:,.0f}, or {a|b|0:.1%} %", t=lambda figures: f"| {figures['a']['b'][1]} |"
    )
    text = "<!-- t:begin -->\nold\n<!-- t:end -->\nBut it\nis .99 of 7, or 3 %."

    assert (
        document.filled(text, SMALL)
        == "<!-- t:begin -->\n| 1234.5 |\n<!-- t:end -->\nBut it\nis 0.12 of 1,234, or 12.3 %."
    )


@pytest.mark.parametrize("text", ["nothing", "it is 3", "it is 3 x it is 4 x"])
def test_a_sentence_that_the_document_lacks_or_repeats_is_named(text):
    with pytest.raises(ValueError, match="not once: it is"):
        document_of("it is {a|b|0:.2f} x").filled(text, SMALL)


def test_a_table_that_the_document_lacks_is_named():
    with pytest.raises(ValueError, match="must hold once <!-- t:begin -->"):
        document_of("", t=lambda figures: "").filled("nothing", SMALL)


def test_a_share_that_a_card_rounds_is_rounded_once():
    scores = FIGURES["cards"]["ecg"]["scores"]["test"]

    assert scores["normal_under"] == 429 / 438
    assert documents.written(scores["normal_under"], ".1%") == "97.9"


def test_figures_are_plain_values_of_twelve_digits():
    import numpy as np

    given = {"a": np.float64(1 / 3), "b": np.array([1.0, np.nan]), 3: np.int64(4), "t": True, "s": "x", "n": None}
    assert results.rounded(given) == {"a": 0.333333333333, "b": [1, None], "3": 4, "t": True, "s": "x", "n": None}
