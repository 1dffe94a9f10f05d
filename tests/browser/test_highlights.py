"""Words and modes, linked both ways, as a person clicks them; and hostile texts, which stay text."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import HOSTILE
from tests.browser.dashboard import settled

pytestmark = pytest.mark.browser
QUERY = "/highlights?model=path:texts/model.pt&data=path:texts/texts.csv&vocabulary=path:texts/words.json"


def highlights(page, address, query=QUERY):
    page.goto(address + query)
    page.wait_for_selector(".st-key-tokens .token")
    page.wait_for_selector("text=in all sequences")
    page.wait_for_selector(".st-key-tables canvas")
    settled(page)


def click_row(page, table, row):
    """The box before a row of a table, which is drawn on a canvas."""
    canvas = page.locator(f".st-key-{table} canvas").first
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.click(box["x"] + 16, box["y"] + 35 * (row + 1) + 18)


def test_clicked_words_show_the_modes_that_answer_and_a_clicked_mode_its_words(page, address):
    highlights(page, address)
    page.locator(".token").nth(1).click()
    expect(page.get_by_text(re.compile("^Modes changed by “[^”]+”$"))).to_be_visible()
    page.locator(".token").nth(3).click(modifiers=["Shift"])
    expect(page.get_by_text(re.compile("^Modes changed by “.*”, “.*”, “.*”$"))).to_be_visible()
    assert page.locator('.token[aria-selected="true"]').count() == 3

    settled(page)
    click_row(page, "answers", 2)

    page.wait_for_function("() => location.search.includes('modes=')")
    expect(page.get_by_role("button", name="Clear the selection")).to_be_visible()


def test_words_are_picked_by_the_keyboard_too(page, address):
    highlights(page, address)
    page.locator(".token").first.focus()
    for key in ("ArrowRight", "ArrowRight", "Enter"):
        page.keyboard.press(key)

    expect(page.locator(".token").nth(2)).to_have_attribute("aria-selected", "true")
    expect(page.get_by_text(re.compile("^Modes changed by “"))).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("Modes changed by the whole text")).to_be_visible()


def test_an_ngram_leads_to_its_passages_and_a_passage_to_its_text(page, address):
    highlights(page, address)
    click_row(page, "ngrams-up", 0)
    expect(page.get_by_text(re.compile(r"^“.+” in \d+ places$"))).to_be_visible()
    page.wait_for_selector(".st-key-passages-ngram canvas")
    settled(page)

    click_row(page, "passages-ngram", 0)

    expect(page.get_by_text(re.compile("^Modes changed by “"))).to_be_visible()
    assert page.locator('.token[aria-selected="true"]').count() == 1


def test_hostile_words_are_shown_and_never_run(page, address):
    dialogs = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message) or dialog.dismiss())
    highlights(page, address, "/highlights?data=path:texts/hostile.npz")
    page.locator(".token").first.click()
    expect(page.get_by_text(f"Modes changed by “{HOSTILE[0]}”")).to_be_visible()
    settled(page)

    assert page.locator(".token").all_inner_texts()[: len(HOSTILE)] == list(HOSTILE)
    assert page.evaluate("() => window.hacked") is None
    assert (
        page.locator(".tokens :not(.token), [data-testid=stMarkdown] :is(script, iframe, [href^=javascript])").count()
        == 0
    )
    assert dialogs == []
    assert page.outside == []
