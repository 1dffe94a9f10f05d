"""docs/truth.md says what the benchmarks measured last, and what they measured is within what is allowed."""

import pytest

from benchmarks import truth

ROWS = [row for make in truth.ROWS for row in make()]


def test_the_page_is_as_measured():
    assert truth.PAGE.read_text() == truth.page()


@pytest.mark.parametrize("row", [row for row in ROWS if row[3] == "5 %"], ids=lambda row: f"{row[0]}: {row[1]}"[:80])
def test_nothing_is_wrong_more_often_than_allowed(row):
    assert float(row[2].removeprefix("at most ").removesuffix(" %")) <= 5


def test_every_row_s_command_is_there():
    assert all((truth.ROOT / "benchmarks" / row[4]).exists() for row in ROWS)
