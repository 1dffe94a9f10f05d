"""Two parts of a page that wait for the same job, and answers whose needs have left the cache."""

import shutil

from kann.analyses.koopman.spectrum.settings import Settings
from kann.studies.koopman.questions.spectrum import SPECTRUM
from kann.ui.start import service
from tests.patience import run_until
from tests.ui.pages import SOURCE, open_app


def test_controls_wait_for_the_untrained_networks_that_the_page_waits_for(data_root, monkeypatch, tmp_path):
    monkeypatch.setenv("KANN_CACHE_DIR", str(tmp_path / "empty"))
    app = open_app("pages/states/spectrum.py", **SOURCE.address())
    run_until(app, lambda app: any(button.label == "Measure the controls" for button in app.button))
    next(button for button in app.button if button.label == "Measure the controls").click()
    app.run()

    assert not app.exception
    run_until(app, lambda app: app.table)


def test_a_stored_spectrum_without_its_sums_computes_them_again(data_root, monkeypatch, tmp_path):
    cache = tmp_path / "small"
    monkeypatch.setenv("KANN_CACHE_DIR", str(cache))
    service.cache_clear()
    result = service().answer(SOURCE, SPECTRUM(Settings(rank=12)))
    service().close()
    for path in sorted(cache.glob("*.npz"), key=lambda path: path.stat().st_size)[-1:]:
        path.unlink()  # the sums are the largest
    service.cache_clear()

    for page in ("spectrum", "modes", "highlights"):
        app = open_app(f"pages/states/{page}.py", **SOURCE.address(), modes=result.spectrum.ids[0])
        assert not app.exception
        run_until(app, lambda app: app.get("plotly_chart"))
    shutil.rmtree(cache, ignore_errors=True)
