"""A few instructions can make thousands of calls share one large value: none may cost its whole size."""

import pytest

from kann import UnreadableCheckpoint
from tests.inputs.assembled import Call, Name, Raw, archive, instructions, storage
from tests.inputs.guarded import opened

# Instructions that note the value on the stack under a number, and fetch it from there.
NOTE = [b"q" + bytes([number]) for number in range(4)]
FETCH = [b"h" + bytes([number]) for number in range(4)]


def listed(code, count):
    return b"](" + code * count + b"e"


def tuple_of(*values, filled=200_000):
    return b"(" + b"".join(map(instructions, values)) + b"N" * filled + b"t"


def name(path):
    return instructions(Name(*path.rsplit(".", 1)))


LONG_TEXT = instructions("a" * 1_000_000) + NOTE[0]
LONG_LIST = listed(b"N", 200_000) + NOTE[0]
EMPTY_PARTS = b"}(" + b"".join(instructions(number) + b"N" for number in range(100_000)) + b"u" + NOTE[0]
EMPTY_MODULE = (
    *(FETCH[1], b")\x81}", instructions("_modules"), FETCH[0], b"s", instructions("_parameters"), FETCH[0], b"sb"),
)
FLOAT = instructions(Call(Name("numpy", "dtype"), ("f4",))) + NOTE[2]
SHARED = {
    "arguments of calls with keywords": tuple_of() + NOTE[0] + listed(name("os.system") + FETCH[0] + b"}\x92", 50_000),
    "arguments of tensors": tuple_of(storage(), 0, (2,), (1,), False, {})
    + NOTE[0]
    + name("torch._utils._rebuild_tensor_v2")
    + NOTE[1]
    + listed(FETCH[1] + FETCH[0] + b"R", 100_001),
    "persistent ids": tuple_of("storage", Name("torch", "FloatStorage"), "0", "cpu", 4)
    + NOTE[0]
    + listed(FETCH[0] + b"Q", 100_000),
    "large numbers as keys": instructions(256**1_000_000) + NOTE[0] + b"}(" + FETCH[0] * 400_000 + b"u",
    "large numbers as values": instructions(256**1_000_000) + NOTE[0] + listed(FETCH[0], 400_000),
    "names of globals": LONG_TEXT + listed(FETCH[0] + FETCH[0] + b"\x93", 100_000),
    "keys of optimisers": instructions("optim" + "a" * 1_000_000) + NOTE[0] + listed(b"}" + FETCH[0] + b"]s", 100_000),
    "texts of scalars": LONG_TEXT
    + name("numpy._core.multiarray.scalar")
    + NOTE[1]
    + FLOAT
    + listed(FETCH[1] + FETCH[2] + FETCH[0] + b"\x86R", 100_000),
    "parts of modules": EMPTY_PARTS + name("models.Model") + NOTE[1] + listed(b"".join(EMPTY_MODULE), 30_000),
    "pairs of dictionaries": LONG_LIST
    + name("collections.OrderedDict")
    + NOTE[1]
    + listed(FETCH[1] + FETCH[0] + b"\x85R", 100_000),
}


@pytest.mark.parametrize("part", SHARED)
def test_what_many_share_is_not_gone_through_for_each(part):
    for value in (Raw(SHARED[part]), {"settings": Raw(SHARED[part])}):
        with pytest.raises(UnreadableCheckpoint):
            opened(archive(value))


CHAINS = {
    "functions of functions": FETCH[0] * 300_000 + b")" + b"R" * 300_000,
    "references to references": b")" + b"Q" * 900_000,
    "states of states": (FETCH[0] + b")R") * 200_000 + b"b" * 199_999,
}


@pytest.mark.parametrize("chain", CHAINS)
def test_long_chains_of_calls_end_quietly(chain):
    with pytest.raises(UnreadableCheckpoint, match=r"only calls that were not made|nested more than 100 deep"):
        opened(archive(Raw(name("os.system") + NOTE[0] + CHAINS[chain])))
