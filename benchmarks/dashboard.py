"""What a user waits for, measured: `python benchmarks/dashboard.py [--data FOLDER]`.

First eigenvalues of the shipped LSTM autoencoder on the ECG5000 test set (FOLDER/ecg5000/ECG5000_TEST.txt.gz;
without it on the shipped simulated beats): cold, after the imports, with an empty cache, and from the cache
in a new process. Then a move of the rank slider in a real Chromium, from the key press to the first frame
in which the chart holds the new modes, the median of 15; between two moves a person's pause of a third of a second.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
PAUSE = 333
REAL = "ecg5000/ECG5000_TEST.txt.gz"
ONE_OPENING = """
import sys, time
from kann.analyses.transitions import Settings
from kann.backend.library import Library, Source
from kann.backend.service import Service
from kann.backend.store import Store
import kann.inputs.readers.number_tables, pandas, scipy.linalg, torch
root, cache, data = sys.argv[1:]
source = Source(data=data, model="demo:ecg")
start = time.perf_counter()
service = Service(Store(cache), Library(root))
answer = service.koopman_states(source, Settings())
while answer.job is not None:
    answer.job.result()
    answer = service.koopman_states(source, Settings())
print(time.perf_counter() - start)
while answer.twins is not None:
    answer.twins.result()
    answer = service.koopman_states(source, Settings())
service.close()
"""
MODES_DRAWN = """
() => document.querySelector(".st-key-plane .js-plotly-plot")
  ?.data?.find(trace => trace.name === "modes of this network")?.customdata.length ?? -1
"""


def opening(root, cache, data):
    command = [sys.executable, "-c", ONE_OPENING, str(root), str(cache), data]
    return float(subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout)


def slider_moves(root, cache, data, moves=15):
    """Milliseconds of each move, in a browser."""
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import chromium, serve
    from tests.browser.dashboard import settled, spectrum_is_drawn

    with serve(root, cache) as address, sync_playwright() as playwright:
        browser = chromium(playwright)
        page = browser.new_page(viewport={"width": 1280, "height": 1400})
        page.set_default_timeout(20_000)
        page.goto(f"{address}/spectrum?model=demo:ecg&data={data}")
        spectrum_is_drawn(page)
        slider = page.get_by_role("slider").first
        slider.focus()
        times = []
        for _ in range(moves):
            before = page.evaluate(MODES_DRAWN)
            start = time.perf_counter()
            slider.press("ArrowLeft")
            page.wait_for_function(f"before => ![before, -1].includes(({MODES_DRAWN})())", arg=before, polling="raf")
            times.append(1e3 * (time.perf_counter() - start))
            settled(page)
            page.wait_for_timeout(PAUSE)
        browser.close()
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
        moves = slider_moves(root, served, data)
    print(f"rank slider, key to frame     {statistics.median(moves):8.0f} ms  (median of {len(moves)})")
    print("                              " + " ".join(f"{move:.0f}" for move in moves))


if __name__ == "__main__":
    main()
