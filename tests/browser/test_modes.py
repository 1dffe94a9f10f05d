"""Modes and signal highlights as a person uses them: a click on a bar, a box on a beat."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.dashboard import settled

pytestmark = pytest.mark.browser
DEMO = "model=demo:ecg&data=demo:ecg"


def click_bar(page, number):
    """The bar of our measure at this place of the chart."""
    page.wait_for_selector(".st-key-dominance .js-plotly-plot .point")
    bar = page.locator(".st-key-dominance .trace.bars").first.locator(".point").nth(number)
    bar.scroll_into_view_if_needed()
    box = bar.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 3, y)
    page.mouse.move(x, y, steps=3)
    page.wait_for_selector(".st-key-dominance .hoverlayer .hovertext")
    page.mouse.click(x, y)


def test_a_click_on_a_bar_puts_its_mode_in_use(page, address):
    page.goto(f"{address}/modes?{DEMO}")
    expect(page.get_by_text("the dominant ones, since none is selected")).to_be_visible()
    page.wait_for_selector(".st-key-courses .js-plotly-plot")
    settled(page)

    click_bar(page, 3)

    expect(page.get_by_text(re.compile(r"In use: mode \d+ .as selected"))).to_be_visible()
    expect(page.locator(".st-key-reconstruction .js-plotly-plot")).to_be_visible()
    page.wait_for_function("() => location.search.includes('modes=')")
    assert page.outside == []


def test_a_box_on_a_beat_asks_which_modes_live_there(page, address):
    page.goto(f"{address}/highlights?{DEMO}")
    expect(page.get_by_text("most energy per step in")).to_be_visible()
    chart = page.locator("[class*=st-key-signal-] .js-plotly-plot").first
    settled(page)
    chart.scroll_into_view_if_needed()
    chart.hover()
    chart.locator(".modebar-btn[data-val=select]").click()
    box = chart.bounding_box()
    left, top = box["x"] + 0.5 * box["width"], box["y"] + 110

    page.mouse.move(left, top)
    page.mouse.down()
    page.mouse.move(left + 0.25 * box["width"], top + 60, steps=5)
    page.mouse.up()

    expect(page.get_by_text(re.compile(r"in steps \d+ to \d+, ranked"))).to_be_visible()
    names = page.evaluate(
        "() => document.querySelector('[class*=st-key-signal-] .js-plotly-plot').layout.shapes.map(shape => shape.name)"
    )
    assert "window" in names
