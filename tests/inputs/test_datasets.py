import gzip
import hashlib
import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kann import KannError, OutOfRange, UnreadableDataset, open_dataset
from kann.inputs.data.sources import _overlong, unpack
from tests.work import counted

REAL = Path(os.environ.get("KANN_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
needs_real_data = pytest.mark.skipif(not REAL.is_dir(), reason="the real data sets are not here")


def in_memory(content: bytes | str, name: str = "beats.txt") -> io.BytesIO:
    file = io.BytesIO(content.encode() if isinstance(content, str) else content)
    file.name = name
    return file


def test_a_path_and_an_open_file_give_the_same_data_set(tmp_path):
    (tmp_path / "beats.txt").write_text("1 0.5 0.25\n2 -1 3\n")

    from_path = open_dataset(tmp_path / "beats.txt")
    from_file = open_dataset((tmp_path / "beats.txt").open("rb"))

    assert from_path.name == from_file.name == "beats"
    assert from_path.sha256 == from_file.sha256 == hashlib.sha256(b"1 0.5 0.25\n2 -1 3\n").hexdigest()
    np.testing.assert_array_equal(from_path.sequences, from_file.sequences)


def test_a_file_that_was_read_before_is_read_from_its_beginning():
    file = in_memory("1 0.5 0.25\n")
    file.read()

    assert len(open_dataset(file)) == 1


def test_a_file_without_a_name_is_called_data():
    assert open_dataset(io.BytesIO(b"1 0.5 0.25\n")).name == "data"


def test_gzip_is_known_by_content_and_its_digest_is_that_of_the_file_as_given():
    packed = gzip.compress(b"1 0.5 0.25\n", mtime=0)

    dataset = open_dataset(in_memory(packed, "beats.v2.txt"))

    assert dataset.sha256 == hashlib.sha256(packed).hexdigest()
    assert dataset.name == "beats.v2"
    assert open_dataset(in_memory(packed, "beats.txt.gz")).name == "beats"


def test_a_greatest_length_keeps_the_first_steps():
    dataset = open_dataset(in_memory("1 1 2 3\n1 4 5 nan\n"), max_length=2)

    np.testing.assert_array_equal(np.concatenate(dataset.sequences)[:, 0], [1, 2, 4, 5])


def test_utf16_with_a_byte_order_mark_opens():
    dataset = open_dataset(in_memory("1\t0.5\t0.25\n".encode("utf-16"), "beats.tsv"))

    np.testing.assert_array_equal(dataset.sequences[0], [[0.5], [0.25]])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty: choose"),
        (b" \n\n", "is empty: choose"),
        (gzip.compress(b"1 2 3\n" * 99)[:-9], "gzip file is damaged"),
        (b"1 2 3\n1 2 \xe9\n", "line 2 is not UTF-8 text .byte 0xe9 at byte 5"),
        (b"\x01\x02\0\0\xff" * 99, "binary file of no known format"),
        (b"1 2 3\n" * 999 + b"\0\xff", "neither text nor a known binary format"),
        ("1 2\n".encode("utf-16")[:-1], "neither text nor a known binary format"),
        (b"once upon a time\nthere was\n", "neither numbers nor labelled texts"),
    ],
)
def test_what_is_no_data_set_is_refused_in_a_sentence(content, sentence):
    with pytest.raises(UnreadableDataset, match=sentence):
        open_dataset(in_memory(content))


def test_a_file_that_unpacks_to_suspiciously_much_is_not_unpacked_whole(monkeypatch):
    monkeypatch.setattr("kann.inputs.data.sources._ALWAYS_UNPACKED", 2**10)

    with pytest.raises(UnreadableDataset, match="suspiciously much"):
        open_dataset(in_memory(gzip.compress(bytes(2**20))))


def test_a_gzipped_file_takes_memory_for_what_is_in_it_and_no_more():
    packed = gzip.compress(bytes(3_000_000))

    with counted(peak=10_000_000):
        assert unpack(packed) == bytes(3_000_000)


def test_twice_as_many_beats_take_twice_the_work():
    beat = b"1" + b" 0.25" * 140 + b"\n"
    works = []
    for count in (200, 200, 400):  # the first warms up
        with counted() as work:
            open_dataset(in_memory(beat * count))
        works.append(work)

    assert works[2].steps < 2.1 * works[1].steps
    assert works[2].peak < 2.1 * works[1].peak


def test_a_line_of_enormous_length_is_refused(monkeypatch):
    monkeypatch.setattr("kann.inputs.data.sources.LONGEST_LINE", 2**10)

    with pytest.raises(UnreadableDataset, match=r"line 2 has 2,048 bytes, more than a sequence may \(1,024\)"):
        open_dataset(in_memory("1 2 3\n" + "7 " * 2**10))
    with pytest.raises(UnreadableDataset, match="line 2 has 1,100 bytes"):
        open_dataset(in_memory("1 2 3\r" + "7" * 1100 + "\r1 2 3"))


@given(lengths=st.lists(st.integers(0, 12), min_size=1), longest=st.integers(1, 9))
def test_the_first_line_that_is_too_long_is_found_and_no_other(lengths, longest):
    content = b"\n".join(b"x" * length for length in lengths)
    expected = next((sum(lengths[:row]) + row for row, length in enumerate(lengths) if length > longest), None)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kann.inputs.data.sources.LONGEST_LINE", longest)
        assert _overlong(content, b"\n") == expected


def test_a_line_of_a_gigabyte_is_refused_within_its_own_size(tmp_path):
    """Peak memory of a process that opens it; the file has holes instead of a gigabyte of digits."""
    with open(tmp_path / "line.csv", "wb") as file:
        file.write(b"1,2,3\n" + b"1," * 4096)
        file.truncate(2**30)
    program = """if True:
        import resource, kann
        try:
            kann.open_dataset("line.csv", kind="signal")
        except kann.KannError as error:
            print(error)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 2**10)
    """
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}

    told = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True
    )

    sentence, megabytes = told.stdout.splitlines()
    assert sentence.startswith("line.csv: line 2 has 1,073,741,818 bytes, more than a sequence may (16,777,216)")
    assert int(megabytes) < 1900


def test_a_missing_file_and_one_that_cannot_be_read_say_so(tmp_path):
    with pytest.raises(UnreadableDataset, match="There is no file"):
        open_dataset(tmp_path / "nothing.txt")
    with pytest.raises(UnreadableDataset, match=r"cannot be read: .*null byte"):
        open_dataset("beats\0.txt")


def test_a_file_opened_as_text_is_refused():
    with pytest.raises(UnreadableDataset, match="open it in binary mode"):
        open_dataset(io.StringIO("1 2 3"))


def test_a_file_beyond_the_limit_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr("kann.inputs.data.sources.LARGEST", 4)
    (tmp_path / "beats.txt").write_text("1 2 3\n")

    for source in (tmp_path / "beats.txt", in_memory("1 2 3\n")):
        with pytest.raises(UnreadableDataset, match="split it into parts"):
            open_dataset(source)


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({"kind": "picture"}, "no kind 'picture': choose among signal"),
        ({"tokenizer": "syllables"}, "no tokenizer 'syllables': choose among words"),
        ({"max_length": 0}, "must be 1 or more, not 0"),
        ({"columns": {"colour": 1}}, "Columns have the roles .* not .colour"),
    ],
)
def test_a_wish_outside_its_choices_is_refused(wish, sentence):
    with pytest.raises(OutOfRange, match=sentence):
        open_dataset(in_memory("1 2 3\n"), **wish)


@needs_real_data
def test_ecg5000_opens_whole():
    dataset = open_dataset(REAL / "ecg5000" / "ECG5000_TEST.txt.gz")

    assert (len(dataset), dataset.width, set(dataset.lengths.tolist())) == (4500, 1, {140})
    assert np.unique(dataset.labels, return_counts=True)[1].tolist() == [2627, 1590, 86, 175, 22]
    np.testing.assert_allclose([sequence.mean() for sequence in dataset.sequences], 0, atol=1e-5)


def test_every_refusal_is_a_kann_error():
    with pytest.raises(KannError):
        open_dataset(in_memory(b""))
