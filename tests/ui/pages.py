"""Pages as a test opens them, until nothing is missing on them."""

import json
from pathlib import Path

from streamlit.testing.v1 import AppTest

from kann.analyses.koopman.spectrum.settings import Settings
from kann.backend.opened.library import Words
from kann.backend.opened.pair import Pair
from kann.studies.koopman.questions.spectrum import SPECTRUM
from kann.ui.start import service
from tests.patience import PATIENCE, idle, run_until

APP = Path(__file__).parents[2] / "app.py"


SOURCE = Pair(data="path:beats.txt", model="path:model.pt")


def open_app(page=None, **query):
    app = AppTest.from_file(str(APP), default_timeout=PATIENCE)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    if page:
        app.switch_page(page).run()
    assert not app.exception
    return app


def spectrum_of(source=SOURCE, **query):
    """The spectrum page of a source, run again until nothing is missing."""
    given = source.address()
    return settled(open_app("pages/states/spectrum.py", **given | query))


def settled(app):
    return run_until(app, lambda app: idle(app) and (app.metric or app.error))


def result_of(source=SOURCE, settings=Settings()):  # noqa: B008 - frozen
    return service().answer(source, SPECTRUM(settings))


def metric(app, start):
    return float(next(found.value for found in app.metric if found.label.startswith(start)))


def said(app):
    """All plain sentences of the page, without the escapes of its markup."""
    elements = (*app.caption, *app.markdown, *app.error, *app.info)
    return [element.value.replace("\\", "") for element in elements]


TEXTS = Pair(data="path:texts.csv", model="path:model.pt", vocabulary=Words("path:words.json"))


def settled_page(source=TEXTS, **query):
    given = source.address()
    app = open_app("pages/states/highlights.py", **given | query)
    return run_until(app, tables_stand)


def tables_stand(app):
    return idle(app) and len(app.dataframe) >= 4


def tokens_of(app):
    (view,) = app.get("bidi_component")
    return json.loads(view.proto.json)
