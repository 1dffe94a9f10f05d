import re
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ROOT, serve
from tests.browser.dashboard import (
    alone_near_the_edge,
    click_mode,
    has_drawn,
    place_of_mode,
    settled,
    spectrum_is_drawn,
    traces,
    upload,
)

pytestmark = pytest.mark.browser
REAL = next((path for path in (ROOT / "../shared/data", ROOT / "shared/data") if path.exists()), None)


def test_from_the_demo_to_a_clicked_eigenvalue_and_its_mode(page, address):
    page.goto(address)
    page.get_by_role("button", name="Open", exact=True).first.click()
    spectrum_is_drawn(page)

    click_mode(page, "plane", alone_near_the_edge(page))

    expect(page.get_by_text(re.compile(r"^Mode \d+ .*; it carries"))).to_be_visible()
    expect(page.locator(".st-key-modes-over-time .js-plotly-plot")).to_be_visible()
    has_drawn(page, "plane", "selected mode")
    assert sum(name.startswith("selected mode") for name in traces(page, "plane") if name) in (1, 2)
    has_drawn(page, "rhythm", "selected mode")
    assert page.outside == []


def test_a_box_selects_every_mode_inside(page, address):
    page.goto(f"{address}/spectrum?model=path:model.pt&data=path:beats.txt")
    spectrum_is_drawn(page, twins=True)
    has_drawn(page, "plane", "untrained twins")
    x, y = place_of_mode(page, "plane", 0)

    page.locator(".st-key-plane .js-plotly-plot").hover()
    page.locator(".st-key-plane .modebar-btn[data-val=select]").click()
    page.mouse.move(x - 60, y - 60)
    page.mouse.down()
    page.mouse.move(x + 25, y + 25, steps=5)
    page.mouse.up()

    page.wait_for_function("() => location.search.includes('modes=')")
    assert parse_qs(urlparse(page.url).query)["modes"]


def test_a_link_restores_the_view_on_a_fresh_server(page, address, data_root, tmp_path_factory):
    query = "/spectrum?model=path:model.pt&data=path:beats.txt&rank=7"
    page.goto(address + query)
    spectrum_is_drawn(page)
    click_mode(page, "plane", 0)
    page.wait_for_function("() => location.search.includes('modes=')")
    link = urlparse(page.url)

    with serve(data_root, tmp_path_factory.mktemp("another")) as second:
        page.goto(f"{second}{link.path}?{link.query}")
        spectrum_is_drawn(page)

        expect(page.get_by_text(re.compile("^Mode 1 .*; it carries"))).to_be_visible()
        expect(page.get_by_role("link", name="Spectrum")).to_be_visible()
        expect(page.get_by_test_id("stMetric").filter(has_text="rank")).to_contain_text("7")


def test_a_rank_move_keeps_the_selection_where_the_mode_goes_on(page, address):
    page.goto(f"{address}/spectrum?model=path:model.pt&data=path:beats.txt")
    spectrum_is_drawn(page)
    click_mode(page, "plane", 0)
    expect(page.get_by_text(re.compile("^Mode 1 .*; it carries"))).to_be_visible()

    slider = page.get_by_role("slider").first
    slider.focus()
    slider.press("ArrowLeft")

    expect(page.get_by_test_id("stMetric").filter(has_text="rank")).to_contain_text("11")
    expect(page.get_by_text(re.compile("^Mode 1 .*; it carries"))).to_be_visible()
    page.wait_for_function("() => location.search.includes('rank=11')")


def test_a_bad_file_gets_its_sentence_beside_its_uploader(page, address, data_root):
    page.goto(address)
    upload(page, 0, data_root / "bad.pt")

    error = page.get_by_test_id("stAlert")
    expect(error).to_be_visible()
    settled(page)
    uploader = page.get_by_test_id("stFileUploader").first.bounding_box()
    box = error.bounding_box()
    assert abs(box["x"] - uploader["x"]) < 30
    assert box["y"] > uploader["y"]
    assert "Traceback" not in page.content()

    upload(page, 0, data_root / "model.pt")
    upload(page, 1, data_root / "beats.txt")
    expect(page.get_by_text("See its eigenvalues")).to_be_visible()
    expect(error).to_have_count(0)


@pytest.mark.skipif(
    REAL is None, reason="the real ECG5000 is not beside the project; the simulated beats are tested above"
)
def test_the_demo_s_network_reads_the_real_ecg5000(page, cache):
    with serve(Path(REAL).resolve(), cache) as address:
        page.goto(f"{address}/?model=demo:ecg&data=demo:ecg")
        page.get_by_role("tab", name="From the data folder").click()
        page.get_by_label("Data, path below the data folder").fill("ecg5000/ECG5000_TEST.txt.gz")
        page.get_by_label("Data, path below the data folder").press("Enter")
        expect(page.get_by_text("4500 sequences ·")).to_be_visible()
        page.get_by_text("See its eigenvalues").click()
        spectrum_is_drawn(page)

        click_mode(page, "plane", alone_near_the_edge(page))

        expect(page.get_by_text(re.compile(r"^Mode \d+ .*; it carries"))).to_be_visible()
