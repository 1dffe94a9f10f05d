"""Turns: as many at a time as allowed, one a key, in the order of arrival, and free to leave."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from kann.backend.engine.turns import Turns
from tests.patience import PATIENCE, attempts


def waiting(turns, count):
    """Returns once so many wait for a turn."""
    for _ in attempts(0.001):
        if len(turns._waiting) == count:
            return


def test_no_more_at_a_time_than_allowed():
    turns, inside, most, lock = Turns(2), [], [], threading.Lock()
    together = threading.Barrier(2)

    def work(key):
        with turns.turn(key):
            with lock:
                inside.append(key)
                most.append(len(inside))
            together.wait(PATIENCE)
            with lock:
                inside.remove(key)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, "abcdefgh"))

    assert max(most) == 2
    assert not turns.busy


def test_a_key_has_one_turn_at_a_time_and_stops_nobody_else():
    turns, found, gate = Turns(2), {}, threading.Event()
    computed = []

    def compute():
        with turns.turn("same"):
            if "same" not in found:
                computed.append("same")
                gate.wait(PATIENCE)
                found["same"] = True

    with ThreadPoolExecutor(5) as pool:
        same = [pool.submit(compute) for _ in range(4)]
        waiting(turns, 3)
        with turns.turn("other"):
            gate.set()
        for one in same:
            one.result(PATIENCE)

    assert computed == ["same"]


def test_turns_come_in_the_order_of_arrival():
    turns, order = Turns(1), []

    def work(key):
        with turns.turn(key):
            order.append(key)

    with ThreadPoolExecutor(3) as pool, turns.turn("first"):
        for number, key in enumerate("abc"):
            pool.submit(work, key)
            waiting(turns, number + 1)

    assert order == ["a", "b", "c"]


class Gone(Exception):
    pass


def test_who_no_longer_wants_a_turn_leaves_the_queue_to_the_next():
    turns, gone, order = Turns(1), threading.Event(), []

    def leave():
        if gone.is_set():
            raise Gone

    def work(key, leave):
        with turns.turn(key, leave):
            order.append(key)

    with ThreadPoolExecutor(2) as pool:
        with turns.turn("first"):
            left = pool.submit(work, "a", leave)
            waiting(turns, 1)
            stayed = pool.submit(work, "b", lambda: None)
            waiting(turns, 2)
            gone.set()
            with pytest.raises(Gone):
                left.result(PATIENCE)
        stayed.result(PATIENCE)

    assert order == ["b"]


def test_an_error_inside_a_turn_ends_it():
    turns = Turns(1)
    with pytest.raises(Gone), turns.turn("a"):
        raise Gone

    with turns.turn("a"):
        assert turns.busy
    assert not turns.busy
