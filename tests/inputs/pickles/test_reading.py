import io
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kann import UnreadableCheckpoint, open_checkpoint
from kann.inputs.pickles.inert_values import UnusualKey
from kann.inputs.pickles.reading import read_pickle
from tests.inputs.assembled import Raw, archive, instructions, pickled, tensor
from tests.inputs.guarded import opened, watched

WEIGHTS = {"rnn.weight": tensor()}
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
KEYS = st.integers(-(2**60), 2**60) | st.text() | st.binary()
VALUES = st.recursive(
    SCALARS,
    lambda parts: st.lists(parts) | st.tuples(parts, parts) | st.dictionaries(KEYS, parts) | st.tuples(),
    max_leaves=20,
)


def read(data):
    return read_pickle(io.BytesIO(data)).value


@given(value=VALUES, protocol=st.integers(3, 5))
def test_plain_values_are_read_as_python_reads_them(value, protocol):
    assert read(pickle.dumps(value, protocol=protocol)) == value


@given(value=st.recursive(st.none() | st.integers() | st.text(), st.lists), protocol=st.integers(0, 2))
def test_old_protocols_are_read_as_python_reads_them(value, protocol):
    assert read(pickle.dumps(value, protocol=protocol)) == value


def test_what_is_dropped_leaves_nothing():
    assert read(b"\x80\x02K\1K\x020((00.") == 1


def test_sets_become_lists():
    assert read(pickle.dumps({1, 2}, protocol=4)) == [1, 2]
    assert read(pickle.dumps(frozenset([3]), protocol=4)) == [3]


def test_texts_of_python_2_keep_their_bytes_as_characters():
    assert read(b"(S'a\\xe9\\n\\'b'\nU\x02c\xe9t.") == ("a\xe9\n'b", "c\xe9")


def test_names_of_python_2_are_read_as_those_of_python_3():
    assert read_pickle(io.BytesIO(b"(c__builtin__\neval\nccopy_reg\n_reconstructor\nt.")).names == (
        *("builtins.eval", "copyreg._reconstructor"),
    )


def test_names_need_not_be_ascii():
    data = b"\x80\x02c__main__\n" + "Größe".encode() + b"\n."

    assert read_pickle(io.BytesIO(data)).names == ("__main__.Größe",)


def test_what_comes_after_the_pickle_stays_unread():
    stream = io.BytesIO(pickle.dumps([1]) + pickle.dumps("second"))

    assert [read_pickle(stream).value, read_pickle(stream).value] == [[1], "second"]


def repeated(code, count):
    return Raw(code * count + b"N")


def doubled(levels):
    return Raw(b"]" + b"".join(b"q\0](h\0h\0h\0h\0h\0h\0h\0h\0h\0h\0e" for _ in range(levels)))


def nested_lists(depth):
    return Raw(b"]" * depth + b"a" * (depth - 1))


def nested_tuples(depth):
    return Raw(b")" + b"\x85" * (depth - 1))


def nested_dictionaries(depth):
    return Raw(b"}" + b"K\1}" * (depth - 1) + b"s" * (depth - 1))


def tuples_as_key(depth):
    return Raw(b"}" + nested_tuples(depth).code + b"Ns")


# Python gives all of these the hash 0.
COLLIDING = Raw(b"}(" + b"".join(instructions(number * (2**61 - 1)) + b"N" for number in range(10_000)) + b"u")
PICKLES = {
    "no STOP": (b"\x80\x02}", "ends without a STOP instruction before byte 3"),
    "nothing to stop with": (b"\x80\x02.", "takes a value that is not there"),
    "nothing to call": (b"\x80\x02NR.", "takes a value that is not there"),
    "half a pair": (b"\x80\x02N\x86.", "takes a value that is not there"),
    "a reference as text": (b"\x80\x02P1\n.", "holds no tensors"),
    "an absent mark": (b"\x80\x02Nt.", "takes a value that is not there"),
    "an absent memo": (b"\x80\x02h\7.", "takes a value that is not there"),
    "an empty object": (b"\x80\x02(o.", "takes a value that is not there"),
    "an unknown instruction": (b"\x80\x02\xff.", "an instruction that cannot be read"),
    "protocol 9": (b"\x80\x09}.", "of protocol 9, the newest known is 5"),
    "buffers outside": (b"\x80\x05\x97.", "keeps its arrays in buffers outside the file"),
    "a name of numbers": (b"\x80\x04K\1K\1\x93.", "the name of a global from something that is not a text"),
    "appending to None": (b"\x80\x02NNa.", "appends to a NoneType"),
    "assigning to None": (b"\x80\x02NNNs.", "assigns 1 items of a NoneType"),
    "half an item": (b"\x80\x02}(Nu.", "assigns 0.5 items of a dict"),
    "a text of 2 EiB": (b"\x80\x04\x8d" + bytes(7) + b"\x20.", "cannot be read"),
    "a text of 4 GiB": (b"\x80\x02X\xff\xff\xff\xff.", "cannot be read"),
    "bytes of 2 EiB": (b"\x80\x04\x8e" + bytes(7) + b"\x20.", "cannot be read"),
    "an array of 2 EiB": (b"\x80\x05\x96" + bytes(7) + b"\x20.", "cannot be read"),
    "a negative length": (b"\x80\x02T\xff\xff\xff\xff.", "cannot be read"),
    "a negative number of digits": (b"\x80\x02\x8b\xff\xff\xff\xff.", "cannot be read"),
    "a number of many digits": (b"(I" + b"9" * 100_000 + b"\n.", "cannot be read"),
    "no UTF-8": (b"\x80\x02X\1\0\0\0\xff.", "cannot be read"),
    "a broken escape": (b"(V\\u12\n.", "cannot be read"),
    "a frame beyond the end": (b"\x80\x04\x95" + b"\xff" * 8 + b"}.", "holds no tensors"),
    "many marks": (pickled(repeated(b"(", 20_000)), "holds no tensors"),
    "many dictionaries": (pickled(repeated(b"}", 20_000)), "holds no tensors"),
    "many globals": (pickled(Raw(b"".join(b"cos\n%d\n" % i for i in range(10_001)))), "more than 10000 globals"),
    "lists in lists": (pickled(nested_lists(10_000)), "nested more than 100 deep"),
    "tuples in tuples": (pickled(nested_tuples(20_000)), "nested more than 100 deep"),
    "dictionaries in dictionaries": (pickled(nested_dictionaries(8_000)), "nested more than 100 deep"),
    "a tuple of tuples as key": (pickled(tuples_as_key(20_000)), "holds no tensors"),
    "many lists of lists": (pickled(doubled(60)), "more than 4372 tensors, lists and tables"),
    "colliding keys": (pickled(COLLIDING), "holds no tensors"),
    "a list in itself": (b"\x80\x02]q\0h\0a.", "holds no tensors"),
    "a call with itself": (b"\x80\x02cos\nsystem\n)Rq\0h\0b.", "holds no tensors"),
    "an unknown extension": (b"\x80\x02\x82\7)R.", r"not made \(copyreg.extension_7"),
}


@pytest.mark.parametrize("name", PICKLES)
def test_a_pickle_that_breaks_the_rules_or_has_no_end_is_refused(name):
    content, reason = PICKLES[name]

    with pytest.raises(UnreadableCheckpoint, match=reason):
        opened(content)
    with pytest.raises(UnreadableCheckpoint, match=reason):
        opened(archive(content))


def test_keys_that_take_long_to_hash_or_share_a_hash_are_told_apart_by_identity():
    keys = list(read(pickled(COLLIDING))) + list(read(pickled(tuples_as_key(5)))) + list(read(pickled({2**9999: 1})))

    assert len({hash(key) for key in keys}) == len(keys) == 10_002
    assert {type(key) for key in keys} == {UnusualKey, int}


def test_a_pickle_of_too_many_instructions_is_refused_at_the_first_of_them():
    limit = 1_000_000
    within, beyond = (pickled(repeated(b"N0", count)) for count in (limit // 2 - 2, limit // 2))

    assert read(within) is None
    with pytest.raises(
        UnreadableCheckpoint, match="its pickle has more than 1000000 instructions: save the state dict"
    ):
        read(beyond)


# As many instructions as are allowed: more levels than the stack of a process could go down.
DEEPEST = [nested_lists(499_000), nested_tuples(999_000), nested_dictionaries(333_000), tuples_as_key(998_000)]


@pytest.mark.parametrize("value", DEEPEST, ids=["lists", "tuples", "dictionaries", "tuples as key"])
def test_the_deepest_nesting_that_a_pickle_can_have_is_refused(value):
    with watched(), pytest.raises(UnreadableCheckpoint, match=r"nested more than 100 deep|holds no tensors"):
        open_checkpoint(io.BytesIO(pickled(value)))


def test_a_state_dict_that_holds_itself_opens():
    checkpoint = opened(archive(Raw(instructions(WEIGHTS) + b"q\0" + instructions("again") + b"h\0s")))

    assert list(checkpoint.tensors) == ["rnn.weight"]
    assert checkpoint.metadata == {}


def test_plain_values_that_hold_themselves_are_left_out():
    circle = Raw(b"}q\1" + instructions("self") + b"h\1s" + instructions("rate") + b"K\1s")

    assert opened(archive({**WEIGHTS, "settings": circle})).metadata == {"settings": {"rate": 1}}


def test_plain_values_nested_too_deep_are_refused():
    with pytest.raises(UnreadableCheckpoint, match="nested more than 100 deep"):
        opened(archive({**WEIGHTS, "settings": Raw(b"]" * 200 + b"a" * 199)}))


def test_texts_that_cannot_be_encoded_are_mended():
    checkpoint = opened(archive({"half \ud800": tensor(), "note": "\udfff"}))

    assert [*checkpoint.tensors, checkpoint.metadata["note"]] == ["half ?", "?"]
