import pytest

from kann.analyses.koopman.modes.mode_classes import leading
from kann.analyses.koopman.spectrum.settings import Settings
from kann.backend.opened.library import Words
from kann.backend.opened.pair import Pair
from kann.studies.koopman.questions.modes import DOMINANCE, Scored
from kann.studies.koopman.questions.spectrum import SPECTRUM
from kann.ui.start import service
from tests.networks import save_autoencoder
from tests.patience import idle, run_until
from tests.texts import save_classifier
from tests.ui.pages import open_app

SOURCE = Pair(data="path:beats.txt", model="path:model.pt")


@pytest.fixture(autouse=True)
def autoencoder(data_root):
    save_autoencoder(data_root / "model.pt")
    return data_root


def modes_of(source=SOURCE, **query):
    """The Modes page of a source, run again until nothing is missing."""
    given = source.address()
    app = open_app("pages/states/modes.py", **given | query)
    return run_until(app, lambda app: idle(app) and len(app.get("plotly_chart")) >= 3)


def found(app):
    return next(text.value for text in app.markdown if "In use" in text.value).replace("\\", "")


def spectrum():
    return service().answer(SOURCE, SPECTRUM(Settings(rank=12)))


def test_nothing_open_says_so():
    assert open_app("pages/states/modes.py").info[0].value == "Nothing is open yet."


def test_without_a_selection_the_dominant_modes_are_used_and_it_is_said():
    app = modes_of()
    result = spectrum()
    measured = service().answer(SOURCE, DOMINANCE(Scored(Settings(rank=12))))
    expected = leading(measured.over_all("contribution"), result.operator.eigenvalues)

    words = found(app)
    assert f"In use: modes {', '.join(str(mode + 1) for mode in expected)} (the dominant ones" in words
    assert "“class 1” with a median error of" in words
    assert len(app.get("plotly_chart")) == 5


def test_a_selection_is_used_and_can_be_cleared():
    modes_of()
    result = spectrum()
    app = modes_of(modes=result.spectrum.ids[0])

    assert "In use: mode 1 (as selected)" in found(app)
    next(button for button in app.button if button.label == "Clear the selection").click().run()
    assert "the dominant ones" in found(app)


def test_all_sequences_can_be_asked_for():
    app = modes_of()
    app.toggle(key="all-sequences").set_value(True)
    run_until(app.run(), idle)

    assert service().answer(SOURCE, DOMINANCE(Scored(Settings(rank=12), everything=True))).sequences.sum() == 60


def test_a_classifier_is_shown_through_its_read_out(autoencoder):
    save_classifier(autoencoder)
    app = modes_of(Pair(data="path:texts.csv", model="path:model.pt", vocabulary=Words("path:words.json")))

    assert "Through the read-out they give the network's decision in" in found(app)
    assert "carries most of the evidence: decision share" in found(app)


def test_states_without_a_network_say_that_there_is_no_way_out():
    app = modes_of(Pair(data="path:states.npz"))

    assert "neither a decoder nor a read-out" in found(app)
    assert len(app.get("plotly_chart")) == 4


def test_the_heartbeat_demo_counts_anomalies_by_the_names_of_its_classes():
    app = modes_of(Pair(data="demo:ecg", model="demo:ecg"))
    run_until(app, lambda app: idle(app) and app.dataframe)

    table = app.dataframe[0].value
    assert table["class"].tolist()[0] == "normal"
    normal = table.iloc[0]
    assert normal["under, whole state"] == normal["sequences"]
    assert any("98.2 % of normal sequences below" in caption.value.replace("\\", "") for caption in app.caption)
