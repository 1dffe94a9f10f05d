"""Whatever befalls a file, only a KannError comes out, in few steps and in little memory."""

import contextlib
import gzip
import io
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from kann import KannError, open_dataset
from tests.inputs.guarded import within_bounds

TS = "# made\n@problemName Made\n@timeStamps false\n@classLabel true 1 2\n@data\n1,2,3:4,5,6:1\n7,8,?:9,10,?:2\n"
ARFF = "@relation made\n@attribute t0 numeric\n@attribute t1 real\n@attribute target {1,2}\n@data\n0.5,?,2\n1.25,7,1\n"
RELATIONAL = """@relation 'made'
@attribute channels relational
@attribute t0 numeric
@end channels
@attribute activity {a,b}
@data
'1,2\\n3,4',a
'5,6\\n7,8',b
"""
STATES = {"states": np.ones((2, 3, 2), np.float32), "lengths": np.array([3, 1])}
FILES = {
    "made.txt": b"   1.0000000e+00   3.5000000e+00  -7.0e-01\n  -1.0000000e+00   0.0e+00   1.0e+00\n",
    "made.tsv": b"1\t0.5\t0.25\n2\t1.5\tNaN\n",
    "numbers.csv": b'label,t0,t1\n1,0.5,0.25\n"2",1.5,\n',
    "made.ts": TS.encode(),
    "stamped.ts": (
        TS[: TS.index("1,2,3")].replace("false", "true") + "(2007-01-01 00:00:00,2),(1,3):1\n(0,4):2\n"
    ).encode(),
    "made.arff": ARFF.encode(),
    "relational.arff": RELATIONAL.encode(),
    "texts.csv": b'text,label\n"good, good<br />film",1\n"a ""bad"" film\nindeed",0\n',
    "texts.tsv": b'a "good film\t1\nbad\tfilm\t0\n',
    "made.jsonl": b'{"text": "good", "label": 1}\n{"text": "bad film", "label": 0}\n',
    "made.safetensors": save(STATES, {"labels": json.dumps(["a", "b"]), "tokens": json.dumps([["a"] * 3] * 2)}),
}
CELLS = [
    b"nan",
    b"",
    b"?",
    b"1e999",
    b"-inf",
    b"1_0",
    b"\xff",
    b"\0",
    b'"',
    b"'",
    b"\t",
    b",",
    b":",
    b"\r",
    b"\n",
    b"\n@data\n",
]
CELLS += [b"{", b"[" * 2000, b"(", b"@", b"9" * 400, "\u2028٣é".encode(), b"\xef\xbb\xbf", b"\x1f\x8b", b"\xff\xfe"]


WORDS = ["good", "bad", "film"]


def in_memory(content, name):
    file = io.BytesIO(content)
    file.name = name
    return file


@pytest.fixture(scope="module", autouse=True)
def readers_are_imported():
    """Some are imported by the first file that needs them, which takes more steps than all of the reading."""
    for name, content in FILES.items():
        for packed in (content, gzip.compress(content)):
            open_dataset(in_memory(packed, name), vocabulary=WORDS)


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=100, deadline=None)
@given(
    wounds=st.lists(st.tuples(st.integers(0, 500), st.integers(0, 6), st.sampled_from(CELLS)), min_size=1, max_size=4),
    cut=st.one_of(st.none(), st.integers(0, 300)),
    kind=st.sampled_from([None, None, "signal", "text", "symbols", "states"]),
    columns=st.sampled_from([None, None, {"label": 0}, {"label": -1}, {"text": 0}, {"values": [0, 1]}, (1, 0)]),
)
def test_a_damaged_file_lets_only_kann_errors_out(name, wounds, cut, kind, columns):
    content = FILES[name][:cut]
    for position, length, cell in wounds:
        start = position % (len(content) + 1)
        content = content[:start] + cell + content[start + length :]

    with within_bounds(len(content)), contextlib.suppress(KannError):
        open_dataset(in_memory(content, name), kind=kind, columns=columns, vocabulary=WORDS)


@pytest.mark.parametrize("name", FILES)
def test_the_same_files_open_while_they_are_whole(name):
    assert len(open_dataset(in_memory(FILES[name], name), vocabulary=WORDS)) == 2


def saved(save, *arrays, **named):
    file = io.BytesIO()
    save(file, *arrays, **named)
    return file.getvalue()


BINARY = {"made.npy": saved(np.save, STATES["states"]), "made.npz": saved(np.savez, **STATES)}


@pytest.mark.parametrize("name", [*FILES, *BINARY])
def test_every_format_opens_gzipped_as_it_opens_plain(name):
    content = (FILES | BINARY)[name]

    plain = open_dataset(in_memory(content, name), vocabulary=WORDS)
    packed = open_dataset(in_memory(gzip.compress(content), f"{name}.gz"), vocabulary=WORDS)

    assert (packed.kind, packed.name, packed.tokens) == (plain.kind, plain.name, plain.tokens)
    assert packed.lengths.tolist() == plain.lengths.tolist()
    for one, other in zip(plain.sequences, packed.sequences, strict=True):
        np.testing.assert_array_equal(one, other)


@given(content=st.binary(max_size=200), name=st.sampled_from(list(FILES)))
def test_any_bytes_at_all_let_only_kann_errors_out(content, name):
    with within_bounds(len(content)), contextlib.suppress(KannError):
        open_dataset(in_memory(content, name), vocabulary=WORDS)
