import contextlib
import json
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kann.analyses.koopman.spectrum.settings import Settings
from kann.errors import KannError, OutOfRange
from kann.studies.settings_files import read_settings, settings_from

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


def written(path, value):
    path.write_text(json.dumps(value))
    return path


def test_a_file_gives_what_it_names_and_defaults_for_the_rest(tmp_path):
    path = written(tmp_path / "s.json", {"rank": 7, "steps": [2, None], "state": "hidden", "label": "pos"})

    assert read_settings(Settings, path) == Settings(rank=7, steps=(2, None), state="hidden", label="pos")


def test_what_outranks_the_file_is_put_in_its_place(tmp_path):
    path = written(tmp_path / "s.json", {"rank": 7, "lag": 2})

    assert read_settings(Settings, path, {"rank": 3}) == Settings(rank=3, lag=2)


def test_all_settings_survive_a_file(tmp_path):
    settings = Settings(steps=(1, 9), label=3, inputs=True, max_length=50)

    assert read_settings(Settings, written(tmp_path / "s.json", asdict(settings))) == settings


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([1], r'The settings settings are no JSON object: write for example \{"rank": 10\}\.'),
        ({"ranks": 3}, "name 'ranks', which is no setting; there are state, lag, delays"),
        ({"rank": "7"}, 'The setting rank is a whole number or null, not "7"'),
        ({"rank": True}, "The setting rank is a whole number or null, not true"),
        ({"rank": 2.5}, r"The setting rank is a whole number or null, not 2\.5"),
        ({"intercept": 1}, "The setting intercept is true or false, not 1"),
        ({"state": "both"}, 'The setting state is "full" or "hidden", not "both"'),
        ({"steps": [1]}, r"The setting steps is \[a whole number, a whole number or null\] or null, not \[1\]"),
        ({"label": 1.5}, r"The setting label is a whole number or a text or null, not 1\.5"),
        ({"held_out": 1}, "The setting held_out is at least 2, not 1"),
        ({"max_length": 0}, "The setting max_length is at least 1, not 0"),
        ({"seed": -1}, "The setting seed is at least 0, not -1"),
        ({"twins": -1}, "The setting twins is at least 0, not -1"),
        ({"groups": -5}, "The setting groups is at least 0, not -5"),
        ({"delays": 10**9}, "The setting delays is at most 1000, not 1000000000"),
        ({"samples": 10**6}, "The setting samples is at most 100000, not 1000000"),
        ({"twins": 10**9}, "The setting twins is at most 1000, not 1000000000"),
        ({"lag": 10**30}, "The setting lag is at most 2147483647, not 1000000000000"),
        ({"steps": [0, -(10**30)]}, "The setting steps is at most 2147483647, not -10000000000"),
        ({"twin_sequences": 0}, "The setting twin_sequences is at least 1, not 0"),
    ],
)
def test_what_no_setting_is_gets_a_sentence(given, words):
    with pytest.raises(OutOfRange, match=words):
        settings_from(Settings, given)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{'rank': 3}", "The settings s.json are not JSON: Expecting property name"),
        (b"\xff\xfe", "The settings s.json are not JSON: 'utf-8' codec"),
        (b"[" * 100_000, "The settings s.json are not JSON: maximum recursion depth"),
        (b"", "The settings s.json are not JSON: Expecting value"),
    ],
)
def test_a_file_that_is_no_json_gets_a_sentence(tmp_path, content, words):
    (tmp_path / "s.json").write_bytes(content)

    with pytest.raises(OutOfRange, match=words):
        read_settings(Settings, tmp_path / "s.json")


def test_a_file_that_is_not_there_gets_a_sentence(tmp_path):
    with pytest.raises(OutOfRange, match=r"The settings s\.json cannot be read: No such file"):
        read_settings(Settings, tmp_path / "s.json")


@given(given=PLAIN | st.dictionaries(st.sampled_from(list(asdict(Settings()))), PLAIN, max_size=4))
def test_any_json_gives_settings_or_a_sentence(given):
    with contextlib.suppress(KannError):
        assert isinstance(settings_from(Settings, given), Settings)
