"""Work ahead of its time: the latest wish alone, in order, and without harm where it fails."""

import threading

from kann.backend.engine.prefetch import Foresight
from kann.errors import OutOfRange
from tests.patience import PATIENCE


def test_the_works_of_a_wish_are_done_in_order():
    done, foresight, ended = [], Foresight(pause=0.0), threading.Event()

    foresight.wish([lambda: done.append(1), lambda: done.append(2), ended.set])

    assert ended.wait(PATIENCE)
    assert done == [1, 2]


def test_a_newer_wish_ends_the_older_one():
    done, foresight, begun, go, ended = [], Foresight(pause=0.0), *(threading.Event() for _ in range(3))

    def first():
        begun.set()
        go.wait(PATIENCE)

    foresight.wish([first, lambda: done.append("old")])
    assert begun.wait(PATIENCE)
    foresight.wish([lambda: done.append("new"), ended.set])
    go.set()

    assert ended.wait(PATIENCE)
    assert done == ["new"]


def test_a_work_that_fails_does_not_end_the_wish():
    def fails():
        raise OutOfRange("a rank lies between 1 and 4, not at 5")

    foresight, ended = Foresight(pause=0.0), threading.Event()
    foresight.wish([fails, ended.set])

    assert ended.wait(PATIENCE)


def test_a_closed_one_has_dropped_what_had_not_begun():
    done, foresight = [], Foresight(pause=PATIENCE)
    foresight.wish([lambda: done.append(1)])

    foresight.close()

    assert not done
