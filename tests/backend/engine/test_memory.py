from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from kann.backend.engine.memory import Recent, weight


@dataclass(frozen=True)
class Record:
    parts: Any

    @cached_property
    def itself(self):
        return self


def test_a_record_weighs_what_its_arrays_do_however_deep_they_lie():
    assert weight(Record([{"a": np.zeros(3)}, (np.zeros(2, np.float32), "text", None)])) == 24 + 8


def test_an_array_in_two_places_counts_once():
    shared = np.zeros(4)

    assert weight(Record([shared, Record(shared)])) == 32


def test_a_record_that_leads_back_to_itself_can_be_weighed_and_kept():
    record = Record(np.zeros(5))
    assert record.itself is record
    kept = Recent(most=100)

    kept.put("a", record)

    assert weight(record) == 40
    assert kept.get("a") is record


def test_the_values_asked_for_longest_ago_leave_and_the_last_one_stays():
    kept = Recent(most=100)
    for name in "abc":
        kept.put(name, np.zeros(5))
        kept.get("a")
    assert [kept.get(name) is None for name in "abc"] == [False, True, False]

    kept.put("large", np.zeros(1000))

    assert [kept.get(name) is None for name in ("a", "c", "large")] == [True, True, False]


def test_a_value_that_has_grown_since_it_was_put_is_weighed_anew():
    kept = Recent(most=100)
    growing = Record([np.zeros(5)])
    kept.put("growing", growing)
    growing.parts.append(np.zeros(10))

    kept.put("small", np.zeros(1))

    assert kept.get("growing") is None
    assert kept.get("small") is not None


def test_what_is_put_again_is_weighed_once():
    kept = Recent(most=100)
    for _ in range(5):
        kept.put("a", np.zeros(5))
    kept.put("b", np.zeros(5))

    assert kept.get("a") is not None
