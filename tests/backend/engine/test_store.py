import errno
import os
import shutil
import time

import numpy as np
import pytest

from kann.backend.engine import store as store_module
from kann.backend.engine.store import Store


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


def fail_with(number):
    def fail(*arguments, **keywords):
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize(
    ("broken", "number", "words"),
    [
        ("os.replace", errno.ENOSPC, "No space left on device"),
        ("tempfile.mkstemp", errno.EROFS, "Read-only file system"),
        ("pathlib.Path.mkdir", errno.EACCES, "Permission denied"),
    ],
)
def test_a_folder_that_takes_nothing_costs_no_answer_and_says_so(tmp_path, monkeypatch, broken, number, words):
    store = Store(tmp_path / "cache")
    with monkeypatch.context() as patched:
        patched.setattr(broken, fail_with(number))
        np.testing.assert_array_equal(store.remember("a", lambda: np.arange(3), read, write), np.arange(3))

    told = f"Nothing new can be kept in {tmp_path / 'cache'} ({words}), so that it is computed anew each time: "
    assert store.trouble == told + "make room there, or set KANN_CACHE_DIR to a folder that can be written."
    assert not list(tmp_path.glob("cache/*"))


def test_a_file_in_the_folder_s_place_costs_no_answer(tmp_path):
    (tmp_path / "file").write_text("no folder")
    for folder in (tmp_path / "file", tmp_path / "file" / "cache"):
        store = Store(folder)

        assert store.remember("a", lambda: np.arange(3), read, write).tolist() == [0, 1, 2]
        assert f"can be kept in {folder} (" in store.trouble


def test_a_folder_that_vanishes_is_made_again(tmp_path):
    store = Store(tmp_path / "cache")
    store.write("a", np.arange(3), write)
    shutil.rmtree(tmp_path / "cache")

    assert store.find("a", read) is None
    store.write("a", np.arange(3), write)
    assert store.find("a", read).tolist() == [0, 1, 2]
    assert store.trouble is None


def test_an_entry_that_the_system_does_not_read_is_not_taken_for_a_damaged_one(tmp_path):
    store = Store(tmp_path)
    store.write("a", np.arange(3), write)

    assert store.find("a", fail_with(errno.EIO)) is None
    assert store.find("a", read).tolist() == [0, 1, 2]


def test_what_lies_in_a_read_only_folder_is_still_found(tmp_path, monkeypatch):
    store = Store(tmp_path)
    store.write("a", np.arange(3), write)
    monkeypatch.setattr("os.utime", fail_with(errno.EROFS))

    assert store.find("a", read).tolist() == [0, 1, 2]


def test_a_user_without_a_home_has_no_folder_and_no_error(monkeypatch):
    monkeypatch.delenv("KANN_CACHE_DIR", raising=False)

    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr("pathlib.Path.home", homeless)
    store = Store(store_module.default_folder())

    assert store.remember("a", lambda: np.arange(3), read, write).tolist() == [0, 1, 2]
    assert "set KANN_CACHE_DIR" in store.trouble
