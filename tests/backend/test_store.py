import os
import time

import numpy as np
import pytest

from kann.analyses.transitions import Settings
from kann.backend.store import Store, key_of


def read(path):
    with np.load(path) as file:
        return file["values"]


def write(values, path):
    with open(path, "wb") as file:
        np.savez(file, values=values)


def test_what_was_computed_once_is_read_the_second_time(tmp_path):
    calls = []
    for _ in range(2):
        found = Store(tmp_path).remember("a", lambda: calls.append(1) or np.arange(3), read, write)

    np.testing.assert_array_equal(found, np.arange(3))
    assert len(calls) == 1


@pytest.mark.parametrize("damage", ["cut", "flipped", "emptied"])
def test_a_damaged_entry_is_computed_again(tmp_path, damage):
    store = Store(tmp_path)
    store.remember("a", lambda: np.arange(1000), read, write)
    path = tmp_path / "a.npz"
    content = bytearray(path.read_bytes())
    content[4000] ^= 1
    path.write_bytes({"cut": content[:-60], "flipped": content, "emptied": b""}[damage])

    assert store.find("a", read) is None
    np.testing.assert_array_equal(store.remember("a", lambda: np.arange(1000), read, write), np.arange(1000))


def test_the_least_recently_used_leaves_first(tmp_path):
    store = Store(tmp_path, limit=3 * 8500)
    for name in "abc":
        store.remember(name, lambda: np.zeros(1000), read, write)
        past = time.time() - 200 + ord(name)
        os.utime(tmp_path / f"{name}.npz", (past, past))
    store.find("a", read)
    store.remember("d", lambda: np.zeros(1000), read, write)

    assert sorted(path.stem for path in tmp_path.iterdir()) == ["a", "c", "d"]


def test_no_half_written_file_is_left_behind(tmp_path):
    def fail(values, path):
        path.write_bytes(b"half")
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError, match="disk is full"):
        Store(tmp_path).remember("a", lambda: np.zeros(1), read, fail)

    assert not list(tmp_path.iterdir())


def test_keys_depend_on_every_setting_and_on_nothing_else():
    assert key_of("a", Settings()) == key_of("a", Settings())
    assert key_of("a", Settings()) != key_of("a", Settings(lag=2))
    assert key_of("a", Settings(label=1)) != key_of("a", Settings(label="1"))
