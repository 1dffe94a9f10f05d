import contextlib
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kann import KannError, UnreadableDataset, open_dataset

wfdb = pytest.importorskip("wfdb")

RATE = 100


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """Ten seconds of two leads; beats after 0.1, 1, 2 and 9.9 seconds, and a change of rhythm between them."""
    folder = tmp_path_factory.mktemp("record")
    signals = np.random.default_rng(0).normal(size=(10 * RATE, 2)).round(2)
    units, names = ["mV", "mV"], ["I", "II"]
    wfdb.wrsamp("made", RATE, units, names, signals, fmt=["16", "16"], write_dir=str(folder))
    samples, symbols = np.array([10, 100, 150, 200, 990]), ["N", "V", "+", "N", "N"]
    wfdb.wrann("made", "atr", samples, symbols, write_dir=str(folder))
    return folder / "made"


@pytest.mark.parametrize("extension", ["", ".hea", ".dat", ".atr"])
def test_a_record_is_cut_into_its_beats(record, extension):
    dataset = open_dataset(record.with_suffix(extension))
    signals = wfdb.rdrecord(str(record)).p_signal

    assert dataset.labels.tolist() == ["V", "N"]
    assert dataset.ids.tolist() == ["made:100", "made:200"]
    assert dataset.sampling_rate == RATE
    assert dataset.name == "made"
    np.testing.assert_allclose(dataset.sequences[0], signals[75:145], atol=1e-6)


def test_another_annotator_has_its_own_beats_and_digest(record):
    wfdb.wrann("made", "qrs", np.array([500]), ["N"], write_dir=str(record.parent))

    assert open_dataset(record.with_suffix(".qrs")).ids.tolist() == ["made:500"]
    assert open_dataset(record.with_suffix(".qrs")).sha256 != open_dataset(record).sha256


def test_beats_with_invalid_samples_are_left_out(record, tmp_path):
    signals = wfdb.rdrecord(str(record)).p_signal
    signals[110, 1] = np.nan
    wfdb.wrsamp("gaps", RATE, ["mV", "mV"], ["I", "II"], signals, fmt=["16", "16"], write_dir=str(tmp_path))
    wfdb.wrann("gaps", "atr", np.array([100, 200]), ["V", "N"], write_dir=str(tmp_path))

    assert open_dataset(tmp_path / "gaps").labels.tolist() == ["N"]


def copied(record, folder, annotated=True, **replaced):
    for extension in ("hea", "dat", "atr") if annotated else ("hea", "dat"):
        content = record.with_suffix(f".{extension}").read_bytes()
        for before, after in replaced.items():
            content = content.replace(before.encode(), after) if extension == "hea" else content
        (folder / f"made.{extension}").write_bytes(content)
    return folder / "made.hea"


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("made.dat", b"elsewhere/made.dat", "a file of the record is damaged .invalid syntax"),
        ("1000", b"9000000000000", "the header promises 9000000000000 samples, more than made.dat beside it can hold"),
        ("made 2 100", b"made 2 0", "the header gives the sampling rate 0"),
        ("made.dat 16", b"made.dat 17", "a file of the record is damaged"),
        ("made.dat", b"gone.dat", "the header promises 1000 samples, more than gone.dat beside it"),
    ],
)
def test_a_header_that_cannot_be_followed_is_refused(record, tmp_path, before, after, sentence):
    with pytest.raises(UnreadableDataset, match=f"made.hea: {sentence}"):
        open_dataset(copied(record, tmp_path, **{before: after}))


def test_without_beats_or_annotations_there_is_nothing_to_cut(record, tmp_path):
    with pytest.raises(UnreadableDataset, match=r"there is no made.atr beside the record"):
        open_dataset(copied(record, tmp_path, annotated=False))
    wfdb.wrann("made", "atr", np.array([500]), ["+"], write_dir=str(tmp_path))
    with pytest.raises(UnreadableDataset, match=r"the annotations \.atr mark no beat inside"):
        open_dataset(tmp_path / "made")


def test_a_record_without_signals_says_so(record, tmp_path):
    (tmp_path / "made.hea").write_text("made 0 100 1000\n")
    (tmp_path / "made.atr").write_bytes(record.with_suffix(".atr").read_bytes())

    with pytest.raises(UnreadableDataset, match=r"holds no signals"):
        open_dataset(tmp_path / "made.hea")


def test_a_single_file_of_a_record_is_not_enough(record, tmp_path):
    (tmp_path / "made.dat").write_bytes(record.with_suffix(".dat").read_bytes())

    for source in (record.with_suffix(".hea").open("rb"), tmp_path / "made.dat"):
        with pytest.raises(UnreadableDataset, match=r"a WFDB record is several files: give the path of its \.hea file"):
            open_dataset(source)


def test_a_missing_package_is_named(record, monkeypatch):
    monkeypatch.setitem(sys.modules, "wfdb", None)

    with pytest.raises(UnreadableDataset, match="need the package wfdb: pip install wfdb"):
        open_dataset(record)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(extension=st.sampled_from(["hea", "dat", "atr"]), position=st.integers(0, 10**4), byte=st.integers(0, 255))
def test_a_damaged_record_lets_only_kann_errors_out(record, tmp_path, extension, position, byte):
    copied(record, tmp_path)
    content = bytearray((tmp_path / f"made.{extension}").read_bytes())
    content[position % len(content)] = byte
    (tmp_path / f"made.{extension}").write_bytes(content)

    with contextlib.suppress(KannError):
        open_dataset(tmp_path / "made.hea")
