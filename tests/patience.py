"""Waiting until something is so: as long as a busy machine needs, and not a moment longer."""

import time

# Seconds after which something must be broken; no test measures anything by them.
PATIENCE = 600.0


def attempts(pause=0.1):
    """Goes on until whoever tries has what it waits for and leaves the loop."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        yield
        time.sleep(pause)
    raise AssertionError(f"it has not come in {PATIENCE} s")


def run_until(app, shown):
    """Runs the page again until `shown(app)`; the app."""
    for _ in attempts():
        assert not app.exception
        if shown(app):
            return app
        app.run()


def idle(app):
    """Nothing is under way on the page."""
    return not app.get("progress")
