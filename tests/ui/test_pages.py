import os

import numpy as np
import pytest
import torch
from torch import nn

from kann.analyses.koopman.spectrum.mode_table import representatives
from kann.analyses.koopman.spectrum.settings import Settings
from kann.backend.opened.library import Words
from kann.backend.opened.pair import Pair
from kann.studies.koopman.questions.spectrum import BESIDE_UNTRAINED
from kann.ui.start import service
from tests.texts import save_classifier
from tests.ui.pages import SOURCE, metric, open_app, result_of, settled, spectrum_of


def test_the_home_page_stands_before_anything_is_open(data_root):
    app = open_app()

    assert app.title[0].value == "Look inside a trained sequence network"
    assert len(app.get("file_uploader")) == 3


def test_the_spectrum_page_says_that_nothing_is_open(data_root):
    app = open_app("pages/states/spectrum.py")

    assert app.info[0].value == "Nothing is open yet."


def test_an_upload_shows_what_was_found_and_leads_to_eigenvalues(data_root):
    app = open_app()
    model, data, _ = app.get("file_uploader")
    model.set_value(("model.pt", (data_root / "model.pt").read_bytes(), "application/octet-stream"))
    data.set_value(("beats.txt", (data_root / "beats.txt").read_bytes(), "text/plain"))
    app.run()

    assert not app.exception
    assert any(box.label == "Recurrent layer" for box in app.selectbox)
    assert any("60 sequences" in caption.value for caption in app.caption)
    assert app.session_state["pair"].model.startswith("upload:")


def test_a_bad_checkpoint_is_one_sentence_and_nothing_is_lost(data_root):
    app = open_app()
    model, data, _ = app.get("file_uploader")
    data.set_value(("beats.txt", (data_root / "beats.txt").read_bytes(), "text/plain"))
    model.set_value(("bad.pt", b"no model at all", "application/octet-stream"))
    app.run()

    assert len(app.error) == 1
    assert not app.exception
    app.get("file_uploader")[0].set_value(("m.pt", (data_root / "model.pt").read_bytes(), "application/octet-stream"))
    app.run()
    assert not app.error
    assert app.session_state["pair"].data.startswith("upload:")


def test_paths_below_the_data_folder_open(data_root):
    app = open_app()
    app.text_input(key="model path").set_value("model.pt")
    app.text_input(key="data path").set_value("beats.txt")
    next(
        button for button in app.button if (button.label == "Open" and button.key is None) or "paths" in str(button.key)
    ).click()
    app.run()

    assert app.session_state["pair"] == SOURCE


def test_a_path_outside_is_refused_in_a_sentence(data_root):
    app = open_app(data="path:../x.txt", model="path:model.pt")

    assert any("outside the data folder" in error.value.replace("\\", "") for error in app.error)
    assert not app.exception


def test_the_page_shows_the_numbers_of_the_result(data_root):
    app = spectrum_of()
    result = service().answer(SOURCE, BESIDE_UNTRAINED(Settings(rank=12, twins=2)))

    assert metric(app, "one-step") == pytest.approx(result.accuracy.R2, abs=6e-4)
    assert metric(app, "persistence") == pytest.approx(result.accuracy.persistence, abs=6e-4)
    assert metric(app, "untrained twins") == pytest.approx(np.median(result.spectrum.untrained.R2), abs=6e-4)
    assert metric(app, "rank") == 12


def test_the_rank_slider_solves_again_and_stands_in_the_address(data_root):
    app = spectrum_of()
    app.slider(key="rank").set_value(5)
    app.run()

    assert not app.exception
    assert metric(app, "rank") == 5


def test_a_setting_that_leaves_nothing_to_fit_is_said_and_can_be_taken_back(data_root):
    app = spectrum_of()
    app.slider(key="rank").set_value(5).run()

    lacking = settled(app.number_input(key="first").set_value(5000).run())
    assert len(lacking.error) == 1
    again = settled(lacking.number_input(key="first").set_value(0).run())
    assert not again.error
    assert metric(again, "rank") == 5


def test_a_state_of_fewer_units_takes_the_rank_along(data_root):
    app = spectrum_of()
    app.slider(key="rank").set_value(12).run()

    app = settled(app.segmented_control(key="state").set_value("hidden").run())

    assert not app.error
    assert metric(app, "rank") == app.slider(key="rank").value == 6


def test_a_click_selects_a_mode_and_the_address_names_it(data_root):
    app = spectrum_of()
    name = result_of(settings=Settings(rank=12)).spectrum.ids[0]
    app.session_state["modes"] = [name]
    app.run()

    assert app.query_params["modes"] == name
    assert any("keeps half" in text.value or "lasts" in text.value for text in app.markdown[1:])


def test_a_link_restores_source_rank_and_selection(data_root):
    spectrum_of()
    result = result_of(settings=Settings(rank=12))
    name = result.spectrum.ids[int(representatives(result.spectrum)[1])]

    app = spectrum_of(modes=name, rank="12")

    assert app.session_state["modes"] == [name]
    assert any(box.label == "Sequences" for box in app.multiselect)


def test_a_selection_that_a_rank_lacks_is_named(data_root):
    spectrum_of()
    name = result_of(settings=Settings(rank=12)).spectrum.ids[-1]
    app = spectrum_of(modes=name)
    app.slider(key="rank").set_value(1)
    app.run()

    assert any("continues" in caption.value for caption in app.caption)


def test_an_odd_selection_in_the_address_is_one_sentence(data_root):
    app = spectrum_of(modes="<b>x")

    assert any("names no mode" in error.value for error in app.error)


def test_states_without_a_network_have_a_spectrum(data_root):
    app = spectrum_of(Pair(data="path:states.npz"))

    assert metric(app, "rank") == 5
    assert not any(found.label.startswith("untrained") for found in app.metric)


def test_an_expired_upload_says_so(data_root):
    app = open_app("pages/states/spectrum.py", data="upload:0123456789abcdef", model="path:model.pt")

    assert any("no longer kept here" in error.value for error in app.error)


def test_inputs_and_intercept_are_switches(data_root):
    app = spectrum_of()
    app.toggle(key="inputs").set_value(True)
    app.toggle(key="intercept").set_value(False)
    app.run()

    assert not app.exception
    expected = result_of(settings=Settings(rank=12, inputs=True, intercept=False))
    assert metric(app, "one-step") == pytest.approx(expected.accuracy.R2, abs=6e-4)


def test_a_text_classifier_with_its_words_and_a_csv_shows_its_spectrum(data_root, tmp_path):
    save_classifier(tmp_path)
    app = open_app()
    for uploader, name in zip(app.get("file_uploader"), ("model.pt", "texts.csv", "words.json"), strict=True):
        uploader.set_value((name, (tmp_path / name).read_bytes(), "application/octet-stream"))
    app.run()

    assert not app.exception
    assert not app.error
    assert any("80 sequences" in caption.value and "not in the vocabulary" in caption.value for caption in app.caption)
    chosen = app.session_state["pair"]
    app = spectrum_of(chosen, rank="12")
    assert metric(app, "rank") == 12


def test_the_home_page_lists_what_a_file_names_and_marks_what_would_do_harm(data_root, tmp_path):
    torch.save(
        {"state_dict": {f"rnn.{n}": t for n, t in nn.LSTM(1, 6).state_dict().items()}, "hook": os.system},
        tmp_path / "m.pt",
    )
    app = open_app()
    model, data, _ = app.get("file_uploader")
    model.set_value(("m.pt", (tmp_path / "m.pt").read_bytes(), "application/octet-stream"))
    data.set_value(("beats.txt", (data_root / "beats.txt").read_bytes(), "text/plain"))
    app.run()

    assert not app.exception
    assert any("harmful" in text.value and "system" in text.value for text in app.markdown)


def test_the_film_reviews_open_in_one_click_and_show_their_spectrum(data_root):
    app = open_app()
    app.button(key="demo:sentiment").click().run()

    assert not app.exception
    chosen = app.session_state["pair"]
    assert chosen.vocabulary == Words("demo:sentiment", in_model=True)
    app = spectrum_of(chosen)
    # More of the 256 directions would have fewer than 100 pairs of states each.
    lengths = service().library.dataset(chosen.data, chosen.vocabulary).lengths
    assert metric(app, "rank") == (lengths - 1).sum() // 100


def test_a_cache_that_cannot_be_written_is_said_in_the_sidebar_beside_the_result(data_root, monkeypatch):
    (data_root / "file").write_text("no folder")
    monkeypatch.setenv("KANN_CACHE_DIR", str(data_root / "file" / "cache"))

    app = spectrum_of()

    assert metric(app, "one-step R²") == pytest.approx(result_of().accuracy.R2, abs=1e-3)
    assert any("can be kept in" in caption.value for caption in app.sidebar.caption)
