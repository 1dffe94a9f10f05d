from hypothesis import given
from hypothesis import strategies as st

from kann.backend.opened.plain_text import aligned, printable


@given(text=st.text())
def test_what_is_printed_holds_nothing_that_a_terminal_obeys(text):
    assert printable(text).isprintable()
    assert "\n" not in "".join(aligned([(text, text)]))


@given(text=st.text().filter(str.isprintable))
def test_plain_text_stays_as_it_is(text):
    assert printable(text) == text


def test_controls_directions_and_line_breaks_are_escaped():
    assert printable("a\x1b[2J\u202e\n") == r"a\x1b[2J\u202e\n"


def test_cells_stand_in_columns():
    assert aligned([("a", "long"), ("bcd", "x")]) == ["  a    long", "  bcd  x"]


def test_a_very_wide_cell_does_not_push_the_others_to_the_right():
    wide, narrow = aligned([("w" * 90, "x"), ("a", "y")], indent="")

    assert wide == "w" * 90 + "  x"
    assert narrow == "a  y"


def test_no_rows_are_no_lines():
    assert aligned([]) == []
