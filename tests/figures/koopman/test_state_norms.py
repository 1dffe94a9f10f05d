import numpy as np

from kann.analyses.koopman.modes.state_norms import LEVELS, StateNorms
from kann.figures.koopman.state_norms import state_norms


def test_the_median_is_drawn_within_its_bands_for_each_class():
    norms = np.sort(np.random.default_rng(0).random((2, len(LEVELS), 9)), axis=1)
    found = StateNorms(np.array(["1", "2"]), np.full((2, 9), 4), np.array(LEVELS), norms)
    figure = state_norms(found, {"1": "normal"})

    medians = [trace for trace in figure.data if trace.name == "median"]
    np.testing.assert_allclose([trace.y for trace in medians], norms[:, 2])
    assert len(figure.data) == 6
    assert any("normal" in note.text for note in figure.layout.annotations)
