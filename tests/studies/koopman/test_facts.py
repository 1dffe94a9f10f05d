"""What is known of a pair before anything is computed."""

from dataclasses import replace

import numpy as np
import pytest

from kann.analyses.koopman.spectrum.settings import Settings, States
from kann.errors import OutOfRange
from kann.studies.koopman.facts import (
    affordable_rank,
    outcomes,
    page_settings,
    shown_through,
    starting_rank,
    units,
    waves_can_be_found,
)
from tests.networks import save_beats
from tests.studies.koopman.pairs import BEATS, REBUILT, STATES, TEXTS


def test_the_largest_rank_is_the_width_of_the_states(opened):
    assert units(opened(), States()) == 12
    assert units(opened(), States(state="hidden", delays=1)) == 12
    assert units(opened(), States(delays=2)) == 36
    assert units(opened(STATES), States(delays=1)) == 10


def test_a_page_begins_at_a_rank_that_its_sequences_can_bear(service, opened):
    save_beats(service.library.root / "few.txt", sequences=10, steps=31)
    few = opened(replace(BEATS, data="path:few.txt"))

    assert page_settings(opened(), Settings(lag=2)) == Settings(rank=12, lag=2)
    assert page_settings(few, Settings()).rank == 3
    assert page_settings(few, Settings(label=1)).rank == 1
    assert page_settings(few, Settings(rank=5)).rank == 5
    assert starting_rank(few, States(max_length=21), None) == 2


def test_a_hundred_pairs_of_states_carry_one_direction():
    lengths = np.full(10, 101)

    assert [
        affordable_rank(lengths, settings, 50) for settings in (States(), States(lag=51), States(max_length=11))
    ] == [
        10,
        5,
        1,
    ]
    assert affordable_rank(lengths, States(), 4) == 4
    assert affordable_rank(lengths[:0], States(), 4) == 1


@pytest.mark.parametrize("label", [2, "2"])
def test_a_label_is_found_however_a_file_or_an_address_writes_it(opened, label):
    assert page_settings(opened(), Settings(label=label)).label == 2


def test_a_label_that_no_sequence_has_is_refused_with_those_that_there_are(opened):
    with pytest.raises(OutOfRange, match="No sequence has the label 7; there are 1, 2"):
        page_settings(opened(), Settings(label="7"))
    with pytest.raises(OutOfRange, match="No sequence has the label 1; there are no labels"):
        page_settings(opened(STATES), Settings(label=1))


def test_the_classes_of_a_read_out_are_called_by_the_data_s_labels(opened):
    assert outcomes(opened(TEXTS), "full") == ["class 0", "class 1"]
    assert outcomes(opened(), "full") == outcomes(opened(STATES), "full") == []


def test_modes_are_shown_through_whatever_leads_out(opened):
    assert [shown_through(opened(pair)) for pair in (REBUILT, TEXTS, BEATS, STATES)] == [
        "decoder",
        "readout",
        None,
        None,
    ]


def test_waves_are_looked_for_in_signals_of_one_channel(opened):
    assert not waves_can_be_found(opened(STATES))
    assert not waves_can_be_found(opened(TEXTS))
