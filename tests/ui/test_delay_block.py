import numpy as np

from kann.analyses.koopman.spectrum.settings import Settings
from kann.backend.opened.pair import Pair
from kann.studies.koopman.questions.delays import DELAYS, Replaced
from kann.ui.start import service
from tests.patience import run_until
from tests.ui.pages import open_app, result_of, spectrum_of

SOLVER = Pair(data="demo:copy-orthogonal", model="demo:copy-orthogonal")


def delays_of(source=SOLVER, **query):
    """The spectrum page of a source, run again until its delay test stands there."""
    app = spectrum_of(source, **query)
    settings = Settings(rank=int(query.get("rank", 128)))
    service().answer(source, DELAYS(Replaced(settings.rank)))
    return app.run()


def words(app):
    return " ".join(text.value.replace("\\", "") for text in app.markdown)


def charts(app):
    return [chart.proto.id for chart in app.get("plotly_chart")]


def test_the_solver_recalls_with_the_operator_in_place_of_200_blanks(data_root):
    app = delays_of()

    assert not app.exception
    assert "With all but the first of 200 blanks replaced by the operator" in words(app)
    assert "less sensitive" in words(app)
    assert "above 1, since modReLU's bias lets states grow" in words(app)
    assert len(charts(app)) == 4


def test_the_block_follows_the_pages_rank(data_root):
    app = delays_of(rank="30")

    assert not app.exception
    assert "has 30 eigenvalues" in words(app)


def test_data_without_a_delay_have_no_such_block(data_root):
    app = spectrum_of()

    assert not any("replaced by the operator" in title.value for title in app.subheader)
    assert len(charts(app)) == 2


def test_steps_can_be_left_out_and_stand_in_the_address(data_root):
    app = spectrum_of(SOLVER, first="11", last="11")

    assert not app.exception
    assert app.number_input(key="first").value == app.number_input(key="last").value == 11
    delay = result_of(SOLVER, Settings(rank=128, steps=(11, -11))).operator
    assert np.median(np.abs(delay.eigenvalues)) > 0.99


def test_steps_beyond_every_sequence_are_one_sentence(data_root):
    app = open_app("pages/states/spectrum.py", data="path:beats.txt", model="path:model.pt", first="500")
    run_until(app, lambda app: app.error)

    assert any("No sequence is long enough" in error.value for error in app.error)
