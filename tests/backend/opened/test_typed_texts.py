"""Sentences that are typed in are read as those of a file are."""

from dataclasses import replace

import pytest

from kann.backend.opened.library import MOST_TYPED, Library, Words
from kann.backend.opened.pair import Pair
from kann.errors import OutOfRange, UnreadableDataset
from tests.texts import PHRASES, WORDS, save_classifier

PAIR = Pair(data="path:texts.csv", model="path:model.pt", vocabulary=Words("path:words.json"))


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return Library(save_classifier(tmp_path_factory.mktemp("texts")))


@pytest.fixture
def typed(library):
    return library.open(PAIR).typed


def test_a_typed_text_has_the_ids_that_it_has_in_a_file(library, typed):
    from_file = library.open(PAIR).dataset

    found = typed(f"{PHRASES[1]} {PHRASES[1]}")

    assert found.kind == "text"
    assert len(found) == 1
    assert found.sequences[0].tolist() == from_file.sequences[1].tolist()
    assert found.token_names == from_file.token_names


def test_line_breaks_quotes_and_unknown_words_are_the_texts_own(typed):
    found = typed('The film,\n"quite" good')

    unknown = WORDS.index("<unk>")
    assert found.tokens[0] == ["the", "film", ",", '"', "quite", '"', "good"]
    assert found.sequences[0].tolist() == [2, 4, unknown, unknown, unknown, unknown, 6]
    assert found.unknown_share == 4 / 7


def test_texts_that_look_like_a_format_are_texts_all_the_same(typed):
    for text in ("@relation film", '{"film": 1}', "1,2,3 film", "film\tgood"):
        assert len(typed(text)) == 1


def test_different_texts_have_different_digests(typed):
    assert typed("good").sha256 != typed("bad").sha256


def test_the_vocabulary_is_opened_once(typed, monkeypatch):
    typed("good")
    monkeypatch.setattr("kann.backend.opened.library.open_vocabulary", None)

    assert typed("bad").tokens == [["bad"]]


def test_a_model_without_words_is_no_vocabulary(library):
    with pytest.raises(UnreadableDataset, match="is not a vocabulary"):
        library.typed("good", Words("path:model.pt", in_model=True))


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_a_blank_text_is_refused(typed, text):
    with pytest.raises(UnreadableDataset, match="type a sentence"):
        typed(text)


def test_a_text_without_a_vocabulary_is_refused(library):
    with pytest.raises(UnreadableDataset, match="need the vocabulary that the network was trained with"):
        library.typed("good", replace(PAIR, vocabulary=None).vocabulary)


def test_a_text_that_is_too_long_is_refused(typed):
    with pytest.raises(OutOfRange, match="100,001 characters are too many"):
        typed("a" * (MOST_TYPED + 1))
