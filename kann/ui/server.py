"""The server around the dashboard: warmed up before the first visitor, and with strict security headers."""

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

# No inline script and no eval: what a file's text might smuggle onto a page does not run. Plotly, its
# WebGL and Streamlit's own components need no more than this; styles are set inline by all of them.
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
# What pages draw with.
HEAVY = ("plotly.graph_objects", "plotly.subplots", "pandas", "pyarrow")
Message = MutableMapping[str, Any]


@asynccontextmanager
async def warm(app: object) -> AsyncIterator[None]:
    """Everything heavy is imported once, then set aside: Streamlit collects garbage after every script run,
    a tenth of a second each time once torch is in memory; frozen, it is no longer walked."""
    # Streamlit takes a folder called pages for its old kind of multi-page app until st.navigation has run
    # once: the first visitor by a deep link would be told that the page does not exist.
    PagesManager.uses_pages_directory = False
    timers.skip_during_runs()
    service()
    for name in (*HEAVY, *_of_pages()):
        import_module(name)
    gc.collect()
    gc.freeze()
    yield


def _of_pages() -> Iterator[str]:
    """Modules that pages import, and with them all that computes and draws: else the first visitors wait for it."""
    return (module.name for module in walk_packages(ui.__path__, f"{ui.__name__}."))


class SecurityHeaders:
    """Adds HEADERS to every answer."""

    def __init__(self, app: Callable):
        self.app = app

    async def __call__(self, scope: Message, receive: Callable, send: Callable) -> None:
        async def with_headers(message: Message) -> Awaitable | None:
            if message["type"] == "http.response.start":
                extra = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message["headers"] = [*message.get("headers", []), *extra]
            return await send(message)

        await self.app(scope, receive, with_headers)
