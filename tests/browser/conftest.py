"""A server of its own and a real Chromium: what only a browser can show."""

import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect, sync_playwright

from tests.networks import save_beats, save_lstm, save_states
from tests.patience import PATIENCE, attempts
from tests.texts import save_classifier

ROOT = Path(__file__).parents[2]
HOSTILE = (
    "<script>window.hacked=1</script>",
    '<img src=x onerror="window.hacked=1">',
    '<iframe srcdoc="<script>parent.hacked=1</script>">',
    "\"'></span><b>",
    "**[a](javascript:window.hacked=1)** :red[x]",
)
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]


# A busy machine may take its time; a wait ends as soon as what it waits for is there.
expect.set_options(timeout=PATIENCE * 1000)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serve(data_root, cache, app=ROOT / "app.py"):
    """A fresh dashboard, or another page of Streamlit's; its address."""
    port = free_port()
    environment = os.environ | {"KANN_DATA_DIR": str(data_root), "KANN_CACHE_DIR": str(cache)}
    command = [sys.executable, "-m", "streamlit", "run", str(app), "--server.port", str(port)]
    with open(Path(cache) / "server.log", "wb") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            wait_for(f"http://127.0.0.1:{port}/_stcore/health")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(PATIENCE)


def wait_for(address):
    for _ in attempts():
        with suppress(OSError):
            return urllib.request.urlopen(address, timeout=PATIENCE).read()


def chromium_path(playwright):
    """The system's Chromium, or the one that Playwright has installed; None where there is neither."""
    names = ("chromium", "chromium-browser", "google-chrome")
    own = playwright.chromium.executable_path
    return next((path for name in names if (path := shutil.which(name))), own if Path(own).exists() else None)


def chromium(playwright):
    return playwright.chromium.launch(executable_path=chromium_path(playwright), args=FLAGS)


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        if chromium_path(playwright) is None:
            pytest.skip("no Chromium is installed and none could be: nothing of the browser tests has run")
        launched = chromium(playwright)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def data_root(tmp_path_factory):
    """What people bring: a small network and its data, a file that is no model, and in texts/ a classifier with its
    texts, and states of another one whose words attack the page."""
    folder = tmp_path_factory.mktemp("data")
    save_lstm(folder / "model.pt")
    save_beats(folder / "beats.txt")
    (folder / "bad.pt").write_bytes(b"no model at all")
    (folder / "texts").mkdir()
    save_classifier(folder / "texts")
    with np.load(save_states(folder / "texts" / "hostile.npz")) as states:
        words = np.array(HOSTILE)[np.arange(60 * 30).reshape(60, 30) % len(HOSTILE)]
        ids = np.array(HOSTILE)[np.arange(60) % len(HOSTILE)]
        np.savez(folder / "texts" / "hostile.npz", **states, tokens=words, ids=ids)
    return folder


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    """One cache for all servers: what one has computed the next one finds."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def address(data_root, cache):
    """One dashboard for all tests that do not ask for another."""
    with serve(data_root, cache) as found:
        yield found


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 1400})
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE * 1000)
    opened.outside = []
    opened.on("request", lambda request: opened.outside.append(request.url) if not is_local(request.url) else None)
    yield opened
    context.close()


def is_local(address):
    return address.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:"))
