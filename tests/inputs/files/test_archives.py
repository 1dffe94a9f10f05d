import io
import zipfile

import numpy as np
import pytest

from kann import UnreadableCheckpoint
from tests.inputs.assembled import archive, instructions, pickled, tensor
from tests.inputs.guarded import opened

WEIGHTS = {"rnn.weight": tensor()}


def deflated(value):
    return archive(value, {"0": bytes(50_000_000)}, compression=zipfile.ZIP_DEFLATED)


def with_end(content, count, size, offset):
    """The archive with another record of its directory."""
    place = content.rindex(b"PK\5\6")
    numbers = count.to_bytes(2, "little") * 2 + size.to_bytes(4, "little") + offset.to_bytes(4, "little")
    return content[:place] + b"PK\5\6" + bytes(4) + numbers + bytes(2)


def changed(content, old, new, count=-1):
    assert old in content
    return content.replace(old, new, count)


def second_member(content, position, data):
    """The archive with these bytes in the directory's entry of its second member."""
    place = content.index(b"PK\1\2", content.index(b"PK\1\2") + 4) + position
    return content[:place] + data + content[place + len(data) :]


GOOD = archive(WEIGHTS)
BROKEN = {
    "a bomb": (deflated(WEIGHTS), r"'archive/data.pkl' is compressed \(method 8\): write the file with torch.save"),
    "no pickle": (
        changed(GOOD, b"data.pkl", b"nada.pkl"),
        "without data.pkl .it holds archive/data/0, archive/n",
    ),
    "code": (archive(WEIGHTS, others=[("archive/code/__torch__.py", "import os")]), "TorchScript, which is a program"),
    "an export": (archive(WEIGHTS, others=[("archive/archive_format", "pt2")]), "an exported program"),
    "a member twice": (changed(archive(WEIGHTS, {"0": b"", "1": b""}), b"data/1", b"data/0"), "two members called"),
    "a wrong checksum": (changed(GOOD, instructions("rnn.weight"), instructions("rnn.height")), "the checksum of"),
    "an encrypted member": (second_member(GOOD, 8, b"\1"), "'archive/data/0' is encrypted"),
    "a member elsewhere": (second_member(GOOD, 42, b"\1"), "byte 1 of its archive begins no member"),
    "a member behind the end": (second_member(GOOD, 42, b"\xff\xff\xff\xfe"), "declares 30 bytes from byte 4278190079"),
    "members larger than the file": (second_member(GOOD, 24, b"\xff\xff\xff"), "declares 16777[0-9]+ bytes of members"),
    "a directory of 65535 members": (
        with_end(GOOD, 65535, 100, 0),
        "directory of its archive breaks off at byte 0",
    ),
    "a directory of 4 GiB": (with_end(GOOD, 2, 2**32 - 1, 0), "declares 2 members described in 4294967295 bytes"),
    "a directory outside": (with_end(GOOD, 2, 100, 2**32 - 2), "declares 100 bytes from byte 4294967294 on"),
    "a large directory elsewhere": (
        GOOD[:-22] + b"PK\6\7" + bytes(16) + GOOD[-22:],
        "byte 0 of its archive begins no directory",
    ),
    "no directory": (GOOD[: GOOD.index(b"PK\1\2")], "has no directory at its end"),
    "nothing": (b"PK\3\4" + archive({}, {})[-22:], "breaks off|without data.pkl|declares"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_an_archive_that_is_not_what_torch_writes_is_refused(name):
    content, reason = BROKEN[name]

    with pytest.raises(UnreadableCheckpoint, match=reason):
        opened(content)


def test_an_archive_of_arrays_is_sent_to_the_data():
    file = io.BytesIO()
    np.savez(file, states=np.zeros(2))

    with pytest.raises(UnreadableCheckpoint, match=r"an archive of arrays \(.npz\): open it as data"):
        opened(file.getvalue())


def test_fields_of_other_makers_in_the_directory_are_passed_over():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as members:
        for name, data in (("a/data.pkl", pickled(WEIGHTS)), ("a/data/0", bytes(16))):
            member = zipfile.ZipInfo(name)
            member.extra = b"FB\2\0zz"
            members.writestr(member, data)

    assert list(opened(file.getvalue()).tensors) == ["rnn.weight"]


def test_members_with_names_that_leave_the_archive_are_not_touched():
    others = [("../../escaped", "x"), ("/etc/passwd", "x"), ("archive/../../escaped", "x")]

    assert list(opened(archive(WEIGHTS, others=others)).tensors) == ["rnn.weight"]


def test_a_compressed_member_that_nothing_refers_to_is_not_unpacked():
    content = io.BytesIO(GOOD)
    with zipfile.ZipFile(content, "a", compression=zipfile.ZIP_DEFLATED) as members:
        members.writestr("archive/bomb", bytes(100_000_000))

    assert list(opened(content.getvalue()).tensors) == ["rnn.weight"]


def test_sizes_in_the_fields_for_large_archives_are_read(monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 1)

    assert list(opened(archive(WEIGHTS)).tensors) == ["rnn.weight"]
