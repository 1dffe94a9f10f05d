"""Sentences that are typed in are read as those of a file are."""

import pytest

from kann.backend.engine.store import Store
from kann.backend.opened.library import MOST_TYPED, Library, Source
from kann.backend.service import Service
from kann.errors import OutOfRange, UnreadableDataset
from tests.texts import PHRASES, WORDS, save_classifier

SOURCE = Source(data="path:texts.csv", model="path:model.pt", vocabulary="path:words.json")


@pytest.fixture
def service(tmp_path):
    return Service(Store(tmp_path / "cache"), Library(save_classifier(tmp_path)))


def test_a_typed_text_has_the_ids_that_it_has_in_a_file(service):
    from_file = service.library.dataset(SOURCE.data, SOURCE.vocabulary)

    typed = service.typed(SOURCE, f"{PHRASES[1]} {PHRASES[1]}")

    assert typed.kind == "text"
    assert len(typed) == 1
    assert typed.sequences[0].tolist() == from_file.sequences[1].tolist()
    assert typed.token_names == from_file.token_names


def test_line_breaks_quotes_and_unknown_words_are_the_texts_own(service):
    typed = service.typed(SOURCE, 'The film,\n"quite" good')

    unknown = WORDS.index("<unk>")
    assert typed.tokens[0] == ["the", "film", ",", '"', "quite", '"', "good"]
    assert typed.sequences[0].tolist() == [2, 4, unknown, unknown, unknown, unknown, 6]
    assert typed.unknown_share == 4 / 7


def test_texts_that_look_like_a_format_are_texts_all_the_same(service):
    for text in ("@relation film", '{"film": 1}', "1,2,3 film", "film\tgood"):
        assert len(service.typed(SOURCE, text)) == 1


def test_different_texts_have_different_digests(service):
    assert service.typed(SOURCE, "good").sha256 != service.typed(SOURCE, "bad").sha256


def test_the_vocabulary_is_opened_once(service, monkeypatch):
    service.typed(SOURCE, "good")
    monkeypatch.setattr("kann.backend.opened.library.open_vocabulary", None)

    assert service.typed(SOURCE, "bad").tokens == [["bad"]]


def test_a_model_without_words_is_no_vocabulary(service):
    with pytest.raises(UnreadableDataset, match="is not a vocabulary"):
        service.typed(Source(data="path:texts.csv", vocabulary="of path:model.pt"), "good")


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_a_blank_text_is_refused(service, text):
    with pytest.raises(UnreadableDataset, match="type a sentence"):
        service.typed(SOURCE, text)


def test_a_text_without_a_vocabulary_is_refused(service):
    with pytest.raises(UnreadableDataset, match="need the vocabulary that the network was trained with"):
        service.typed(Source(data="path:texts.csv", model="path:model.pt"), "good")


def test_a_text_that_is_too_long_is_refused(service):
    with pytest.raises(OutOfRange, match="100,001 signs are too many"):
        service.typed(SOURCE, "a" * (MOST_TYPED + 1))
