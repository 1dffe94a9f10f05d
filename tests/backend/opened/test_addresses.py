import pytest

from kann.backend.opened.addresses import named_roles, read, written
from kann.backend.opened.library import Source
from kann.errors import OutOfRange

WHOLE = Source(
    "path:beats.txt", "path:model.pt", "encoder", (("decoder", None), ("readout", "fc")), "relu", "backward", "of it"
)


@pytest.mark.parametrize("source", [WHOLE, Source("demo:ecg"), Source("path:a", "path:b", nonlinearity="tanh")])
def test_an_address_restores_what_was_looked_at(source):
    assert read(written(source)) == source


def test_what_is_so_by_default_stands_in_no_address():
    assert written(Source("demo:ecg", "demo:ecg")) == {"model": "demo:ecg", "data": "demo:ecg"}


def test_an_odd_address_names_no_role():
    assert read({"data": "demo:ecg", "roles": "readout,=,embedding=", "rank": "3"}) == Source("demo:ecg")


def test_roles_are_typed_as_pairs_and_none_leaves_one_empty():
    assert named_roles(["readout=fc1+fc2", "embedding=none"]) == (("embedding", None), ("readout", "fc1+fc2"))


@pytest.mark.parametrize("entry", ["fc", "readout=", ""])
def test_what_is_no_role_says_how_one_is_typed(entry):
    with pytest.raises(OutOfRange, match=f"given as ROLE=NAME, as in readout=fc or embedding=none, not {entry!r}"):
        named_roles([entry])
