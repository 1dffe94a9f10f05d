"""The block that measures which shading to believe, on a network whose answer is known."""

import pytest
from streamlit.testing.v1 import AppTest

from kann.backend.opened.library import Words
from kann.backend.opened.pair import Pair
from kann.ui.koopman.highlights import faithfulness as block
from tests.counting import save_counter
from tests.patience import PATIENCE, idle, run_until
from tests.texts import save_classifier
from tests.ui.pages import open_app

BUTTON = "Measure faithfulness"
COUNTER = Pair(
    data="path:counter.csv", model="path:counter.pt", vocabulary=Words("path:counter_words.json"), nonlinearity="relu"
)


def script():
    import streamlit as st

    from kann.analyses.koopman.spectrum.settings import Settings
    from kann.studies.koopman.questions.spectrum import SPECTRUM
    from kann.ui.koopman.fits import OpenFit
    from kann.ui.koopman.highlights.faithfulness import faithfulness
    from kann.ui.start import service

    pair, settings = st.session_state["pair"], Settings(twins=0)
    result, opened = service().answer(pair, SPECTRUM(settings)), service().library.open(pair)
    faithfulness(OpenFit(pair, opened, settings, result, st.session_state["chosen"], None, st.container()))


def block_of(source, chosen=()):
    app = AppTest.from_function(script, default_timeout=PATIENCE)
    app.session_state["pair"], app.session_state["chosen"] = source, list(chosen)
    app.run()
    assert not app.exception
    return app


def pressed(app):
    """The button pressed, and the page run again until nothing is under way."""
    next(button for button in app.button if button.label == BUTTON).click()
    app.run()
    return run_until(app, idle)


@pytest.fixture
def counter(data_root):
    return save_counter(data_root)


def test_nothing_is_read_before_the_button_is_pressed(counter, monkeypatch):
    def read(*arguments, **keywords):
        raise AssertionError("measured without being asked")

    monkeypatch.setattr(block, "FAITHFULNESS", read)

    assert any(button.label == BUTTON for button in block_of(COUNTER).button)


@pytest.mark.parametrize("chosen", [[], [0, 1]])
def test_the_verdict_stands_in_words_above_its_figures(counter, chosen):
    app = pressed(block_of(COUNTER, chosen))

    assert any("finds the words that decide best" in text.value for text in app.markdown)
    assert len(app.get("plotly_chart")) == 2
    assert not app.error


def test_all_modes_are_asked_for_anew(counter):
    app = pressed(block_of(COUNTER, [0]))
    app.segmented_control(key="faithfulness-modes").set_value("all modes")
    app.run()

    assert not any("decide best" in text.value and "innovation" in text.value for text in app.markdown)
    app = pressed(app)
    assert any("decide best" in text.value and "innovation" in text.value for text in app.markdown)


def test_a_network_that_decides_nothing_has_no_button(data_root):
    app = block_of(Pair(data="path:beats.txt", model="path:model.pt"))

    assert "no read-out" in app.info[0].value
    assert not app.button


def test_too_few_sequences_are_one_sentence_beside_the_button(data_root):
    save_counter(data_root, count=20)

    app = pressed(block_of(COUNTER))

    assert len(app.error) == 1
    assert "at least 8" in app.error[0].value.replace("\\", "")
    assert any(button.label == BUTTON for button in app.button)


def test_the_block_stands_on_the_page_of_highlights(data_root):
    save_classifier(data_root)
    app = open_app("pages/states/highlights.py", data="path:texts.csv", model="path:model.pt",
                   vocabulary="path:words.json")  # fmt: skip
    run_until(app, lambda app: idle(app) and any(button.label == BUTTON for button in app.button))
    app = pressed(app)

    assert any(text.value.startswith(("**Of the shadings", "**No shading")) for text in app.markdown)


def test_the_sizes_on_offer_are_those_of_the_settings():
    assert block._COUNTS["64 sequences"] == block.FaithfulnessSettings().sequences
