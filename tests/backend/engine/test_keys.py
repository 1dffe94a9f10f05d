"""Keys: of plain data alone, and of the versions that compute."""

import numpy as np
import pytest

from kann.analyses.koopman.spectrum.settings import Settings
from kann.backend.engine import keys
from kann.backend.engine.keys import key_of


def test_keys_depend_on_every_setting_and_on_nothing_else():
    assert key_of("a", Settings()) == key_of("a", Settings())
    assert key_of("a", Settings()) != key_of("a", Settings(lag=2))
    assert key_of("a", Settings(label=1)) != key_of("a", Settings(label="1"))


@pytest.mark.parametrize("part", [np.zeros(3), {1, 2}, b"bytes", {1: "a"}, Settings, object(), [{"a": np.zeros(2)}]])
def test_what_is_not_plain_data_makes_no_key(part):
    with pytest.raises(TypeError, match=r"A key is made of plain data, not of .+: pass a digest of it"):
        key_of("a", part)


def test_a_number_of_numpy_s_is_that_number():
    assert key_of(np.int64(3), np.float64(0.5), np.str_("a")) == key_of(3, 0.5, "a")
    assert key_of(3) != key_of(3.0) != key_of(True)


@pytest.mark.parametrize("package", ["kann", "numpy", "scipy", "torch", "python"])
def test_a_key_holds_the_versions_that_compute(monkeypatch, package):
    before, here = key_of("a"), keys.versions()
    monkeypatch.setattr(keys, "versions", lambda: here | {package: "0.0.1"})

    assert key_of("a") != before
