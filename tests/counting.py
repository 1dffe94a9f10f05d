"""A recurrent network that does nothing but count: each word adds its weight to the log-odds, for good."""

import csv
import json

import numpy as np
import torch
from torch import nn

from kann.inputs.networks import Network
from kann.records import Dataset, RecurrentLayer

WEIGHTS = {"the": 0.0, "a": 0.0, "film": 0.0, "fine": 1.0, "good": 2.0, "great": 4.0, "dull": -1.0, "bad": -2.0}
WORDS = list(WEIGHTS)
WEIGHT = np.array([WEIGHTS[word] for word in WORDS])


def parts():
    """Embedding, recurrence and read-out: one unit counts what speaks for class 1, the other what speaks against."""
    embedding, readout = nn.Embedding(len(WORDS), 2), nn.Linear(2, 1)
    rnn = nn.RNN(2, 2, nonlinearity="relu", batch_first=True)
    with torch.no_grad():
        embedding.weight.copy_(torch.from_numpy(np.stack([WEIGHT.clip(0), (-WEIGHT).clip(0)], axis=1)))
        for weight in (rnn.weight_ih_l0, rnn.weight_hh_l0):
            weight.copy_(torch.eye(2))
        for bias in (rnn.bias_ih_l0, rnn.bias_hh_l0, readout.bias):
            bias.zero_()
        readout.weight.copy_(torch.tensor([[1.0, -1.0]]))
    return {"embedding": embedding, "rnn": rnn, "fc": readout}


def counter():
    given = {name: part.eval().requires_grad_(False) for name, part in parts().items()}
    layer = RecurrentLayer("rnn", "RNN", 2, 2)
    return Network(given["rnn"], layer, embedding=given["embedding"], readout=given["fc"])


def texts(count=40, shortest=8, longest=30, seed=0):
    """Random words, none of whose texts is undecided."""
    random = np.random.default_rng(seed)
    drawn = [random.integers(0, len(WORDS), random.integers(shortest, longest + 1)) for _ in range(count)]
    ids = [np.append(text, 5) if WEIGHT[text].sum() == 0 else text for text in drawn]
    words = [[WORDS[index] for index in text] for text in ids]
    return Dataset(kind="text", sequences=ids, sha256="", name="texts", tokens=words)


def save_counter(folder, count=200):
    """counter.pt, counter_words.json and counter.csv in the folder."""
    torch.save({f"{name}.{key}": value for name, part in parts().items() for key, value in part.state_dict().items()},
               folder / "counter.pt")  # fmt: skip
    (folder / "counter_words.json").write_text(json.dumps({word: index for index, word in enumerate(WORDS)}))
    with open(folder / "counter.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        writer.writerows(
            [" ".join(words), int(WEIGHT[ids].sum() > 0)]
            for ids, words in zip(texts(count).sequences, texts(count).tokens, strict=True)
        )
    return folder
