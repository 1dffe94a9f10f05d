"""The command line says what the page says, of the same files and with nothing set."""

import json

from kann.__main__ import main
from kann.backend.opened.library import Words
from kann.backend.opened.pair import Pair, demo
from kann.tasks.demos import find_demo
from kann.ui.start import service
from tests.networks import save_lstm
from tests.texts import save_classifier
from tests.ui.pages import metric, said, spectrum_of


def analysed(folder, monkeypatch, *arguments):
    """What the command line writes; asked otherwise than the page, the cache that they share would hand on nothing."""
    monkeypatch.chdir(folder)
    (folder / "few.json").write_text('{"twins": 2}')  # as the pages of these tests have
    assert main(["analyse", *arguments, "--settings", "few.json", "--output", "told.json"]) == 0
    return json.loads((folder / "told.json").read_text())


def assert_alike(app, told):
    assert any(f"**{told['finding']['headline']}** {told['finding']['support']}" == words for words in said(app))
    assert metric(app, "rank") == told["rank"] == told["settings"]["rank"]


def test_more_units_than_the_sequences_can_bear_are_cut_alike(data_root, monkeypatch):
    save_lstm(data_root / "wide.pt", hidden=20)

    app = spectrum_of(Pair("path:beats.txt", "path:wide.pt"))
    told = analysed(data_root, monkeypatch, "--checkpoint", "wide.pt", "--data", "beats.txt")

    assert told["rank"] == 60 * 39 // 100
    assert_alike(app, told)


def test_texts_are_told_in_words_alike(data_root, monkeypatch):
    save_classifier(data_root)

    app = spectrum_of(Pair("path:texts.csv", "path:model.pt", vocabulary=Words("path:words.json")))
    told = analysed(
        data_root, monkeypatch, "--checkpoint", "model.pt", "--data", "texts.csv", "--vocabulary", "words.json"
    )

    assert told["unit"] == "words"
    assert_alike(app, told)


def test_a_demo_is_told_alike(data_root, monkeypatch):
    shipped, pair = find_demo("ecg"), demo(service().library, "ecg")
    app = spectrum_of(pair)
    told = analysed(data_root, monkeypatch, "--checkpoint", str(shipped.checkpoint), "--data", str(shipped.data))

    assert told["classes"] == shipped.card["classes"]
    assert_alike(app, told)
