import pytest

from kann.analyses.koopman.comparison.comparison_findings import modes_on_one_side
from kann.analyses.koopman.comparison.untrained_ranking import RankingSettings
from kann.analyses.koopman.spectrum.settings import Settings
from kann.backend.opened.pair import Pair
from kann.studies.koopman.contrasts import Contrast, sides_of
from kann.studies.koopman.questions.comparison import COMPARISON
from kann.ui.start import service
from tests.networks import save_beats, save_lstm
from tests.patience import idle, run_until
from tests.ui.pages import SOURCE, open_app

PAGE = "pages/states/compare.py"
DEMO = Pair(data="demo:ecg", model="demo:ecg")
UNTRAINED, CHECKPOINTS = "trained and untrained", "two checkpoints"


def settle(app):
    """Runs the page again until nothing is under way."""
    return run_until(app, idle)


def compare(source=SOURCE, **query):
    given = source.address()
    return settle(open_app(PAGE, **given | query))


def metric(app, start):
    return next(found.value for found in app.metric if found.label.startswith(start))


def words(app):
    return app.markdown[0].value.replace("\\", "")


def second(app, name):
    return next(widget for widget in app.text_input if widget.key == name)


def test_the_demo_s_classes_are_compared_and_the_numbers_are_those_of_the_comparison(data_root):
    app = compare(DEMO)
    both = sides_of(service().library, DEMO, Settings(rank=128), Contrast(classes=(1, 2)))
    found = service().answer(DEMO, COMPARISON(both))

    assert words(app).startswith("**Normal and R-on-T premature")
    assert metric(app, "distance") == f"{found.distance:.3g}"
    assert (metric(app, "only in A"), metric(app, "only in B")) == tuple(map(str, modes_on_one_side(found)))
    assert metric(app, "p") == "0.001"
    assert len(app.get("plotly_chart")) == 3
    assert app.get("download_button")


def test_the_demo_s_network_differs_from_its_untrained_twin(data_root, monkeypatch):
    # Two of the four kinds, on few sequences: a trained network stands out from these as well.
    monkeypatch.setattr("kann.ui.koopman.comparison.RankingSettings", lambda: RankingSettings(sequences=12))
    monkeypatch.setattr("kann.studies.koopman.questions.ranking.twin_kinds", lambda opened: ("default", "shuffled"))
    app = compare(DEMO, compare=UNTRAINED)
    app.number_input(key="twin-seed").set_value(1)
    app.selectbox(key="twin-kind").set_value("shuffled")
    settle(app.run())

    assert any("twin 1" in caption.value and "shuffled" in caption.value for caption in app.caption)
    assert words(app).startswith("**Training changed the operator (p =")
    assert app.query_params["compare"] == UNTRAINED
    assert any("this network and 24 untrained ones" in caption.value for caption in app.caption)
    assert metric(app, "p") == "0.04"


def test_an_untrained_network_is_not_credited_with_training(data_root):
    app = compare(compare=UNTRAINED)

    assert words(app).startswith("**This network does not differ from untrained ones")
    assert "no effect of training" in words(app)
    assert "only:" not in words(app)


def test_the_classes_stand_in_the_address_and_can_be_changed(data_root):
    app = compare(**{"class-a": "2", "class-b": "1"})
    assert "class 2" in words(app)

    app.selectbox(key="class-a").set_value(1)
    app.run()

    assert any("cannot be compared with itself" in error.value for error in app.error)


def test_a_checkpoint_of_the_data_folder_is_compared(data_root):
    save_lstm(data_root / "other.pt", hidden=4, seed=5)
    app = compare(compare=CHECKPOINTS, **{"second-from": "the data folder"})
    assert not app.metric

    second(app, "second-path").set_value("other.pt")
    settle(app.run())

    assert "model.pt and other.pt differ" in words(app)
    assert metric(app, "one-step")


def test_an_uploaded_checkpoint_is_compared_and_the_opened_one_stays(data_root):
    save_lstm(data_root / "other.pt", seed=5)
    app = compare(compare=CHECKPOINTS, **{"second-from": "your own file"})

    app.get("file_uploader")[0].set_value(("other.pt", (data_root / "other.pt").read_bytes(), "application/x"))
    settle(app.run())

    assert "other.pt" in words(app)
    assert app.session_state["pair"] == SOURCE
    assert "uploads changed" not in app.session_state


def test_a_bad_second_checkpoint_is_one_sentence(data_root):
    app = compare(compare=CHECKPOINTS, **{"second-from": "the data folder", "second-path": "bad.pt"})

    assert len(app.error) == 1
    assert not app.metric


def test_a_demo_s_network_that_reads_the_data_is_offered(data_root):
    app = compare(compare=CHECKPOINTS)

    assert "Heartbeats: an LSTM autoencoder" in words(app)


def test_too_few_sequences_for_a_p_value_leave_the_comparison_standing(data_root):
    save_beats(data_root / "beats.txt", sequences=6)
    app = compare()

    assert any("at least 4 sequences in each class" in error.value.replace("\\", "") for error in app.error)
    assert metric(app, "p") == "…"
    assert words(app).startswith("**How class 1 and class 2 differ")


def test_states_without_labels_have_nothing_to_be_compared_with(data_root):
    app = compare(Pair(data="path:states.npz"))

    assert "nothing to compare" in app.info[0].value


def test_a_choice_that_other_data_do_not_have_falls_away(data_root):
    save_beats(data_root / "one.txt", classes=1)
    app = compare(Pair(data="path:one.txt", model="path:model.pt"), compare="two classes")

    assert "untrained" in app.get("button_group")[0].value


@pytest.mark.parametrize("inputs", [False, True])
def test_with_inputs_the_page_says_that_the_p_value_leaves_them_out(data_root, inputs):
    app = compare()
    app.toggle(key="inputs").set_value(inputs)
    settle(app.run())

    assert any("fits without inputs" in caption.value for caption in app.caption) == inputs
