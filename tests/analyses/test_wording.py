import numpy as np
import pytest

from kann.analyses.wording import duration, number, percent, share


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.12345, "0.123"), (337.4, "337"), (1040.2, "1,040"), (12345.0, "12,300"), (np.inf, "∞"), (np.nan, "unknown")],
)
def test_numbers_have_three_digits(value, words):
    assert number(value) == words


def test_durations_come_in_seconds_where_there_is_a_rate():
    assert duration(50.0, "steps", None) == "50 steps"
    assert duration(50.0, "steps", 250.0) == "50 steps (0.2 s)"
    assert duration(np.inf, "words", None) == "for ever"
    assert duration(3.12e15, "steps", 250.0) == "more than 1,000,000 steps"


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.5849, "0.585"), (0.99761, "0.9976"), (0.999961, "0.99996"), (-1e-5, "0.000"), (1.0, "1.000")],
)
def test_shares_near_one_keep_the_digits_that_tell_them_apart(value, words):
    assert share(value) == words


def test_per_cent_is_never_written_with_an_exponent():
    assert [percent(value) for value in (1.0, 0.034, 0.11, 2.5, -0.2, 0.9975, 4e-16, 0.0)] == [
        "100 %", "3.4 %", "11 %", "250 %", "-20 %", "99.75 %", "less than 0.01 %", "0 %",
    ]  # fmt: skip
