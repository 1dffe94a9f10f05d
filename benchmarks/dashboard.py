"""Waiting times of a user: `python benchmarks/dashboard.py [--data FOLDER]`.

First eigenvalues of the shipped LSTM autoencoder on the ECG5000 test set (FOLDER/ecg5000/ECG5000_TEST.txt.gz;
without it on the shipped simulated beats): cold, after the imports, with an empty cache, and from the cache
in a new process. Then a move of the rank slider in a real Chromium, from the key press to the first frame in
which the complex plane holds the new modes, and the chart beside it, the median of 15; between two moves a
person's pause of a third of a second.
Alternating with it, as the lower limit, a move on a bare Streamlit page: one slider and one chart of as many dots,
nothing computed; alternation removes the effect of a drifting machine speed. Writes docs/results/dashboard.json and the
documents' figures."""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import results

ROOT = results.ROOT

PAUSE = 333
REAL = "ecg5000/ECG5000_TEST.txt.gz"
ONE_OPENING = """
import sys, time
from kann.analyses.koopman.spectrum.settings import Settings
from kann.backend.opened.library import Library
from kann.backend.opened.pair import Pair
from kann.backend.engine.service import Service
from kann.backend.engine.store import Store
from kann.studies.koopman.facts import page_settings
from kann.studies.koopman.questions.spectrum import BESIDE_UNTRAINED, SPECTRUM
import kann.inputs.data.readers.number_tables, pandas, scipy.linalg, torch
root, cache, data = sys.argv[1:]
pair = Pair(data=data, model="demo:ecg")
start = time.perf_counter()
service = Service(Store(cache), Library(root))
settings = page_settings(service.library.open(pair), Settings())
service.answer(pair, SPECTRUM(settings))
print(time.perf_counter() - start)
service.answer(pair, BESIDE_UNTRAINED(settings))
service.close()
"""
BARE_PAGE = """
import numpy as np
import streamlit as st
rank = st.slider("Rank", 1, 128, 128)
places = np.random.default_rng(rank).uniform(-1, 1, (2, rank))
dots = {"type": "scatter", "mode": "markers", "x": places[0], "y": places[1], "name": "modes of this network",
        "customdata": list(range(rank))}
st.plotly_chart({"data": [dots]}, key="plane", on_select="rerun")
"""
MODES_DRAWN = """
chart => document.querySelector(`.st-key-${chart} .js-plotly-plot`)
  ?.data?.find(trace => trace.name === "modes of this network")?.customdata.length ?? -1
"""


def opening(root, cache, data):
    command = [sys.executable, "-c", ONE_OPENING, str(root), str(cache), data]
    return float(subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout)


def slider_moves(root, cache, data, moves=15):
    """Milliseconds of each move in a browser: of the dashboard's two charts, and of the bare page in turn with it."""
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import chromium, serve
    from tests.browser.dashboard import spectrum_is_drawn

    bare = Path(cache) / "bare.py"
    bare.write_text(BARE_PAGE)
    with serve(root, cache) as address, serve(root, cache, bare) as floor, sync_playwright() as playwright:
        browser = chromium(playwright)
        page, other = (browser.new_page(viewport={"width": 1280, "height": 1400}) for _ in range(2))
        page.goto(f"{address}/spectrum?model=demo:ecg&data={data}")
        spectrum_is_drawn(page)
        other.goto(floor)
        other.wait_for_function(f"() => ({MODES_DRAWN})('plane') > 0")
        turns = [(*one_move(page, "plane", "rhythm"), *one_move(other, "plane")) for _ in range(moves)]
        browser.close()
    return zip(*turns, strict=True)


def one_move(page, *charts):
    """Milliseconds until each of the charts, in the order in which they come, holds the new modes."""
    from tests.browser.dashboard import settled

    page.bring_to_front()
    settled(page)
    page.wait_for_timeout(PAUSE)
    slider = page.get_by_role("slider").first
    slider.focus()
    before, times = page.evaluate(MODES_DRAWN, charts[0]), []
    start = time.perf_counter()
    slider.press("ArrowLeft")
    for chart in charts:
        redrawn = f"([chart, before]) => ![before, -1].includes(({MODES_DRAWN})(chart))"
        page.wait_for_function(redrawn, arg=[chart, before], polling="raf")
        times.append(1e3 * (time.perf_counter() - start))
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="folder of the data sets")
    root = parser.parse_args().data
    data = f"path:{REAL}" if (root / REAL).exists() else "demo:ecg"
    print(f"data: {data}")
    with tempfile.TemporaryDirectory() as cache:
        cold = []
        for number in range(3):
            cold.append(opening(root, Path(cache) / str(number), data))
        warm = [opening(root, Path(cache) / "0", data) for _ in range(3)]
        print(f"first eigenvalues, cold       {statistics.median(cold):8.2f} s   (of {len(cold)})")
        print(f"first eigenvalues, cached     {statistics.median(warm):8.3f} s   (of {len(warm)})")
        served = Path(cache) / "0"
        moves, second, bare = slider_moves(root, served, data)
    named = {"rank slider, key to frame": moves, "its second chart": second, "a bare page's slider": bare}
    for name, times in named.items():
        print(f"{name:29s} {statistics.median(times):8.0f} ms  (median of {len(times)})")
        print(" " * 30 + " ".join(f"{move:.0f}" for move in times))
    print(f"ratio                         {statistics.median(moves) / statistics.median(bare):8.2f}")
    found = {"data": data, "cold, s": statistics.median(cold), "cached, s": statistics.median(warm)}
    results.keep("dashboard", found | {f"{name}, ms": statistics.median(times) for name, times in named.items()})


if __name__ == "__main__":
    main()
