import json

import numpy as np

from kann.analyses.koopman.highlights.text_highlights import TextReading
from kann.figures.koopman.decision import decision
from kann.figures.style import LIGHT


def reading(steps=4):
    values = np.arange(float(steps))
    by_mode = values[:, None]
    return TextReading({"innovation": values}, by_mode, by_mode, np.array([0]), values - 1, values / 2, 1, 1)


WORDS = ["the", "<b>film", "a&b", "x" * 30]


def draw(steps=4, words=WORDS, chosen=()):
    return decision(reading(steps), words, chosen, "log-odds of class <1>", "Mode 1")


def test_the_network_is_grey_and_dotted_and_the_modes_are_blue():
    network, alone, _ = draw().data

    assert (network.line.dash, network.line.color) == ("dot", LIGHT.raw)
    assert alone.line.color == LIGHT.accent
    assert network.y.tolist() == [-1, 0, 1, 2]
    assert alone.y.tolist() == [0, 0.5, 1, 1.5]


def test_chosen_words_are_ringed_where_the_modes_stand():
    rings = draw(chosen=[1, 3, 99]).data[2]

    assert rings.x == (1, 3)
    assert rings.y.tolist() == [0.5, 1.5]


def test_a_line_stands_at_zero_and_words_stand_under_the_axis_as_text():
    figure = draw()

    assert figure.layout.shapes[0].y0 == figure.layout.shapes[0].y1 == 0
    assert figure.layout.xaxis.ticktext[1:3] == ("&lt;b&gt;film", "a&amp;b")
    assert len(figure.layout.xaxis.ticktext[3]) == 18
    assert figure.layout.yaxis.title.text == "log-odds of class &lt;1&gt;"
    assert "&lt;b&gt;film, word 2" in figure.data[0].text[1]


def test_of_a_long_text_the_hover_alone_has_the_words():
    figure = draw(1000, ["word"] * 1000)

    assert figure.layout.xaxis.ticktext is None
    assert len(figure.data[0].x) == 1000
    json.loads(figure.to_json())
