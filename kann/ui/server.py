"""The dashboard's server: imports at start, and strict security headers."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping
from contextlib import asynccontextmanager
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

from streamlit.runtime.pages_manager import PagesManager

from kann import ui
from kann.ui import timers
from kann.ui.start import service

# No inline script and no eval, so that text of a user's file cannot run as a script. Plotly, its WebGL and
# Streamlit's own components work under these rules; all of them set styles inline.
CONTENT_SECURITY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' blob:",
        "worker-src 'self' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' ws: wss: data: blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "frame-ancestors 'self'",
    ]
)
HEADERS = {
    "content-security-policy": CONTENT_SECURITY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
# Packages that pages draw with, imported at the start of the server.
HEAVY = ("plotly.graph_objects", "plotly.subplots", "pandas", "pyarrow")
Message = MutableMapping[str, Any]


@asynccontextmanager
async def warm(app: object) -> AsyncIterator[None]:
    """Imports all large packages once, then excludes them from garbage collection: Streamlit collects garbage after
    every script run, which takes a tenth of a second with torch in memory unless its objects are frozen."""
    # Until st.navigation has run once, Streamlit treats a folder called pages as its older kind of multi-page
    # app, and a first visit by a link to a page would show that the page does not exist.
    PagesManager.uses_pages_directory = False
    timers.skip_during_runs()
    service()
    for name in (*HEAVY, *_of_pages()):
        import_module(name)
    gc.collect()
    gc.freeze()
    yield


def _of_pages() -> Iterator[str]:
    """Names of all modules of kann.ui, which import the numerics and the figures: the first visit need not wait."""
    return (module.name for module in walk_packages(ui.__path__, f"{ui.__name__}."))


class SecurityHeaders:
    """Adds HEADERS to every response."""

    def __init__(self, app: Callable):
        self.app = app

    async def __call__(self, scope: Message, receive: Callable, send: Callable) -> None:
        async def with_headers(message: Message) -> Awaitable | None:
            if message["type"] == "http.response.start":
                extra = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message["headers"] = [*message.get("headers", []), *extra]
            return await send(message)

        await self.app(scope, receive, with_headers)
