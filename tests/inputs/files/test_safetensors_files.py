import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis.extra import numpy as arrays

from kann import UnreadableCheckpoint
from tests.inputs.assembled import entry, safetensors_file
from tests.inputs.guarded import opened

TYPES = [np.dtype(name) for name in ("?", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8", "c8")]


@given(array=arrays.arrays(arrays.scalar_dtypes().filter(lambda kind: kind in TYPES), arrays.array_shapes(min_dims=0)))
def test_arrays_open_as_the_library_wrote_them(array):
    checkpoint = opened(safetensors.numpy.save({"a": array, "b": array[None][:0]}))

    np.testing.assert_array_equal(checkpoint.tensors["a"], array, strict=True)
    np.testing.assert_array_equal(checkpoint.tensors["b"], array[None][:0], strict=True)


HEADERS = {
    "a header of 2 GB": ((b"{}", b"", 2**31), "its header declares 2147483648 bytes, but the file has 10"),
    "a header beyond the file": (({"a": entry()}, b"", 1000), "its header declares 1000 bytes"),
    "a header of 9 MB": ((b"{" + b" " * 9_000_000 + b"}",), "8388608 is the most"),
    "no JSON": ((b"{nothing}",), "its header is not valid JSON"),
    "no UTF-8": ((b'{"\xff": 1}',), "its header is not valid JSON"),
    "lists in lists": ((b'{"a":' + b"[" * 1_000_000,), "its header is not valid JSON"),
    "a number of many digits": ((b'{"a":' + b"9" * 1_000_000 + b"}",), "its header is not valid JSON"),
    "a name twice": ((b'{"a": {}, "a": {}}',), "its header is not valid JSON"),
    "metadata of numbers": (({"__metadata__": {"a": 1}, "a": entry()}, bytes(8)), "is not a table of texts"),
    "metadata of nothing": (({"__metadata__": None, "a": entry()}, bytes(8)), "is not a table of texts"),
    "no description": (({"a": []},), "does not describe the tensor 'a'"),
    "no place": (({"a": {"dtype": "F32", "shape": [2]}},), "does not describe the tensor 'a'"),
    "three places": (({"a": entry() | {"data_offsets": [0, 4, 8]}}, bytes(8)), "does not describe the tensor 'a'"),
    "half a place": (({"a": entry(begin=0.5)}, bytes(8)), "does not describe the tensor 'a'"),
    "a true place": (({"a": entry(begin=False)}, bytes(8)), "a shape or place below 0"),
    "a place below 0": (({"a": entry(begin=-8, end=0)}, bytes(8)), "a shape or place below 0"),
    "a shape below 0": (({"a": entry(shape=(-2,))}, bytes(8)), "a shape or place below 0"),
    "half a shape": (({"a": entry(shape=(0.5,))}, bytes(8)), "a shape or place below 0"),
    "another length": (({"a": entry(shape=(3,))}, bytes(8)), "the tensor 'a' needs 12 bytes but has 8"),
    "40 axes": (({"a": entry(shape=(1,) * 40, end=4)}, bytes(4)), "a tensor of 40 axes"),
    "2**62 by 0": (({"a": entry(shape=(2**62, 0), end=0)},), "beyond what arrays can hold"),
    "an unknown type": (({"a": entry("F4", end=1)}, bytes(1)), "a tensor of type F4 cannot be read"),
    "overlapping tensors": (
        ({"a": entry(), "b": entry(begin=4, end=12)}, bytes(12)),
        "begins at byte 4 where 8 was due",
    ),
    "a hole": (({"a": entry(), "b": entry(begin=12, end=20)}, bytes(20)), "begins at byte 12 where 8 was due"),
    "bytes left over": (({"a": entry()}, bytes(9)), "its tensors take 8 bytes, but 9 follow the header"),
    "tensors beyond the file": (({"a": entry(shape=(2**40,), end=2**42)}, bytes(8)), "take 4398046511104 bytes, but 8"),
    "no tensors": (({},), "it holds no tensors"),
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_that_does_not_describe_the_file_is_refused(name):
    parts, reason = HEADERS[name]

    with pytest.raises(UnreadableCheckpoint, match=reason):
        opened(safetensors_file(*parts))
