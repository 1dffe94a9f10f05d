import io
import json

import numpy as np
import pytest
import torch
from safetensors.numpy import save
from safetensors.torch import save as save_torch

from kann import UnreadableDataset, open_dataset

STATES = np.random.default_rng(0).normal(size=(2, 3, 4)).astype(np.float32)


def opened(content: bytes):
    return open_dataset(io.BytesIO(content))


def test_states_come_with_labels_words_and_rate_from_the_metadata():
    said = {"labels": ["up", "down"], "tokens": [["a", "b", "c"], ["d"]], "lengths": [3, 1], "sampling_rate": 250}

    dataset = opened(save({"states": STATES}, {name: json.dumps(value) for name, value in said.items()}))

    assert dataset.kind == "states"
    assert dataset.labels.tolist() == ["up", "down"]
    assert dataset.tokens == [["a", "b", "c"], ["d"]]
    assert dataset.sampling_rate == 250
    np.testing.assert_array_equal(dataset.sequences[1], STATES[1, :1])


def test_arrays_beside_the_states_do_as_well():
    dataset = opened(save({"states": STATES, "labels": np.array([4, 5]), "lengths": np.array([2, 3])}))

    assert dataset.labels.tolist() == [4, 5]
    assert dataset.lengths.tolist() == [2, 3]


def test_bfloat16_widens_to_float32():
    tensor = torch.from_numpy(STATES).bfloat16()

    np.testing.assert_array_equal(opened(save_torch({"signals": tensor})).sequences, tensor.float().numpy())


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"labels": "up, down"}, "the metadata's labels are not JSON"),
        ({"tokens": "[" * 99_999}, "the metadata's tokens are not JSON"),
        ({"tokens": '["a", "b"]'}, "tokens are not a list with one entry a sequence"),
        ({"tokens": '[["a"], ["b"]]'}, "tokens do not fit the .2, 3. sequences and steps"),
        ({"lengths": "[3, 99999999999999999999]"}, "lengths run from 3"),
        ({"labels": json.dumps(["x" * 999, "y"])}, "is not a label: it has 999 characters"),
        ({"sampling_rate": '"fast"'}, "sampling_rate are not a list"),
    ],
)
def test_metadata_that_does_not_fit_is_refused(said, sentence):
    with pytest.raises(UnreadableDataset, match=sentence):
        opened(save({"states": STATES}, said))


def test_a_cut_file_and_a_type_of_eight_bits_are_refused():
    with pytest.raises(UnreadableDataset, match="safetensors file is damaged"):
        opened(save({"states": STATES})[:-4])
    with pytest.raises(UnreadableDataset, match="array states holds F8_E4M3: save it as float32"):
        opened(save_torch({"states": torch.zeros(2, 3, 4, dtype=torch.float8_e4m3fn)}))
