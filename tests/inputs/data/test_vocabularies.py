import contextlib
import io
import json
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kann import Checkpoint, KannError, UnreadableDataset
from kann.inputs.data.vocabularies import holds_vocabulary, open_vocabulary, split
from tests.inputs.damaged import CHANGES, damaged

WORDS = ["<pad>", "<unk>", "good", "film"]


def in_memory(content: str, name: str = "words.txt") -> io.BytesIO:
    file = io.BytesIO(content.encode())
    file.name = name
    return file


def test_words_are_lower_case_and_signs_stand_alone():
    text = "Don't go!<br /><br />It's 5,50 €..."

    assert split(text, "words") == ["don't", "go", "!", "it's", "5", ",", "50", "€", ".", ".", "."]


def test_blanks_and_characters_split_the_text_as_it_stands():
    assert split("It 's  OK", "whitespace") == ["It", "'s", "OK"]
    assert split("I 's", "characters") == ["I", " ", "'", "s"]


@given(text=st.text())
def test_splitting_what_was_split_changes_nothing(text):
    words = split(text, "words")

    assert split(" ".join(words), "words") == words


@pytest.mark.parametrize(
    "given",
    [
        WORDS,
        tuple(WORDS),
        {word: index for index, word in enumerate(WORDS)},
        {str(index): word for index, word in enumerate(WORDS)},
        {"task": "sentiment", "vocabulary": WORDS},
        {"task": "sentiment", "word_index": json.dumps({word: index for index, word in enumerate(WORDS)})},
        Checkpoint({}, {}, "", "safetensors", metadata={"vocabulary": json.dumps(WORDS)}),
        in_memory("\n".join(WORDS) + "\n"),
        in_memory("\r\n".join(WORDS)),
        in_memory(json.dumps(WORDS)),
        in_memory(json.dumps({word: index for index, word in enumerate(WORDS)}, indent=1), "words.json"),
    ],
)
def test_every_form_gives_the_same_indices(given):
    vocabulary = open_vocabulary(given)

    assert list(vocabulary.names) == WORDS
    assert vocabulary.index == {"<pad>": 0, "<unk>": 1, "good": 2, "film": 3}
    assert vocabulary.unknown == 1
    assert open_vocabulary(vocabulary) is vocabulary


def test_a_list_that_starts_with_a_bracketed_token_is_no_json():
    assert open_vocabulary(in_memory("[PAD]\n[UNK]\n{\n")).names == ["[PAD]", "[UNK]", "{"]


def test_gaps_stay_empty_and_of_two_like_words_the_first_counts():
    assert open_vocabulary({"a": 0, "b": 3}).names == ["a", "", "", "b"]
    assert open_vocabulary(["a", "b", "a"]).index["a"] == 0
    assert open_vocabulary(["a", "b"]).unknown is None


def test_a_tokenizer_json_brings_its_names_and_its_unknown_token():
    tokenizers = pytest.importorskip("tokenizers")
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel({"[UNK]": 0, "good": 1}, unk_token="[UNK]"))

    vocabulary = open_vocabulary(in_memory(tokenizer.to_str()))

    assert vocabulary.names == ["[UNK]", "good"]
    assert vocabulary.unknown == 0
    assert vocabulary.tokenizer == tokenizer.to_str()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (None, "texts need the vocabulary that the network was trained with: give a file with one token a line"),
        (7, "a vocabulary is a file, a mapping or a list of words, not a int"),
        ([], "is not a vocabulary: give a list of words"),
        ([1, 2], "is not a vocabulary"),
        ({"task": "sentiment"}, "gives 'task' the index sentiment"),
        ({"good": -1}, "gives 'good' the index -1: indices are whole numbers from 0"),
        ({"good": 10**9}, "gives 'good' the index 1000000000"),
        ({"vocabulary": "good, film"}, "the vocabulary in the checkpoint's metadata is not JSON"),
        (in_memory('{"good": 1'), "the vocabulary in words.txt is not JSON"),
        (in_memory("[" * 99_999), "is not JSON"),
        (in_memory("good\t1\nfilm\t2\n"), "words.txt: line 1 has several columns: give one token a line"),
        ("nowhere.txt", "There is no file nowhere.txt"),
    ],
)
def test_what_is_no_vocabulary_is_refused_in_a_sentence(given, sentence):
    with pytest.raises(UnreadableDataset, match=sentence):
        open_vocabulary(given)


def test_a_damaged_tokenizer_json_is_refused():
    pytest.importorskip("tokenizers")

    with pytest.raises(UnreadableDataset, match=r"the tokenizer.json cannot be understood"):
        open_vocabulary(in_memory('{"model": {"type": "??"}}'))


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)

    with pytest.raises(UnreadableDataset, match="needs the package tokenizers: pip install"):
        open_vocabulary(in_memory('{"model": {}}'))


@pytest.mark.parametrize(
    ("metadata", "held"),
    [({"vocab": {"a": 0}}, True), ({"ITOS": '["a"]'}, True), ({"epoch": 3, "vocabulary": 5}, False), ({}, False)],
)
def test_metadata_tell_whether_they_hold_a_vocabulary(metadata, held):
    assert holds_vocabulary(metadata) == held


TOKENIZER = {
    "version": "1.0",
    "added_tokens": [],
    "pre_tokenizer": {"type": "Whitespace"},
    "model": {"type": "WordLevel", "vocab": {"[UNK]": 0, "good": 1, "film": 2}, "unk_token": "[UNK]"},
}
FILES = {
    "lines": "\n".join(WORDS).encode(),
    "index": json.dumps({word: index for index, word in enumerate(WORDS)}).encode(),
    "list": json.dumps(WORDS, indent=1).encode(),
    "tokenizer": json.dumps(TOKENIZER).encode(),
}


@pytest.mark.parametrize("name", FILES)
@settings(deadline=None)
@given(changes=CHANGES)
def test_a_damaged_vocabulary_lets_only_kann_errors_out(name, changes):
    if name == "tokenizer":
        pytest.importorskip("tokenizers")

    with contextlib.suppress(KannError):
        open_vocabulary(io.BytesIO(damaged(FILES[name], changes)))


@given(
    value=st.recursive(
        st.none() | st.floats() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_json_is_a_vocabulary_or_gets_a_sentence(value):
    for form in (io.BytesIO(json.dumps(value).encode()), {"vocab": value}):
        with contextlib.suppress(KannError):
            open_vocabulary(form)
