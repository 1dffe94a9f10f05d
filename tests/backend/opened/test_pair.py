import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from kann.backend.opened.library import Library, Words
from kann.backend.opened.pair import Pair, as_roles, demo, fitting_roles, named_roles, with_own_words
from kann.errors import OutOfRange, UnknownNetwork, UnreadableCheckpoint
from kann.tasks.demos import find_demo
from tests.networks import save_autoencoder, save_beats, save_lstm, save_states
from tests.texts import save_classifier

BEATS = Pair("path:beats.txt", "path:model.pt")
STATES = Pair("path:states.npz")
WHOLE = Pair(
    data="path:beats.txt",
    model="path:model.pt",
    layer="encoder",
    roles=(("decoder", None), ("readout", "fc")),
    nonlinearity="relu",
    direction="backward",
    vocabulary=Words("path:w.json"),
)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pairs")
    for name, seed in (("model.pt", 0), ("other.pt", 1)):
        save_lstm(folder / name, seed=seed)
    save_autoencoder(folder / "autoencoder.pt")
    save_beats(folder / "beats.txt")
    save_beats(folder / "many.txt", classes=20)
    save_states(folder / "states.npz")
    for name in ("MITDB_part.txt", "ECG5000_TEST.txt", "renamed.tsv"):
        shutil.copy(folder / "beats.txt", folder / name)
    (folder / "texts").mkdir()
    save_classifier(folder / "texts")
    return Library(folder)


@pytest.mark.parametrize(
    "pair",
    [
        WHOLE,
        replace(WHOLE, vocabulary=Words("demo:sentiment", in_model=True)),
        Pair("demo:ecg"),
        Pair("path:a", "path:b", nonlinearity="tanh"),
    ],
)
def test_an_address_restores_what_was_looked_at(pair):
    assert Pair.at(pair.address()) == pair


def test_an_address_writes_words_in_a_model_and_empty_roles_as_before():
    address = replace(WHOLE, vocabulary=Words("demo:sentiment", in_model=True)).address()

    assert address["vocabulary"] == "of demo:sentiment"
    assert address["roles"] == "decoder=-,readout=fc"


def test_what_is_so_by_default_stands_in_no_address():
    assert Pair("demo:ecg", "demo:ecg").address() == {"model": "demo:ecg", "data": "demo:ecg"}


def test_an_odd_address_names_no_role():
    assert Pair.at({"data": "demo:ecg", "roles": "readout,=,embedding=", "rank": "3"}) == Pair("demo:ecg")


def test_roles_are_typed_as_pairs_and_none_leaves_one_empty():
    assert named_roles(["readout=fc1+fc2", "embedding=none"]) == (("embedding", None), ("readout", "fc1+fc2"))
    assert as_roles({"b": None, "a": "x"}) == as_roles({"a": "x", "b": None})


@pytest.mark.parametrize("entry", ["fc", "readout=", ""])
def test_what_is_no_role_says_how_one_is_typed(entry):
    with pytest.raises(OutOfRange, match=f"given as ROLE=NAME, as in readout=fc or embedding=none, not {entry!r}"):
        named_roles([entry])


def test_a_pair_opens_once_as_long_as_its_files_stay_the_same(library, tmp_path):
    assert library.open(BEATS) is library.open(Pair("path:beats.txt", "path:model.pt"))
    save_lstm(tmp_path / "model.pt")
    save_beats(tmp_path / "beats.txt")
    fresh = Library(tmp_path)
    before = fresh.open(BEATS)

    save_beats(tmp_path / "beats.txt", seed=1)

    assert fresh.open(BEATS).digest != before.digest


def test_states_open_without_a_network(library):
    opened = library.open(STATES)

    assert opened.network is None
    assert opened.rebuilt is None
    assert len(opened.dataset) == 60


def test_digests_tell_apart_what_changes_an_answer(library):
    pairs = [
        BEATS,
        replace(BEATS, model="path:other.pt"),
        replace(BEATS, data="path:many.txt"),
        replace(BEATS, nonlinearity="relu"),
        replace(BEATS, model="path:autoencoder.pt"),
        replace(BEATS, model="path:autoencoder.pt", roles=(("decoder", None),)),
        replace(BEATS, model="path:autoencoder.pt", layer="decoder"),
    ]

    digests = [library.open(pair).digest for pair in pairs]

    assert all(digests.count(digest) == 1 for digest in digests)


def test_the_same_bytes_under_another_name_and_a_role_that_was_guessed_anyway_have_one_digest(library):
    assert library.open(replace(BEATS, data="path:renamed.tsv")).digest == library.open(BEATS).digest
    texts = Pair("path:texts/texts.csv", "path:texts/model.pt", vocabulary=Words("path:texts/words.json"))
    named = replace(texts, roles=(("readout", "fc"),))
    assert library.open(named).digest == library.open(texts).digest


def test_a_folder_in_a_model_s_place_is_said(library):
    with pytest.raises(UnreadableCheckpoint, match="texts cannot be opened: it is no file"):
        library.open(replace(BEATS, model="path:texts"))


def test_classes_of_their_own_are_few_and_more_than_one(library):
    assert library.open(BEATS).classes == [1, 2]
    assert library.open(replace(BEATS, data="path:many.txt")).classes == []
    assert library.open(STATES).classes == []


def test_labels_of_too_many_classes_are_not_kept_apart(library):
    assert library.open(BEATS).grouped.labels is not None
    assert library.open(replace(BEATS, data="path:many.txt")).grouped.labels is None


def test_the_split_is_balanced_over_the_classes(library):
    held = library.open(BEATS).split(5).held_out

    assert np.bincount(library.open(BEATS).dataset.labels[held]).tolist() == [0, 6, 6]


def test_heartbeats_are_known_by_their_name_and_rates_by_the_card(library):
    ecg = library.open(Pair("demo:ecg", "demo:ecg"))

    assert ecg.are_heartbeats
    assert library.open(replace(BEATS, data="path:MITDB_part.txt")).are_heartbeats
    assert not library.open(BEATS).are_heartbeats
    assert ecg.sampling_rate == 250
    assert library.open(BEATS).sampling_rate is None


def test_what_a_card_says_holds_for_the_data_that_the_model_was_trained_on(library):
    opened = library.open(Pair("path:ECG5000_TEST.txt", "demo:ecg"))

    assert opened.sampling_rate == 250
    assert opened.class_names == find_demo("ecg").card["classes"]
    assert opened.detector.threshold == find_demo("ecg").card["threshold"]["loss"]
    other = library.open(Pair("path:beats.txt", "demo:ecg"))
    assert (other.sampling_rate, other.class_names) == (None, {})


def test_a_pair_is_titled_by_what_a_person_calls_its_files(library):
    assert BEATS.title(library) == ("model.pt", "beats.txt")
    assert STATES.title(library) == ("states without a network", "states.npz")
    assert Pair("demo:ecg", "demo:ecg").title(library) == (find_demo("ecg").title, find_demo("ecg").data.name)


def test_roles_that_fit_begin_with_the_guess_and_a_role_that_nothing_fits_is_empty(library):
    texts = Pair("path:texts/texts.csv", "path:texts/model.pt", vocabulary=Words("path:texts/words.json"))
    fitting = fitting_roles(library, texts)

    assert fitting["readout"][0] == "fc"
    assert fitting["embedding"][0] == "embedding"
    assert not any(fitting["decoder"])
    with pytest.raises(UnknownNetwork):
        fitting_roles(library, replace(texts, layer="nowhere"))


def test_a_demo_that_reads_words_opens_with_its_models_own():
    library = Library()
    pair = demo(library, "sentiment")

    opened = library.open(pair)

    assert pair == Pair("demo:sentiment", "demo:sentiment", vocabulary=Words("demo:sentiment", in_model=True))
    assert len(opened.dataset.token_names) == opened.network.embedding.num_embeddings
    assert opened.typed("Not bad at all.").tokens == [["not", "bad", "at", "all", "."]]
    assert len(library.sha256(pair.vocabulary)) == 64


def test_a_demo_of_signals_opens_without_words_and_an_unknown_one_is_refused():
    assert demo(Library(), "ecg") == Pair("demo:ecg", "demo:ecg")
    with pytest.raises(OutOfRange, match="egc"):
        demo(Library(), "egc")


def test_words_that_are_given_are_kept(library):
    given = Pair("demo:sentiment", "demo:sentiment", vocabulary=Words("path:texts/words.json"))

    assert with_own_words(library, given) == given
    assert with_own_words(library, BEATS) == BEATS


def test_another_vocabulary_is_another_pair_even_where_the_data_read_alike(tmp_path):
    save_classifier(tmp_path)
    words = json.loads((tmp_path / "words.json").read_text())
    (tmp_path / "more.json").write_text(json.dumps(words | {"unseen": len(words)}))
    library = Library(tmp_path)

    one, other = (
        library.open(Pair("path:texts.csv", "path:model.pt", vocabulary=Words(f"path:{name}.json")))
        for name in ("words", "more")
    )

    assert one.dataset.sequences[0].tolist() == other.dataset.sequences[0].tolist()
    assert one.digest != other.digest
