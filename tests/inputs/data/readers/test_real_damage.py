"""Pieces of real files with bytes changed, cut, doubled or inserted: they open, or a KannError says why not.

Skipped where the real data sets are not at hand; `test_damage` does the same to files that the tests make.
"""

import contextlib
import gzip
import io
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kann import KannError, open_dataset
from tests.inputs.damaged import CHANGES, damaged

REAL = Path(os.environ.get("KANN_TEST_DATA", Path(__file__).parents[5] / "shared" / "data"))
pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason="the real data sets are not here")
WORDS = ["<unk>", "film", "good", "bad", "the", "a", ",", "."]
FILES = {
    "txt": "ecg5000/ECG5000_TRAIN.txt.gz",
    "negative label": "ecg200/ECG200_TRAIN.txt",
    "arff": "ecg5000/ECG5000_TRAIN.arff.gz",
    "relational arff": "ucr_formats/BasicMotions/BasicMotions_TRAIN.arff",
    "padded arff": "ucr_formats/PLAID/PLAID_TEST.arff.gz",
    "ts": "ecg5000/ECG5000_TRAIN.ts.gz",
    "ts of lengths": "ucr_formats/JapaneseVowels/JapaneseVowels_TRAIN.ts",
    "ts with time stamps": "ucr_formats/UnitTest/UnitTestTimeStamps_TRAIN.ts",
    "tsv": "ucr_formats/ArrowHead/ArrowHead_TRAIN.tsv",
    "csv of texts": "imdb/imdb_test_even_ids.csv.gz",
    "tsv of texts": "sst2/train.tsv",
    "labelled sentences": "sentiment_labelled_sentences/amazon_cells_labelled.txt",
    "lines of texts": "rotten_tomatoes/rt-polarity.pos",
    "plain text": "tinyshakespeare/input.txt",
    "npz": "lstm_lyapunov_grid/grid.npz",
}
ONCE = settings(max_examples=40, deadline=None, derandomize=True)
ON_DISK = settings(ONCE, suppress_health_check=[HealthCheck.function_scoped_fixture])


def piece(path, size=60_000):
    """The first bytes of a real file, unpacked, up to a line's end."""
    content = path.read_bytes()
    content = gzip.decompress(content) if path.suffix == ".gz" else content
    return content if path.suffix == ".npz" else content[: content.find(b"\n", size) + 1 or None]


def opened_or_refused(source):
    with contextlib.suppress(KannError):
        open_dataset(source, vocabulary=WORDS)


@pytest.mark.parametrize("name", FILES)
@ONCE
@given(changes=CHANGES)
def test_a_damaged_piece_lets_only_kann_errors_out(name, changes):
    path = REAL / FILES[name]
    if not path.exists():
        pytest.skip(f"{path.name} is not here")
    file = io.BytesIO(damaged(piece(path), changes))
    file.name = path.name.removesuffix(".gz")

    opened_or_refused(file)


@pytest.mark.parametrize("name", [name for name in FILES if name != "npz"])
def test_an_undamaged_piece_opens(name):
    path = REAL / FILES[name]
    file = io.BytesIO(piece(path))
    file.name = path.name.removesuffix(".gz")

    assert len(open_dataset(file, vocabulary=WORDS)) > 0


@ONCE
@given(changes=CHANGES)
def test_damaged_gzip_lets_only_kann_errors_out(changes):
    packed = gzip.compress(piece(REAL / FILES["txt"]), mtime=0)

    opened_or_refused(io.BytesIO(damaged(packed, changes)))


@ON_DISK
@given(changes=CHANGES, place=st.integers(0, 19))
def test_a_folder_with_a_damaged_text_lets_only_kann_errors_out(tmp_path, changes, place):
    folder = tmp_path / "films"
    shutil.copytree(REAL / "imdb" / "aclImdb_sample" / "train", folder, dirs_exist_ok=True)
    hurt = sorted(folder.glob("*/*.txt"))[place]
    hurt.write_bytes(damaged(hurt.read_bytes(), changes))

    opened_or_refused(folder)


@ON_DISK
@given(changes=CHANGES, ending=st.sampled_from(["hea", "dat", "atr"]))
def test_a_damaged_record_lets_only_kann_errors_out(tmp_path, changes, ending):
    pytest.importorskip("wfdb")
    for name in ("hea", "dat", "atr"):
        content = (REAL / "wfdb" / f"100.{name}").read_bytes()
        (tmp_path / f"100.{name}").write_bytes(damaged(content, changes) if name == ending else content)

    opened_or_refused(tmp_path / "100.hea")
