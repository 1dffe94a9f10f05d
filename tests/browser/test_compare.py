import pytest
from playwright.sync_api import expect

from tests.browser.dashboard import has_drawn, settled, traces

pytestmark = pytest.mark.browser


def test_two_classes_then_the_network_against_its_untrained_twin(page, address):
    page.goto(f"{address}/compare?model=path:model.pt&data=path:beats.txt")
    expect(page.get_by_text("differ significantly (p =")).to_be_visible()
    page.wait_for_selector(".st-key-chance .js-plotly-plot .barlayer")
    settled(page)
    has_drawn(page, "memories", "A:")
    assert [name[:2] for name in traces(page, "memories")[:2]] == ["B:", "A:"]

    page.get_by_role("radio", name="trained and untrained").click()

    expect(page.get_by_text("does not differ from untrained ones")).to_be_visible()
    page.wait_for_function("() => location.search.includes('compare=trained')")
    has_drawn(page, "planes", "B: twin 0 (default)")
    assert page.outside == []
