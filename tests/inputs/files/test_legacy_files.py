import pytest

from kann import UnreadableCheckpoint
from tests.inputs.assembled import Call, Name, Reference, legacy, pickled, storage, tensor
from tests.inputs.guarded import opened

WEIGHTS = {"rnn.weight": tensor()}


def nested(content):
    """A tensor as pickle.dump writes it, around a storage of these bytes."""
    return pickled({"weight": tensor(of=Call(Name("torch.storage", "_load_from_bytes"), (content,)))})


def test_unread_storages_are_passed_over():
    quantised = storage("1", "QInt32Storage", 3)
    content = legacy({**WEIGHTS, "unread": quantised}, ("1", "0"), [(3, bytes(12)), (4, bytes(16))])

    assert opened(content).tensors["rnn.weight"].shape == (2, 2)


BROKEN = {
    "another version": (legacy(WEIGHTS, version=7), "its format has not the version 1001"),
    "keys of no list": (legacy(WEIGHTS, keys={}), "a list of storages that are not those in its pickle"),
    "an unknown key": (legacy(WEIGHTS, keys=("0", "9")), "a list of storages that are not those in its pickle"),
    "a key that is a list": (legacy(WEIGHTS, keys=([],)), "a list of storages that are not those in its pickle"),
    "an unlisted storage": (legacy(WEIGHTS, keys=()), "a storage that the file does not list"),
    "a storage of 2 EiB": (legacy(WEIGHTS, storages=[(2**59, b"")]), "declares 2305843009213693952 bytes"),
    "a storage cut short": (legacy(WEIGHTS, storages=[(4, bytes(15))]), "declares 16 bytes"),
    "no length": (legacy(WEIGHTS, storages=()), "declares 8 bytes"),
    "no further pickles": (pickled(0x1950A86A20F9469CFC6C), "ends without a STOP instruction"),
    "a strange reference": (legacy({"a": Reference(7), **WEIGHTS}), "a storage that torch does not write"),
    "a storage of no legacy file": (nested(pickled(7)), "a storage of another format than that of before 2020"),
    "a storage of many instructions": (nested(pickled([0] * 1000)), "more than 1000 instructions"),
    "a storage in a storage": (nested(legacy(WEIGHTS)), "a storage that torch does not write"),
    "a storage of no bytes": (nested(7), "no bytes behind its shape"),
    "no storage": (pickled({"weight": tensor(of=7)}), "a storage that pickle.dump does not write"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_legacy_file_that_does_not_add_up_is_refused(name):
    content, reason = BROKEN[name]

    with pytest.raises(UnreadableCheckpoint, match=reason):
        opened(content)
