"""The README's figures are those that their commands wrote last."""

import json
import re

import pytest

from benchmarks import readme, results, truth

TEXT = readme.README.read_text()
FIGURES = results.figures()
# The paper's, a guess of one in eight, a share that is asked for: no command of ours measures them.
GIVEN = {".095", ".0056", "99 %", "97 %", "0.125", "80 %"}


def test_every_table_and_sentence_is_as_measured():
    assert readme.filled(TEXT, FIGURES) == TEXT


def test_every_results_file_names_its_command_and_is_quoted():
    quoted = {path.split("|")[0] for template in readme.SENTENCES for path, _ in readme.PLACE.findall(template)}
    for path in results.FOLDER.glob("*.json"):
        document = json.loads(path.read_text())
        if "figures" in document:
            assert (results.ROOT / document["command"].removeprefix("python ")).exists()
            assert path.stem in quoted | truth.QUOTED | {"controls", "operator"}, f"nobody quotes {path.name}"


def test_no_figure_of_the_measured_sections_is_without_a_source():
    measured = TEXT[TEXT.index("## The demos") : TEXT.index("## Map of the house")]
    for name in readme.TABLES:
        measured = re.sub(f"<!-- {name}:begin -->.*<!-- {name}:end -->", "", measured, flags=re.DOTALL)
    for template in readme.SENTENCES:
        measured = re.sub(readme.pattern(template), "", measured)
    left = re.findall(r"(?<![\w.])\d*\.\d+(?![\w])|\d+ %", measured)

    assert [found for found in left if found not in GIVEN] == []


SMALL = {"a": {"b": [0.12345, 1234.5]}, "cards": {}}


def test_a_sentence_is_found_over_line_breaks_and_given_its_figures(monkeypatch):
    monkeypatch.setattr(readme, "TABLES", {"t": lambda figures: f"| {figures['a']['b'][1]} |"})
    monkeypatch.setattr(readme, "SENTENCES", ("it is {a|b|0:.2f~} of {a|b|1:,.0f}, or {a|b|0:.1%} %",))
    text = "<!-- t:begin -->\nold\n<!-- t:end -->\nBut it\nis .99 of 7, or 3 %."

    assert (
        readme.filled(text, SMALL)
        == "<!-- t:begin -->\n| 1234.5 |\n<!-- t:end -->\nBut it\nis .12 of 1,234, or 12.3 %."
    )


@pytest.mark.parametrize("text", ["nothing", "it is 3", "it is 3 x it is 4 x"])
def test_a_sentence_that_the_readme_lacks_or_repeats_is_named(text, monkeypatch):
    monkeypatch.setattr(readme, "TABLES", {})
    monkeypatch.setattr(readme, "SENTENCES", ("it is {a|b|0:.2f} x",))

    with pytest.raises(ValueError, match="not once: it is"):
        readme.filled(text, SMALL)


def test_a_share_that_a_card_rounds_is_rounded_once():
    scores = FIGURES["cards"]["ecg"]["scores"]["test"]

    assert scores["normal_under"] == 429 / 438
    assert readme.written(scores["normal_under"], ".1%") == "97.9"


def test_figures_are_plain_values_of_twelve_digits():
    import numpy as np

    given = {"a": np.float64(1 / 3), "b": np.array([1.0, np.nan]), 3: np.int64(4), "t": True, "s": "x", "n": None}
    assert results.rounded(given) == {"a": 0.333333333333, "b": [1, None], "3": 4, "t": True, "s": "x", "n": None}
