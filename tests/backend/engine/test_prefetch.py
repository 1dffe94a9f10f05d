"""Prefetching: the latest request only, in order, while the service is idle; a failure does no harm."""

import threading

from kann.backend.engine.prefetch import Prefetch
from kann.errors import OutOfRange
from tests.patience import PATIENCE


def test_the_works_of_a_wish_are_done_in_order():
    done, prefetch, ended = [], Prefetch(pause=0.0), threading.Event()

    prefetch.wish([lambda: done.append(1), lambda: done.append(2), ended.set])

    assert ended.wait(PATIENCE)
    assert done == [1, 2]


def test_a_newer_wish_ends_the_older_one():
    done, prefetch, begun, go, ended = [], Prefetch(pause=0.0), *(threading.Event() for _ in range(3))

    def first():
        begun.set()
        go.wait(PATIENCE)

    prefetch.wish([first, lambda: done.append("old")])
    assert begun.wait(PATIENCE)
    prefetch.wish([lambda: done.append("new"), ended.set])
    go.set()

    assert ended.wait(PATIENCE)
    assert done == ["new"]


def test_nothing_is_done_ahead_while_somebody_waits():
    done, looked, ended, answers = [], [], threading.Event(), iter([False, True, True, False])

    def busy():
        looked.append(list(done))
        return next(answers)

    Prefetch(busy, pause=0.0).wish([lambda: done.append(1), ended.set])

    assert ended.wait(PATIENCE)
    assert looked == [[], [1], [1], [1]]


def test_a_newer_wish_ends_one_that_waits_for_others():
    done, ended, waiting = [], threading.Event(), threading.Event()
    prefetch = Prefetch(lambda: not waiting.set() and not ended.is_set(), pause=0.01)
    prefetch.wish([lambda: done.append("old")])
    assert waiting.wait(PATIENCE)

    prefetch.wish([lambda: done.append("new")])
    ended.set()
    prefetch._pool.submit(lambda: None).result(PATIENCE)

    assert done == ["new"]


def test_a_work_that_fails_does_not_end_the_wish():
    def fails():
        raise OutOfRange("a rank lies between 1 and 4, not at 5")

    prefetch, ended = Prefetch(pause=0.0), threading.Event()
    prefetch.wish([fails, ended.set])

    assert ended.wait(PATIENCE)


def test_a_closed_one_has_dropped_what_had_not_begun():
    done, prefetch = [], Prefetch(pause=PATIENCE)
    prefetch.wish([lambda: done.append(1)])

    prefetch.close()

    assert not done
