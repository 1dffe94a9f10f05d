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
    """Runs the page again until `shown(app)`, after whatever it has started is done; the app."""
    from kann.ui.start import service  # not for those who wait for something else than a page

    for _ in attempts():
        assert not app.exception
        if shown(app):
            return app
        for job in service().jobs.under_way():
            job.wait(PATIENCE)
        app.run()


def idle(app):
    """Nothing is under way on the page."""
    return not app.get("progress")
