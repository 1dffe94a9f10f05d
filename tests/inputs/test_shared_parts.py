"""A few instructions can make thousands of calls share one large value: none may cost its whole size."""

import io
import re

import pytest

from kann import UnreadableCheckpoint, open_checkpoint
from tests.inputs.assembled import Call, Name, Raw, archive, instructions, storage
from tests.inputs.counted_values import report_looks
from tests.inputs.guarded import opened, within_bounds

# Instructions that put the value on the stack aside under a number, and fetch it from there.
ASIDE = [b"q" + bytes([number]) + b"0" for number in range(4)]
FETCH = [b"h" + bytes([number]) for number in range(4)]
# Looks at members and characters: the dearest of these files takes 1 for each byte.
LOOKS_A_BYTE = 5
MOST_VISITS = 1000
TOO_MANY = f"it has more than {MOST_VISITS} tensors, lists and tables"


def listed(code, count):
    return b"](" + code * count + b"e"


def tuple_of(*values, filled=20_000):
    return b"(" + b"".join(map(instructions, values)) + b"N" * filled + b"t"


def name(path):
    return instructions(Name(*path.rsplit(".", 1)))


LONG_TEXT = instructions("a" * 100_000) + ASIDE[0]
LONG_LIST = listed(b"N", 20_000) + ASIDE[0]
LARGE_NUMBER = instructions(256**100_000) + ASIDE[0]
EMPTY_PARTS = b"}(" + b"".join(instructions(number) + b"N" for number in range(10_000)) + b"u" + ASIDE[0]
EMPTY_MODULE = (
    *(FETCH[1], b")\x81}", instructions("_modules"), FETCH[0], b"s", instructions("_parameters"), FETCH[0], b"sb"),
)
FLOAT = instructions(Call(Name("numpy", "dtype"), ("f4",))) + ASIDE[2]
SHARED = {
    "arguments of calls with keywords": (
        tuple_of() + ASIDE[0] + listed(name("os.system") + FETCH[0] + b"}\x92", 5_000),
        r"only calls that were not made \(os.system|" + TOO_MANY,
    ),
    "arguments of tensors": (
        tuple_of(storage(), 0, (2,), (1,), False, {})
        + ASIDE[0]
        + name("torch._utils._rebuild_tensor_v2")
        + ASIDE[1]
        + listed(FETCH[1] + FETCH[0] + b"R", 500),
        "opened",
    ),
    "persistent ids": (
        tuple_of("storage", Name("torch", "FloatStorage"), "0", "cpu", 4) + ASIDE[0] + listed(FETCH[0] + b"Q", 10_000),
        "it holds no tensors|" + TOO_MANY,
    ),
    "large numbers as keys": (LARGE_NUMBER + b"}(" + FETCH[0] * 10_000 + b"u", "it holds no tensors"),
    "large numbers as values": (LARGE_NUMBER + listed(FETCH[0], 5_000), "it holds no tensors"),
    "names of globals": (LONG_TEXT + listed(FETCH[0] + FETCH[0] + b"\x93", 5_000), "a global of 200000 characters"),
    "keys of optimisers": (
        instructions("optim" + "a" * 100_000) + ASIDE[0] + listed(b"}" + FETCH[0] + b"]s", 5_000),
        TOO_MANY,
    ),
    "texts of scalars": (
        LONG_TEXT
        + name("numpy._core.multiarray.scalar")
        + ASIDE[1]
        + FLOAT
        + listed(FETCH[1] + FETCH[2] + FETCH[0] + b"\x86R", 500),
        "it holds no tensors|100000 bytes where its type and shape need 4",
    ),
    "parts of modules": (
        EMPTY_PARTS + name("models.Model") + ASIDE[1] + listed(b"".join(EMPTY_MODULE), 3_000),
        TOO_MANY,
    ),
    "pairs of dictionaries": (
        LONG_LIST + name("collections.OrderedDict") + ASIDE[1] + listed(FETCH[1] + FETCH[0] + b"\x85R", 5_000),
        TOO_MANY,
    ),
}


def outcome_of(content):
    try:
        open_checkpoint(io.BytesIO(content))
    except UnreadableCheckpoint as refusal:
        return str(refusal)
    return "opened"


@pytest.mark.parametrize("wrapped", [False, True], ids=["alone", "among settings"])
@pytest.mark.parametrize("part", SHARED)
def test_what_many_share_is_not_gone_through_for_each(part, wrapped, monkeypatch):
    monkeypatch.setattr("kann.inputs.pickles.walks.MOST_VISITS", MOST_VISITS)
    code, reason = SHARED[part]
    content = archive({"settings": Raw(code)} if wrapped else Raw(code))

    with within_bounds(len(content), looks=LOOKS_A_BYTE * len(content)) as work:
        report_looks(monkeypatch, work)
        outcome = outcome_of(content)
    assert re.search(reason, outcome)


CHAINS = {
    "functions of functions": FETCH[0] * 10_000 + b")" + b"R" * 10_000,
    "references to references": b")" + b"Q" * 20_000,
    "states of states": (FETCH[0] + b")R") * 7_000 + b"b" * 6_999,
}


@pytest.mark.parametrize("chain", CHAINS)
def test_long_chains_of_calls_end_quietly(chain):
    with pytest.raises(UnreadableCheckpoint, match=r"only calls that were not made|nested more than 100 deep"):
        opened(archive(Raw(name("os.system") + ASIDE[0] + CHAINS[chain])))
