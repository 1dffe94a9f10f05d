import pytest

from kann.analyses.koopman.spectrum.settings import Settings
from kann.backend.opened.pair import Pair
from kann.inputs.data.waves import can_find_waves
from kann.studies.koopman.questions.spectrum import SPECTRUM
from kann.ui.koopman.highlights import signal_reading
from kann.ui.start import service
from tests.networks import save_autoencoder
from tests.patience import idle, run_until
from tests.ui.pages import open_app

SOURCE = Pair(data="path:beats.txt", model="path:model.pt")


@pytest.fixture(autouse=True)
def autoencoder(data_root):
    save_autoencoder(data_root / "model.pt")
    return data_root


def highlights_of(source=SOURCE, **query):
    given = source.address()
    return settled(open_app("pages/states/highlights.py", **given | query))


def settled(app):
    def shown(app):
        return idle(app) and any("Modes by energy" in text.value for text in app.markdown) and found(app)

    return run_until(app, shown)


def found(app):
    words = [text.value for text in app.markdown if "In use" in text.value]
    return words[0].replace("\\", "") if words else ""


def window_key():
    return f"window in {service().library.dataset(SOURCE.data).digest[:12]}"


def test_a_signal_without_waves_is_cut_into_fifths():
    app = highlights_of()

    assert "most energy per step in" in found(app)
    assert "% of their energy in 20 % of the time" in found(app)
    assert "the dominant ones, since none is selected" in found(app)
    assert not any(toggle.label == "P, QRS and T" for toggle in app.toggle) or not app.toggle[1].value


def test_a_window_ranks_the_modes_that_live_in_it():
    app = highlights_of()
    app.session_state[window_key()] = (10, 20)
    settled(app.run())

    assert any("in steps 10 to 19" in text.value for text in app.markdown)
    table = next(frame.value for frame in app.dataframe if "of its energy here, %" in frame.value.columns)
    assert table["of the energy here, %"].sum() == pytest.approx(100)
    assert (table["of its energy here, %"] < 100).all()


def test_the_slider_asks_the_same_and_all_steps_are_no_window():
    app = highlights_of()
    slider = next(slider for slider in app.slider if slider.label == "Window, steps")
    slider.set_value((3, 9))
    settled(app.run())

    assert app.session_state[window_key()] == (3, 10)
    slider = next(slider for slider in app.slider if slider.label == "Window, steps")
    slider.set_value((0, 39))
    settled(app.run())
    assert app.session_state[window_key()] is None


@pytest.mark.parametrize(
    ("box", "expected"), [([3.6, 8.2], (4, 9)), ([8.2, 3.6], (4, 9)), ([-5.0, -2.0], (0, 1)), ([7.1, 7.2], (7, 8))]
)
def test_a_box_becomes_a_window_of_whole_steps(monkeypatch, box, expected):
    kept = {}
    monkeypatch.setattr(signal_reading.st, "session_state", kept)

    signal_reading._take({"box": [{"x": box}]}, "window")
    signal_reading._take({"box": []}, "window")

    assert kept["window"] == expected


def test_a_window_longer_than_the_signal_is_cut():
    app = highlights_of()
    app.session_state[window_key()] = (100, 500)
    settled(app.run())

    assert any("in steps 39 to 39" in text.value for text in app.markdown)


def test_selected_modes_are_in_use():
    highlights_of()
    name = service().answer(SOURCE, SPECTRUM(Settings(rank=12))).spectrum.ids[0]

    assert "In use: mode 1 (as selected)" in found(highlights_of(modes=name))


def test_no_signal_chosen_is_a_request():
    app = highlights_of()
    app.multiselect[0].set_value([])
    app.run()

    assert not app.exception
    assert any("at least one sequence" in caption.value for caption in app.caption)


def test_states_without_a_network_have_the_same_page():
    assert "most energy per step in" in found(highlights_of(Pair(data="path:states.npz")))


@pytest.mark.skipif(not can_find_waves(), reason="NeuroKit2 is not installed")
def test_the_heartbeat_demo_says_in_which_wave_its_modes_work():
    words = found(highlights_of(Pair(data="demo:ecg", model="demo:ecg")))

    assert words.startswith("**In “normal” the modes in use have most energy per step in")
    opened = service().library.open(Pair(data="demo:ecg", model="demo:ecg"))
    normal = opened.dataset.labels[opened.split(5).held_out] == 1
    assert f"Found of {normal.sum()}: P in" in words
