import io
import json

import pytest

from kann import UnreadableDataset, open_dataset

WORDS = ["<unk>", "good", "bad", "film", ","]
CSV = 'review,sentiment\n"Good, good<br />film",positive\n"a ""bad"" film\nindeed",negative\n'


def opened(text: str, name: str, vocabulary=tuple(WORDS), **wishes):
    file = io.BytesIO(text.encode())
    file.name = name
    return open_dataset(file, vocabulary=vocabulary, **wishes)


def test_a_csv_of_texts_minds_its_quotes():
    dataset = opened(CSV, "films.csv")

    assert dataset.kind == "text"
    assert dataset.labels.tolist() == ["positive", "negative"]
    assert [ids.tolist() for ids in dataset.sequences] == [[1, 4, 1, 3], [0, 0, 2, 0, 3, 0]]
    assert dataset.tokens[0] == ["good", ",", "good", "film"]
    assert list(dataset.token_names) == WORDS
    assert dataset.unknown_share == 0.4


def test_a_csv_of_texts_is_known_by_content_too():
    assert opened(CSV, "films").labels.tolist() == ["positive", "negative"]
    assert opened("text;label\ngood film;1\nbad film;0\n", "films").labels.tolist() == [1, 0]


def test_without_an_index_for_unknown_words_they_are_left_out_and_counted():
    dataset = opened("a good film\t1\nwho knows\t0\nbad\t0\n", "films.txt", vocabulary=["good", "bad", "film"])

    assert [ids.tolist() for ids in dataset.sequences] == [[0, 2], [1]]
    assert dataset.tokens == [["good", "film"], ["bad"]]
    assert dataset.labels.tolist() == [1, 0]
    assert dataset.ids.tolist() == [0, 2]
    assert dataset.unknown_share == 0.5


def test_sentences_are_split_at_the_last_tab_and_quotes_mean_nothing():
    dataset = opened('a "good film\t1\nbad\tfilm\t0\n', "films.tsv", tokenizer="whitespace")

    assert dataset.labels.tolist() == [1, 0]
    assert dataset.tokens == [["a", '"good', "film"], ["bad", "film"]]


def test_the_label_may_stand_before_the_sentence():
    assert opened("ham\ta good film\nspam\tbad film\tbad\n", "mails").tokens[1] == ["bad", "film", "bad"]


def test_a_header_and_the_user_name_the_columns():
    table = "id,stars,note,text\nx,5,b,good film\ny,1,a,bad film\n"

    assert opened(table, "films.csv", columns={"label": "stars", "id": "id"}).ids.tolist() == ["x", "y"]
    assert opened(table, "films.csv", columns=("text", "note")).labels.tolist() == ["b", "a"]
    assert opened(table, "films.csv", columns={"text": 3, "label": None}).labels is None


def test_a_header_of_unknown_names_is_known_by_the_numbers_below():
    dataset = opened("what they said,mood\ngood film,1\nbad film,0\n", "films.csv")

    assert dataset.labels.tolist() == [1, 0]


def test_json_lines_open_by_their_keys():
    lines = [{"text": "good\nfilm", "label": 1}, {"text": "bad", "label": 0}]

    dataset = opened("\n".join(map(json.dumps, lines)), "films.jsonl")

    assert dataset.labels.tolist() == [1, 0]
    assert dataset.tokens == [["good", "film"], ["bad"]]


def test_plain_lines_open_without_labels_when_a_vocabulary_is_given():
    dataset = opened("good\n\nbad film", "films.txt", vocabulary=list("abcdefghijklmno "), tokenizer="characters")

    assert dataset.labels is None
    assert dataset.ids.tolist() == [0, 2]
    assert dataset.tokens[0] == list("good")


def test_the_greatest_length_keeps_the_first_tokens():
    assert opened("good film , bad\t1\n", "films.tsv", max_length=2).tokens == [["good", "film"]]


def test_a_tokenizer_json_splits_the_texts_itself():
    tokenizers = pytest.importorskip("tokenizers")
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel({"[UNK]": 0, "Good": 1}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()

    dataset = opened("Good film\t1\nGood\t0\n", "films.tsv", vocabulary=io.BytesIO(tokenizer.to_str().encode()))

    assert [ids.tolist() for ids in dataset.sequences] == [[1, 0], [1]]
    assert dataset.tokens[0] == ["Good", "[UNK]"]
    assert dataset.unknown_share == pytest.approx(1 / 3)


def test_a_tokenizer_that_cannot_split_the_texts_says_so():
    tokenizers = pytest.importorskip("tokenizers")
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel({"Good": 1}, unk_token="[UNK]")).to_str()

    with pytest.raises(UnreadableDataset, match=r"tokenizer.json cannot split these texts"):
        opened("Good film\t1\nGood\t0\n", "films.tsv", vocabulary=io.BytesIO(tokenizer.encode()))


@pytest.mark.parametrize(
    ("text", "name", "sentence"),
    [
        ('text,label\n"good film,1\n', "films.csv", "the row from line 2 on has no end"),
        ("text,label\ngood film,1\nbad,film,0\n", "films.csv", "line 3 has 3 columns, the table 2"),
        ("text,label\ngood film,\n", "films.csv", "line 2, column 2 lacks a label"),
        ("text,label\n", "films.csv", "there is a header but no row below it"),
        ("text\tlabel\ngood film\t1\nbad film\n", "films.tsv", "line 3 has 1 columns, the table 2"),
        ("who knows\t1\nnobody\t0\n", "films.tsv", "give the one that the network was trained with"),
        ('{"text": "good", "label": 1}\n{"text": \n', "films.jsonl", "line 2 is not JSON: write one object"),
        ('{"text": "good", "label": 1}\n[1]\n', "films.jsonl", "line 2 is not a JSON object"),
        ('{"text": "good", "label": 1}\n{"label": 1}\n', "films.jsonl", "line 2 has no text called 'text'"),
        ('{"text": "good", "label": 1}\n{"text": "a", "label": []}\n', "films.jsonl", "line 2 has no 'label'"),
        ("once upon a time\nthere was\n", "films.txt", "none of the 6 words is in the vocabulary of 3"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text, name, sentence):
    with pytest.raises(UnreadableDataset, match=f"{name}: .*{sentence}"):
        opened(text, name, vocabulary=["good", "bad", "film"])


def test_an_empty_object_has_no_text():
    with pytest.raises(UnreadableDataset, match="the first object is empty"):
        opened('{}\n{"text": "a"}\n', "films.jsonl", kind="text")


def test_texts_without_a_vocabulary_say_which_one_to_give():
    with pytest.raises(UnreadableDataset, match=r"films.csv: texts need the vocabulary .* one token a line"):
        opened(CSV, "films.csv", vocabulary=None)
