import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import kann
from kann.__main__ import main
from kann.errors import UnreadableDataset
from kann.inputs.data.vocabularies import open_vocabulary
from kann.tasks.demos import FOLDER, find_demo
from kann.tasks.imdb import find_files, most_frequent, read_reviews, split_rows
from kann.tasks.sentiment import HELD_OUT, WORDS, Reader, log_odds, make_demo, open_training, padded, scores, train
from kann.tasks.training import Recipe
from tests.texts import save_reviews

DATA = Path(os.environ.get("KANN_DATA_DIR", Path(__file__).parents[3] / "shared" / "data"))
TINY = Recipe(epochs=4, batch_size=16, learning_rate=1e-2)


@pytest.fixture(scope="module")
def demo():
    return find_demo("sentiment")


@pytest.fixture(scope="module")
def checkpoint(demo):
    return kann.open_checkpoint(demo.checkpoint)


@pytest.fixture(scope="module")
def imdb(checkpoint):
    """The real reviews, those for training and those for testing, in the words of the shipped network."""
    try:
        files = find_files([DATA])
    except UnreadableDataset:
        pytest.skip("IMDB is not at hand")
    return [read_reviews(path, open_vocabulary(checkpoint).names) for path in files]


def said_by(network, dataset):
    """The log-odds after the last true word, by the library's own states and read-out."""
    by_length = np.argsort(dataset.lengths)
    said = np.zeros(len(dataset))
    for rows in np.array_split(by_length, max(1, len(dataset) // 25)):
        for batch in kann.hidden_states(network, dataset.select(rows)):
            last = batch.values[np.arange(len(rows)), batch.lengths - 1]
            said[rows] = batch.readout(last)[:, 0]
    return said


def test_what_stands_behind_a_review_changes_nothing():
    torch.manual_seed(0)
    network = Reader(9, 4, 5).eval()
    ids = torch.randint(0, 9, (3, 8))
    lengths = torch.tensor([3, 8, 1])
    other = ids.clone()
    other[0, 3:], other[2, 1:] = 7, 8

    torch.testing.assert_close(network(ids, lengths), network(other, lengths))
    torch.testing.assert_close(network(ids, lengths)[:1], network(ids[:1, :3], lengths[:1]))


def test_the_last_words_are_read():
    read = padded([np.array([1, 2, 3, 4]), np.array([5])], last=3)

    assert read.ids.tolist() == [[2, 3, 4], [5, 0, 0]]
    assert read.lengths.tolist() == [3, 1]


def test_log_odds_do_not_depend_on_the_batch(tmp_path):
    reviews = open_training(save_reviews(tmp_path)[0])
    torch.manual_seed(0)
    network = Reader(len(reviews.token_names)).eval()

    np.testing.assert_allclose(log_odds(network, reviews), log_odds(network, reviews, batch_size=7), atol=1e-6)
    assert not np.allclose(log_odds(network, reviews), log_odds(network, reviews, last=2))


def test_scores_count_each_class_by_what_it_was_called():
    found = scores(np.array([2.0, -1.0, -3.0, 0.5]), np.array([1, 1, 0, 1]))

    assert found["right"] == 0.75
    assert found["confusion"] == {
        "negative": {"called negative": 1, "called positive": 0},
        "positive": {"called negative": 1, "called positive": 2},
    }


def test_a_short_training_lowers_the_loss_and_learns_the_deciding_words(tmp_path):
    reviews = open_training(save_reviews(tmp_path)[0])

    network, history = train(reviews, TINY)

    assert history[-1].training < history[0].training / 2
    assert scores(log_odds(network, reviews), reviews.labels)["right"] == 1


def test_the_weights_are_those_that_half_precision_can_hold(tmp_path):
    network, _ = train(open_training(save_reviews(tmp_path)[0]), replace(TINY, epochs=1))

    for tensor in network.state_dict().values():
        torch.testing.assert_close(tensor, tensor.half().float(), rtol=0, atol=0)


def test_held_out_reviews_give_the_vocabulary_no_words(tmp_path):
    path, _ = save_reviews(tmp_path)
    labels = read_reviews(path).labels
    _, held_out = split_rows(labels, HELD_OUT, 0)
    lines = path.read_text().splitlines()
    lines[1 + held_out[0]] = lines[1 + held_out[0]].replace("was", "unheardof")
    path.write_text("\n".join(lines) + "\n")

    assert "unheardof" not in open_training(path).token_names
    assert "was" in open_training(path).token_names


def test_two_runs_write_the_same_bytes(tmp_path):
    files = save_reviews(tmp_path)
    cards = [make_demo(*files, replace(TINY, epochs=2), tmp_path / turn) for turn in ("first", "again")]

    assert cards[0] == cards[1]
    for name in ("sentiment.safetensors", "sentiment.json", "sentiment_reviews.csv"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    assert find_demo("sentiment", tmp_path / "first").card == cards[0]


def test_the_command_trains_writes_and_prints_its_scores(tmp_path, capsys):
    save_reviews(tmp_path)

    code = main(["train", "sentiment", "--data", str(tmp_path), "--epochs", "1", "--seed", "3", "--out", str(tmp_path)])

    assert code == 0
    printed = capsys.readouterr().out
    assert "epoch 1: loss" in printed
    assert re.search(r"test: \d+\.\d% of 60 reviews told rightly", printed)
    assert find_demo("sentiment", tmp_path).card["recipe"]["seed"] == 3


def test_the_shipped_network_opens_whole(demo, checkpoint):
    network = kann.build_network(checkpoint)

    assert (network.layer.cell, network.layer.input_size, network.layer.hidden_size) == ("GRU", 128, 256)
    assert tuple(network.embedding.weight.shape) == (20_000, 128)
    assert network.readout.out_features == 1
    assert set(checkpoint.dtypes.values()) == {"float16"}
    assert demo.checkpoint.stat().st_size < 8e6
    assert checkpoint.sha256 == demo.card["checkpoint"]["sha256"]


def test_the_shipped_words_are_the_rows_of_the_embedding(demo, checkpoint):
    reviews = kann.open_dataset(demo.data, vocabulary=checkpoint)

    assert len(reviews.token_names) == len(set(reviews.token_names)) == 20_000
    for words, ids in zip(reviews.tokens, reviews.sequences, strict=True):
        known = [reviews.token_names[index] == word for word, index in zip(words, ids, strict=True) if index]
        assert all(known)
    assert reviews.unknown_share < 0.05


def test_the_cards_score_on_the_shipped_reviews_comes_out_again(demo, checkpoint):
    reviews = kann.open_dataset(demo.data, vocabulary=checkpoint)
    said = said_by(kann.build_network(checkpoint), reviews)

    assert scores(said, reviews.labels) == demo.card["scores"]["shipped"]
    wrong = np.flatnonzero((said > 0) != (reviews.labels > 0)).tolist()
    assert wrong == [entry["row"] for entry in demo.card["shipped_mistakes"]]


def test_the_card_claims_the_papers_accuracy_on_the_test_reviews(demo):
    assert demo.card["scores"]["test"]["right"] >= 0.87
    assert demo.card["scores"]["test"]["reviews"] >= 12_500


def test_the_shipped_reviews_are_of_many_lengths_and_balanced(demo, checkpoint):
    reviews = kann.open_dataset(demo.data, vocabulary=checkpoint)

    assert 90 <= len(reviews) <= 120
    assert abs(reviews.labels.mean() - 0.5) < 0.05
    assert reviews.lengths.min() < 20
    assert (reviews.lengths > 200).sum() >= 10
    assert reviews.lengths.max() > 600


def test_real_reviews_are_told_rightly_where_they_are_at_hand(checkpoint, imdb):
    _, test = imdb
    sample = test.select(np.arange(0, len(test), len(test) // 500)[:500])
    said = said_by(kann.build_network(checkpoint), sample)

    assert scores(said, sample.labels)["right"] >= 0.84


def test_the_cards_words_and_split_come_out_again_where_the_reviews_are_at_hand(demo, checkpoint, imdb):
    training, test = imdb
    rows, held_out = split_rows(training.labels, HELD_OUT, 0)
    words = most_frequent((training.tokens[row] for row in rows), WORDS)

    assert words == list(open_vocabulary(checkpoint).names)
    assert held_out.tolist() == demo.card["split"]["validation"]
    assert training.sha256 == demo.card["training_data"]["sha256"]
    assert test.sha256 == demo.card["test_data"]["sha256"]


def test_no_shipped_review_is_one_of_the_real_ones(imdb):
    def beginnings(reviews):
        return {re.sub(r"\W", "", "".join(words[:60]))[:60] for words in reviews.tokens}

    ours = beginnings(read_reviews(FOLDER / "sentiment_reviews.csv"))

    assert not any(ours & beginnings(real) for real in imdb)
