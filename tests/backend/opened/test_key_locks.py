"""Files open under a lock of their own: different ones at the same time, the same one once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from kann.backend.opened.key_locks import KeyLocks
from kann.backend.opened.library import Library
from kann.errors import UnreadableDataset
from tests.patience import PATIENCE, attempts


@dataclass(frozen=True)
class File:
    """A subject of one file; `reading` is done in its opening."""

    name: str
    reading: Callable[[], object] = field(compare=False)

    @property
    def references(self):
        return ((f"path:{self.name}", "data"),)

    def opened(self, library):
        self.reading()
        return self.name


@pytest.fixture
def library(tmp_path):
    for name in ("one.txt", "other.txt"):
        (tmp_path / name).write_text("1 2 3")
    return Library(tmp_path)


def test_different_files_open_at_the_same_time(library):
    both = threading.Barrier(2)
    files = [File(name, lambda: both.wait(PATIENCE)) for name in ("one.txt", "other.txt")]

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(library.open, files)) == ["one.txt", "other.txt"]


def test_the_same_file_opens_once(library):
    opened, gate = [], threading.Event()
    file = File("one.txt", lambda: opened.append("one.txt") or gate.wait(PATIENCE))

    with ThreadPoolExecutor(4) as pool:
        found = [pool.submit(library.open, file) for _ in range(4)]
        for _ in attempts(0.001):
            if list(library._opening._users.values()) == [4]:
                break
        gate.set()
        assert [one.result(PATIENCE) for one in found] == ["one.txt"] * 4

    assert opened == ["one.txt"]


def test_a_file_that_did_not_open_is_tried_again(library):
    def damaged():
        raise UnreadableDataset("it is damaged")

    with pytest.raises(UnreadableDataset, match="it is damaged"):
        library.open(File("one.txt", damaged))

    assert library.open(File("one.txt", lambda: None)) == "one.txt"


def test_no_lock_outlives_those_who_hold_it():
    locks = KeyLocks()
    with locks.hold("a"), locks.hold("b"):
        assert set(locks._locks) == {"a", "b"}

    assert not locks._locks
    assert not locks._users
