"""The limit on the length of sequences: offered among the settings, in the address, and obeyed by every page."""

from dataclasses import replace

import numpy as np
import pytest

from kann.analyses.koopman.spectrum.settings import Settings
from tests.networks import save_autoencoder
from tests.texts import save_classifier
from tests.ui.pages import SOURCE, metric, open_app, result_of, settled, settled_page, spectrum_of, tokens_of


def test_a_limited_spectrum_is_that_of_a_file_of_cut_sequences(data_root):
    rows = np.loadtxt(data_root / "beats.txt")
    np.savetxt(data_root / "cut.txt", rows[:, : 1 + 20])
    limited, cut = spectrum_of(limit="20"), spectrum_of(replace(SOURCE, data="path:cut.txt"))

    assert limited.number_input(key="limit").value == 20
    assert metric(limited, "one-step") == metric(cut, "one-step") != metric(spectrum_of(limit="0"), "one-step")


def test_a_limit_is_a_result_of_its_own_and_none_is_zero(data_root):
    app = spectrum_of()
    settled(app.number_input(key="limit").set_value(15).run())

    assert app.number_input(key="limit").value == 15
    of_all, limited = result_of(), result_of(settings=Settings(rank=app.slider[0].value, max_length=15))
    assert limited is not None
    assert of_all is None or of_all.accuracy != limited.accuracy


def test_the_first_rank_counts_the_steps_that_are_read(data_root):
    assert spectrum_of(limit="3").slider[0].value < spectrum_of().slider[0].value


def test_a_text_ends_where_it_is_cut(data_root):
    save_classifier(data_root)
    whole, cut = tokens_of(settled_page())["words"], tokens_of(settled_page(limit="4"))["words"]

    assert len(whole) > 4
    assert cut == whole[:4]


@pytest.mark.parametrize("page", ["spectrum", "modes", "highlights", "compare"])
def test_every_page_obeys_it(page, data_root):
    save_autoencoder(data_root / "model.pt")
    app = open_app(f"pages/states/{page}.py", data=SOURCE.data, model=SOURCE.model, limit="20")

    assert not app.exception
    assert not app.error
    assert app.number_input(key="limit").value == 20
