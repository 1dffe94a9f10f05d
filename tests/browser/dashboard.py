"""What a person does with the dashboard, in words."""

from contextlib import suppress
from pathlib import Path

from playwright.sync_api import Page, TimeoutError, expect

IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"


def settled(page: Page) -> None:
    page.wait_for_selector(IDLE)


def spectrum_is_drawn(page: Page, twins: bool = False) -> None:
    """Eigenvalues are there; and the crosses of the `twins`, seventy networks, once their job is through."""
    page.wait_for_selector(".st-key-plane .js-plotly-plot .scatterlayer")
    page.wait_for_selector("text=All modes")
    if twins:
        expect(page.get_by_test_id("stMetric").filter(has_text="untrained twins")).to_be_visible()
    settled(page)


def upload(page: Page, place: int, path: Path) -> None:
    """Gives a file to the first, second or third uploader of the page. A run that an earlier file has started may
    draw the uploader anew just now; then the file is given again, as a person would after half a minute."""
    uploader = page.get_by_test_id("stFileUploader").nth(place)
    named = uploader.get_by_text(path.name).first
    for _ in range(5):
        settled(page)
        with suppress(AssertionError, TimeoutError):
            with page.expect_response(lambda response: "upload_file" in response.url, timeout=30_000):
                uploader.locator("input[type=file]").set_input_files(path)
            expect(named).to_be_visible(timeout=30_000)
            break
    expect(named).to_be_visible()
    settled(page)


def place_of_mode(page: Page, chart: str, index: int) -> tuple[float, float]:
    """Where a mode's dot stands on the screen."""
    return page.evaluate(
        """([chart, index]) => {
          const plot = document.querySelector(`.st-key-${chart} .js-plotly-plot`);
          plot.scrollIntoView({block: "center"});
          const trace = plot.data.findIndex(trace => trace.name === "modes of this network");
          const box = plot.getBoundingClientRect(), {xaxis, yaxis} = plot._fullLayout;
          const dot = plot.calcdata[trace][index];
          return [box.left + xaxis._offset + xaxis.c2p(dot.x), box.top + yaxis._offset + yaxis.c2p(dot.y)];
        }""",
        [chart, index],
    )


def click_mode(page: Page, chart: str, index: int) -> None:
    x, y = place_of_mode(page, chart, index)
    # A person sees the dot answer before clicking; plotly takes a click only where it has drawn the hover.
    page.mouse.move(x - 3, y)
    page.mouse.move(x, y, steps=3)
    page.wait_for_selector(f".st-key-{chart} .hoverlayer .hovertext")
    page.mouse.click(x, y)


def has_drawn(page: Page, chart: str, name: str) -> None:
    """The chart has a trace or a shape whose name begins like this; it may come after what stands around it."""
    page.wait_for_function(
        """([chart, name]) => {
          const plot = document.querySelector(`.st-key-${chart} .js-plotly-plot`);
          return [...(plot?.data ?? []), ...(plot?.layout?.shapes ?? [])].some(part => part.name?.startsWith(name));
        }""",
        arg=[chart, name],
    )


def traces(page: Page, chart: str) -> list[str]:
    return page.evaluate(
        "chart => document.querySelector(`.st-key-${chart} .js-plotly-plot`).data.map(trace => trace.name)", chart
    )


def alone_near_the_edge(page: Page) -> int:
    """Index of the dot with the most room around it: nothing else can be hit instead."""
    return page.evaluate(
        """() => {
          const plot = document.querySelector(".st-key-plane .js-plotly-plot");
          const trace = plot.data.findIndex(trace => trace.name === "modes of this network");
          const {xaxis, yaxis} = plot._fullLayout;
          const dots = plot.calcdata[trace].map(d => [xaxis.c2p(d.x), yaxis.c2p(d.y)]);
          const apart = (a, b) => a === b ? 1e9 : Math.hypot(a[0] - b[0], a[1] - b[1]);
          const room = dots.map(a => Math.min(...dots.map(b => apart(a, b))));
          return room.indexOf(Math.max(...room));
        }"""
    )
