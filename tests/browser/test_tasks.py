"""What the paper says of each task, clicked through on the demos, and the same pages on a file of one's own."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.dashboard import alone_near_the_edge, click_mode, settled, spectrum_is_drawn, upload
from tests.texts import save_classifier

pytestmark = pytest.mark.browser


def open_demo(page: Page, address: str, name: str) -> None:
    page.goto(address)
    page.locator(f".st-key-demo-{name} button").click()
    spectrum_is_drawn(page)


def go_to(page: Page, title: str) -> None:
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=title).click()
    page.wait_for_selector(".st-key-finding")
    settled(page)
    expect(page.get_by_test_id("stException")).to_have_count(0)


def box(page: Page, chart: str, start: float, stop: float) -> None:
    """Draws a box over these values of a chart's x axis."""
    chart = page.locator(f".st-key-{chart} .js-plotly-plot")
    chart.scroll_into_view_if_needed()
    chart.hover()
    chart.locator(".modebar-btn[data-val=select]").click()
    left, right, top = chart.evaluate(
        """(plot, [start, stop]) => {
          const box = plot.getBoundingClientRect(), {xaxis, yaxis} = plot._fullLayout;
          const x = value => box.left + xaxis._offset + xaxis.c2p(value);
          return [x(start), x(stop), box.top + yaxis._offset + yaxis._length / 2];
        }""",
        [start, stop],
    )
    page.mouse.move(left, top - 20)
    page.mouse.down()
    page.mouse.move(right, top + 20, steps=5)
    page.mouse.up()


def test_the_sentiment_network_words_and_modes_lead_to_each_other(page, address):
    open_demo(page, address, "sentiment")
    click_mode(page, "plane", alone_near_the_edge(page))
    verdict = page.get_by_text(re.compile(r"^Mode \d+ .*; it carries")).first
    mode = re.match(r"Mode \d+", verdict.inner_text())[0]

    go_to(page, "Highlights")

    # From the mode to its words: the finding and the tables speak of the mode that was clicked.
    expect(page.locator(".st-key-finding")).to_contain_text(mode)
    expect(page.get_by_text(re.compile("^Push towards positive")).first).to_be_visible()
    # From words to modes.
    words = page.locator(".token")
    words.nth(3).click()
    word = words.nth(3).inner_text()
    expect(page.get_by_text(re.compile(f"Modes changed by “{re.escape(word)}”"))).to_be_visible()
    # One's own words, read at once; what looks like markup stays text.
    page.get_by_text("your own words", exact=True).click()
    page.get_by_label("Your own words").fill("a brilliant <b>film</b>, not a bad one")
    page.get_by_label("Your own words").press("Control+Enter")
    expect(page.locator(".token").filter(has_text="brilliant")).to_be_visible()
    assert page.locator(".tokens b").count() == 0
    assert page.outside == []


def test_the_heartbeat_network_windows_and_modes_lead_to_each_other(page, address):
    open_demo(page, address, "ecg")

    go_to(page, "Modes")
    expect(page.locator(".st-key-reconstruction .js-plotly-plot")).to_be_visible()
    expect(page.get_by_text("Anomalies", exact=True)).to_be_visible()

    go_to(page, "Highlights")
    chart = page.locator("[class*=st-key-signal-] .js-plotly-plot").first
    expect(chart).to_be_visible()
    name = re.search(r"st-key-(signal-\d+)", page.locator("[class*=st-key-signal-]").first.get_attribute("class"))[1]
    box(page, name, 20, 60)

    expect(page.get_by_text(re.compile(r"in steps \d+ to \d+, ranked"))).to_be_visible()
    assert page.outside == []


def test_the_copy_network_lies_on_the_circle_and_its_delay_is_replaced(page, address):
    open_demo(page, address, "copy-orthogonal")

    expect(page.get_by_text("The delay, replaced by the operator")).to_be_visible()
    moduli = page.evaluate(
        """() => {
          const plot = document.querySelector(".st-key-plane .js-plotly-plot");
          const dots = plot.data.find(trace => trace.name === "modes of this network");
          const values = array => Array.from(array?._inputArray ?? array);
          const [x, y] = [values(dots.x), values(dots.y)];
          return x.map((value, index) => Math.hypot(value, y[index]));
        }"""
    )
    assert sum(0.9 < modulus < 1.1 for modulus in moduli) > len(moduli) / 2
    expect(page.locator(".st-key-recall .js-plotly-plot")).to_be_visible()


def test_two_classes_are_compared_on_one_page(page, address):
    open_demo(page, address, "ecg")

    go_to(page, "Compare")

    expect(page.locator(".st-key-planes .js-plotly-plot")).to_be_visible()
    expect(page.locator(".st-key-chance .js-plotly-plot")).to_be_visible()


def test_a_foreign_classifier_with_its_words_and_a_csv_goes_through_every_page(page, address, tmp_path):
    save_classifier(tmp_path)
    page.goto(address)
    for place, name in enumerate(("model.pt", "texts.csv", "words.json")):
        upload(page, place, tmp_path / name)
    page.get_by_text("See its eigenvalues").click()
    spectrum_is_drawn(page)

    for title in ("Modes", "Highlights", "Compare"):
        go_to(page, title)

    go_to(page, "Highlights")
    expect(page.locator(".token").first).to_be_visible()
    assert page.outside == []
