import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from kann.backend.opened import opening
from kann.backend.opened.library import Words
from kann.backend.opened.opening import Launch, dashboard, dashboard_on_files, open_files, start
from kann.backend.opened.pair import Pair
from kann.errors import KannError, OutOfRange, UnknownNetwork, UnreadableCheckpoint, UnreadableDataset
from kann.tasks.model_cards import write_checkpoint
from tests.networks import save_beats, save_lstm, save_states
from tests.texts import PHRASES, WORDS, Classifier, save_classifier


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    save_lstm(tmp_path / "model.pt")
    save_beats(tmp_path / "beats.txt")
    save_states(tmp_path / "states.npz")
    monkeypatch.delenv("KANN_DATA_DIR", raising=False)
    monkeypatch.setenv("KANN_CACHE_DIR", "cache")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_files_of_one_folder_open_below_it(folder):
    library, pair = open_files("beats.txt", "model.pt")

    assert library.root == folder
    assert pair == Pair(data="path:beats.txt", model="path:model.pt")


def test_files_of_two_folders_open_below_the_one_that_they_share(folder):
    (folder / "runs").mkdir()
    save_lstm(folder / "runs" / "last.pt")

    library, pair = open_files("beats.txt", "runs/last.pt", layer="rnn")

    assert library.root == folder
    assert pair == Pair(data="path:beats.txt", model="path:runs/last.pt", layer="rnn")


def test_a_folder_of_texts_is_a_reference_too(folder):
    save_classifier(folder)
    for number in range(4):
        (folder / "reviews" / "pos").mkdir(parents=True, exist_ok=True)
        (folder / "reviews" / "pos" / f"{number}.txt").write_text(PHRASES[number])

    library, pair = open_files("reviews", "model.pt", "words.json")

    assert pair.data == "path:reviews"
    assert len(library.dataset(pair.data, pair.vocabulary)) == 4


@pytest.mark.parametrize("called", ["vocabulary", "itos"])
def test_words_in_the_checkpoint_s_metadata_are_taken_where_none_are_given(folder, called):
    save_classifier(folder)
    weights = {name: tensor.detach() for name, tensor in Classifier().state_dict().items()}
    write_checkpoint(weights, {called: json.dumps(WORDS)}, folder / "with_words.safetensors")

    assert open_files("texts.csv", "with_words.safetensors")[1].vocabulary == Words(
        "path:with_words.safetensors", in_model=True
    )
    assert open_files("texts.csv", "with_words.safetensors", "words.json")[1].vocabulary == Words("path:words.json")


def test_a_named_data_set_needs_no_path(folder, monkeypatch):
    monkeypatch.setenv("KANN_DATA_DIR", str(folder))
    save_beats(folder / "ECG200_TEST.txt")

    assert open_files("ecg200/test", "model.pt")[1].data == "named:ecg200/test"


def test_a_file_comes_before_a_data_set_of_its_name(folder):
    save_beats(folder / "ecg200")

    assert open_files("ecg200", "model.pt")[1].data == "path:ecg200"


def test_states_open_alone(folder):
    assert open_files("states.npz")[1] == Pair(data="path:states.npz")


@pytest.mark.parametrize(
    ("files", "error", "words"),
    [
        (("no.txt", "model.pt"), OutOfRange, "There is no data file no.txt: check the path"),
        (("beats.txt", "no.pt"), OutOfRange, "There is no model file no.pt: check the path"),
        (("beats.txt", "model.pt", "no.json"), OutOfRange, "There is no vocabulary file no.json: check the path"),
        (("beats.txt", "beats.txt"), UnreadableCheckpoint, "are of no format"),
        (("model.pt", "model.pt"), UnreadableDataset, r"model\.pt: "),
        (
            ("beats.txt",),
            UnknownNetwork,
            r"beats.txt holds sequences \(signal\), no hidden states: give",
        ),
        (
            ("states.npz", "model.pt"),
            UnknownNetwork,
            "states.npz holds hidden states already: leave the",
        ),
    ],
)
def test_what_does_not_open_says_why(files, error, words):
    with pytest.raises(error, match=words):
        open_files(*files)


def test_files_on_different_drives_share_no_folder():
    class OnDrive(type(Path())):
        anchor = property(lambda self: self.parts[0])

    with pytest.raises(OutOfRange, match="The files lie on different drives: put them into one folder"):
        opening._common_folder([OnDrive("C:/beats.txt"), OnDrive("D:/model.pt")])


def test_where_a_data_folder_is_set_the_files_lie_in_it(folder, monkeypatch, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.setenv("KANN_DATA_DIR", str(elsewhere))

    with pytest.raises(OutOfRange, match=r"lies outside KANN_DATA_DIR \(.*elsewhere.*\): put it there, or unset"):
        dashboard_on_files("beats.txt", "model.pt", None, None)


def test_the_dashboard_gets_the_files_folder_and_their_address(folder):
    launch = dashboard_on_files("beats.txt", "model.pt", None, None)

    assert launch.environment["KANN_DATA_DIR"] == str(folder)
    assert launch.environment["KANN_CACHE_DIR"] == str(folder / "cache")
    assert launch.address.endswith("/spectrum?model=path:model.pt&data=path:beats.txt")
    assert launch.command[:4] == [sys.executable, "-m", "streamlit", "run"]
    assert (launch.folder / ".streamlit" / "config.toml").exists()


def test_an_address_keeps_odd_names(folder):
    save_lstm(folder / "a b&c.pt")

    launch = dashboard_on_files("beats.txt", "a b&c.pt", None, None)

    assert "model=path:a+b%26c.pt&data=path:beats.txt" in launch.address


def test_the_whole_disk_is_not_opened_by_path(folder, monkeypatch):
    monkeypatch.setattr(opening, "_is_wide", lambda folder: True)

    with pytest.raises(OutOfRange, match=r"The files share no folder but .*: put them into one folder, or set KANN"):
        dashboard_on_files("beats.txt", "model.pt", None, None)


def test_the_disk_and_the_folder_of_all_homes_are_wide_and_a_home_is_not():
    assert opening._is_wide(Path(Path.cwd().anchor))
    assert opening._is_wide(Path.home().parent)
    assert not opening._is_wide(Path.home())
    assert not opening._is_wide(Path.cwd())


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_that_is_none_is_refused(port):
    with pytest.raises(OutOfRange, match=f"A port lies between 1 and 65535, not at {port}"):
        dashboard(Pair(data="demo:ecg"), None, port)


def test_a_port_in_use_is_refused_and_passed_over(monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OutOfRange, match=f"Port {port} is in use: choose another with --port"):
            dashboard(Pair(data="demo:ecg"), None, port)
        monkeypatch.setattr(opening, "_PORTS", [port])
        with pytest.raises(OutOfRange, match=f"Port {port} is in use"):
            dashboard(Pair(data="demo:ecg"), None)
        monkeypatch.setattr(opening, "_PORTS", [port, port])
        with pytest.raises(OutOfRange, match=f"The ports {port} to {port} are in use: choose another"):
            dashboard(Pair(data="demo:ecg"), None)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            other = free.getsockname()[1]
        monkeypatch.setattr(opening, "_PORTS", [port, other])
        assert f":{other}/" in dashboard(Pair(data="demo:ecg"), None).address


def test_without_the_app_or_streamlit_it_is_said(monkeypatch):
    monkeypatch.setattr(opening, "find_spec", lambda name: None)
    with pytest.raises(KannError, match=r"The dashboard needs Streamlit, .*: pip install -r requirements\.txt"):
        dashboard(Pair(data="demo:ecg"), None)
    monkeypatch.setattr(opening, "APP", Path("absent.py"))
    with pytest.raises(KannError, match=r"without the dashboard's app\.py: run this in a checkout"):
        dashboard(Pair(data="demo:ecg"), None)


LAUNCH = """if True:
    import os, sys
    from pathlib import Path
    from kann.backend.opened import opening
    command = [sys.executable, "-c", "import os; print(os.getpid(), os.getcwd(), os.environ['NAME']); raise SystemExit(7)"]
    print(os.getpid(), flush=True)
    opening.start(opening.Launch(command, os.environ | {"NAME": "value"}, Path("there"), ""))
"""  # noqa: E501


def test_start_becomes_the_command_so_that_signals_reach_it(folder):
    (folder / "there").mkdir()
    environment = os.environ | {"PYTHONPATH": str(opening.APP.parent)}

    told = subprocess.run([sys.executable, "-c", LAUNCH], capture_output=True, text=True, env=environment)

    before, after = told.stdout.splitlines()
    assert after == f"{before} {folder / 'there'} value"
    assert told.returncode == 7


def test_where_a_process_cannot_become_another_its_code_is_passed_on(folder, monkeypatch):
    monkeypatch.setattr(opening.os, "name", "nt")
    launch = Launch([sys.executable, "-c", "raise SystemExit(7)"], dict(os.environ), folder, "")

    with pytest.raises(SystemExit) as ended:
        start(launch)

    monkeypatch.undo()
    assert ended.value.code == 7
