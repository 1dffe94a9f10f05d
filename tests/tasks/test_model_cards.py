import json

import pytest
import torch
from safetensors import safe_open

from kann.tasks.demos import demos
from kann.tasks.model_cards import read_card, sha256, write_card, write_checkpoint

TENSORS = {"layer.weight": torch.arange(6.0).reshape(2, 3).T, "layer.bias": torch.ones(3)}
METADATA = {letter: letter.upper() for letter in "hgfedcba"}


def test_a_checkpoint_has_the_same_bytes_each_time(tmp_path):
    digests = {write_checkpoint(TENSORS, METADATA, tmp_path / f"{turn}.safetensors") for turn in range(5)}

    assert digests == {sha256(tmp_path / "0.safetensors")}


def test_a_checkpoint_keeps_tensors_and_metadata(tmp_path):
    write_checkpoint(TENSORS, METADATA, tmp_path / "written.safetensors")
    with safe_open(tmp_path / "written.safetensors", "pt") as written:
        assert written.metadata() == METADATA
        assert sorted(written.keys()) == sorted(TENSORS)
        assert all(torch.equal(written.get_tensor(name), tensor) for name, tensor in TENSORS.items())


def test_tensors_keep_their_order_and_metadata_are_sorted(tmp_path):
    write_checkpoint(TENSORS, METADATA, tmp_path / "written.safetensors")
    written = (tmp_path / "written.safetensors").read_bytes()
    header = json.loads(written[8 : 8 + int.from_bytes(written[:8], "little")])

    assert list(header) == ["__metadata__", *TENSORS]
    assert list(header["__metadata__"]) == sorted(METADATA)


def test_a_card_comes_back_as_it_was_with_number_lists_on_one_line(tmp_path):
    card = {"title": "Größe [1, 2]", "rows": list(range(50)), "nested": {"shares": [0.5, -1.25], "none": []}}
    write_card(card, tmp_path / "card.json")

    assert read_card(tmp_path / "card.json") == card
    assert len((tmp_path / "card.json").read_text(encoding="utf-8").splitlines()) == 8


@pytest.mark.parametrize("demo", demos(), ids=lambda demo: demo.name)
def test_cards_name_the_files_that_ship_with_them(demo):
    assert demo.card["checkpoint"]["sha256"] == sha256(demo.checkpoint)
    assert demo.card["data_file"]["sha256"] == sha256(demo.data)
