from kann.backend.opened.pair import Pair
from tests.patience import run_until
from tests.ui.pages import result_of, spectrum_of


def measured(source=None, **query):
    """The spectrum page after its controls were asked for and have come."""
    app = spectrum_of(source, **query) if source else spectrum_of(**query)
    next(button for button in app.button if button.label == "Measure the controls").click()
    app.run()
    return run_until(app, lambda app: app.table)


def test_nothing_is_measured_before_it_is_asked_for(data_root):
    app = spectrum_of()

    assert not app.table
    assert any("of the same shape, on" in caption.value for caption in app.caption)


def test_the_controls_are_a_sentence_and_a_table(data_root):
    app = measured()

    table = app.table[0].value
    assert next(iter(table["predicted by"])) == "this network"
    assert any("twins" in text.value and "One step ahead" in text.value for text in app.markdown)
    assert any(text.value.startswith("12 of 12 held-out sequences, rank 12.") for text in app.caption)


def test_a_selected_mode_has_its_verdict_beside_the_controls(data_root):
    spectrum_of()
    name = result_of().spectrum.ids[0]

    app = measured(modes=name)

    assert any("With the steps of each sequence shuffled" in text.value for text in app.markdown)


def test_another_rank_is_asked_for_anew(data_root):
    app = measured()
    app.slider(key="rank").set_value(3)
    app.run()

    assert not app.exception
    assert not app.table


def test_states_without_a_network_have_controls_too(data_root):
    app = measured(Pair(data="path:states.npz"))

    assert not any("twins" in name for name in app.table[0].value["predicted by"])
    assert any("than persistence" in text.value for text in app.markdown)
