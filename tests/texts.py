"""A text classifier as people save it: a bare state dict, a JSON word -> index, a CSV of texts."""

import csv
import json

import torch
from torch import nn

WORDS = "<pad> <unk> the a film was good bad great boring not very".split()  # noqa: SIM905 - easier to read
PHRASES = ("the film was very good", "a boring film", "not bad", "the film was not very great", "bad film")


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(len(WORDS), 5)
        self.lstm = nn.LSTM(5, 6, batch_first=True)
        self.fc = nn.Linear(6, 2)


def save_classifier(folder):
    """model.pt, words.json and texts.csv in the folder."""
    torch.manual_seed(0)
    torch.save(Classifier().state_dict(), folder / "model.pt")
    (folder / "words.json").write_text(json.dumps({word: index for index, word in enumerate(WORDS)}))
    with open(folder / "texts.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        writer.writerows([f"{PHRASES[number % 5]} {PHRASES[number % 3]}", number % 2] for number in range(80))
    return folder


def save_reviews(folder, count=60):
    """imdb_train.csv and imdb_test.csv in the folder: invented reviews, in which one word in the middle decides."""
    words = {"negative": ("dull", "awful", "limp"), "positive": ("grand", "lovely", "sharp")}
    fillers = ("the plot", "a cast of nine", "some music", "an old house", "the second half")
    paths = [folder / "imdb_train.csv", folder / "imdb_test.csv"]
    for start, path in enumerate(paths):
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["review", "sentiment"])
            for number in range(start, count + start):
                label = sorted(words)[number % 2]
                filler, word = fillers[number % 5], words[label][number % 3]
                writer.writerow([f"{filler} and {fillers[number % 4]} was {word} . {filler}", label])
    return paths
