"""Real files with bytes changed, cut, doubled or inserted: they open, or say in a sentence why not."""

import pickletools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kann import KannError
from tests.inputs.assembled import archive, instructions, tensor
from tests.inputs.damaged import CHANGES, damaged
from tests.inputs.guarded import opened

# The archive has no checksums, so that damage reaches the pickle.
FILES = ("unchecked.pt", "state_dict.pt", "whole_module.legacy.pt", "nested.pkl", "arrays.0.pkl", "halves.safetensors")
CODES = [opcode.code.encode("latin1") for opcode in pickletools.opcodes]
ARGUMENTS = [
    b"",
    b"\0",
    b"\1",
    b"\2\0\0\0",
    b"os\nsystem\n",
    b"1\n",
    b"'a'\n",
    instructions("_modules"),
    instructions(0),
]
PROGRAMS = st.lists(
    st.tuples(st.sampled_from(CODES), st.sampled_from(ARGUMENTS)).map(b"".join) | st.just(instructions(tensor())),
    max_size=40,
).map(b"".join)


def opened_or_refused(content):
    try:
        opened(content)
    except KannError as refusal:
        reason = str(refusal)
    else:
        reason = "."
    assert reason.endswith(".")
    assert reason.isprintable()
    assert len(reason) < 500


@pytest.mark.parametrize("name", FILES)
@settings(deadline=None, derandomize=True)
@given(changes=CHANGES)
def test_a_damaged_file_opens_or_says_why_not(made_by_torch, name, changes):
    opened_or_refused(damaged((made_by_torch / name).read_bytes(), changes))


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_short_anywhere_says_so(made_by_torch, name):
    content = (made_by_torch / name).read_bytes()
    for length in range(0, len(content), max(1, len(content) // 40)):
        with pytest.raises(KannError, match=r"cut short|copy it again|copy the file again|of no format"):
            opened(content[:length])


@settings(deadline=None, derandomize=True)
@given(program=PROGRAMS)
def test_any_sequence_of_instructions_opens_or_says_why_not(program):
    for content in (b"\x80\x04" + program + b".", archive(b"\x80\x04" + program + b".")):
        opened_or_refused(content)
