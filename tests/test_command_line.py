"""What the command line prints, where it prints it, and the code that it ends with."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
import torch

import kann
from kann.__main__ import INTERRUPTED, _parser, main
from kann.backend.opened.samples import split
from tests.networks import save_beats, save_lstm, save_states
from tests.patience import PATIENCE, attempts
from tests.texts import save_classifier

ROOT = Path(__file__).parents[1]
COMMANDS = ("open", "demo", "inspect", "analyse", "fetch", "train")


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """One cache for all tests that do not ask for another: what one has computed the next one finds."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def folder(tmp_path, cache, monkeypatch):
    """The current folder, with a network, beats, states and settings with few twins; and no data folder."""
    (tmp_path / "few.json").write_text('{"twins": 2}')
    save_lstm(tmp_path / "model.pt")
    save_beats(tmp_path / "beats.txt")
    save_states(tmp_path / "states.npz")
    (tmp_path / "bad.pt").write_bytes(b"no model at all")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KANN_DATA_DIR", raising=False)
    monkeypatch.delenv("KANN_HOSTED", raising=False)
    monkeypatch.setenv("KANN_CACHE_DIR", str(cache))
    return tmp_path


@pytest.fixture
def own_cache(folder, monkeypatch):
    """A cache folder of this test's own, in which data sets known by name are looked for too."""
    monkeypatch.setenv("KANN_CACHE_DIR", str(folder / "cache"))
    return folder / "cache"


def run(*arguments, **more):
    """The command line in a process of its own."""
    command = [sys.executable, "-m", "kann", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | more.pop("environment", {})
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, env=environment, **more)


def refused(capsys, *arguments):
    """The one sentence on the error stream."""
    assert main(arguments) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.endswith(".\n")
    assert told.err.count("\n") == 1
    return told.err


def analysed(capsys, *arguments):
    assert main(["analyse", *arguments]) == 0
    return json.loads(capsys.readouterr().out, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


@pytest.mark.parametrize("arguments", [[], *([name] for name in COMMANDS), ["train", "ecg"]])
def test_help_is_there_for_every_command_and_imports_nothing_heavy(arguments):
    program = """if True:
        import sys
        from kann.__main__ import main
        try:
            main([*sys.argv[1:], "--help"])
        finally:
            heavy = {"torch", "numpy", "scipy", "pandas", "streamlit", "plotly"} & sys.modules.keys()
            print("heavy:", sorted(heavy))
    """
    command = [sys.executable, "-c", program, *arguments]

    told = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)})

    assert told.returncode == 0
    assert told.stdout.startswith("usage: python -m kann")
    assert told.stdout.endswith("heavy: []\n")
    assert told.stderr == ""


@pytest.mark.parametrize("line", re.findall(r"^python -m kann (.+)$", (ROOT / "README.md").read_text(), re.MULTILINE))
def test_the_readme_s_commands_are_understood(line):
    assert _parser().parse_args(shlex.split(line, comments=True)).run


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["inspect", "model.pt"], 0, ""),
        (["inspect", "bad.pt"], 1, "bad.pt"),
        (["inspect"], 2, "the following arguments are required: F"),
        (["analyze"], 2, "invalid choice: 'analyze'"),
        (["open", "model.pt", "beats.txt", "--port", "high"], 2, "invalid int value: 'high'"),
        (["open", "model.pt", "beats.txt", "--nonlinearity", "gelu"], 2, "invalid choice: 'gelu'"),
    ],
)
def test_exit_codes_tell_done_from_refused_and_misused(arguments, code, words):
    told = run(*arguments)

    assert told.returncode == code
    assert words in told.stderr
    assert bool(told.stdout) == (code == 0)
    assert "Traceback" not in told.stderr


def test_inspect_lists_what_is_in_the_file_for_people(capsys):
    assert main(["inspect", "model.pt"]) == 0

    told = capsys.readouterr().out
    assert "torch zip, state dict" in told
    assert "rnn  LSTM 1 -> 6, with biases" in told
    assert "rnn.weight_hh_l0  24 x 6  float32" in told


def test_inspect_lists_what_is_in_the_file_for_machines(capsys):
    assert main(["inspect", "model.pt", "--json"]) == 0

    found = json.loads(capsys.readouterr().out)
    assert found["layers"][0]["hidden_size"] == 6
    assert found["bytes"] == Path("model.pt").stat().st_size


def test_inspect_names_the_calls_that_were_not_made(folder, capsys):
    torch.save({"rnn": torch.nn.LSTM(1, 2).state_dict(), "hook": os.system}, "m.pt")

    assert main(["inspect", "m.pt"]) == 0

    told = capsys.readouterr().out
    assert f"{os.system.__module__}.system  dangerous if called" in told
    assert "Do not load this file with torch.load or pickle: it may run code." in told


def test_names_in_a_file_do_not_command_the_terminal(capsys):
    torch.save({"a\x1b[2J\u202e\nb": torch.eye(2)}, "m.pt")

    assert main(["inspect", "m.pt"]) == 0
    told = capsys.readouterr().out
    sentence = refused(capsys, "inspect", "no\x1b[2Jfile.pt")

    assert r"a\x1b[2J\u202e\nb  2 x 2" in told
    assert not {"\x1b", "\u202e"} & set(told + sentence)


def test_a_terminal_without_a_sign_gets_its_escape():
    Path("müde.pt").write_bytes(Path("model.pt").read_bytes())

    told = run("inspect", "müde.pt", environment={"PYTHONIOENCODING": "ascii"})

    assert told.returncode == 0
    assert told.stdout.startswith("m\\xfcde.pt\n")


def test_a_reader_that_has_seen_enough_is_no_error():
    program = f"{sys.executable} -m kann inspect model.pt | true; echo ${{PIPESTATUS[0]}}"

    told = subprocess.run(
        ["bash", "-c", program], capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )

    assert (told.stdout, told.stderr) == ("0\n", "")


def test_analyse_writes_the_library_s_own_numbers(capsys):
    told = analysed(capsys, "--checkpoint", "model.pt", "--data", "beats.txt", "--rank", "5")

    whole = kann.open_dataset("beats.txt")
    dataset = whole.select(split(whole, 5).fitted)
    network = kann.build_network(kann.open_checkpoint("model.pt"))
    direct = kann.summarise(kann.hidden_states(network, dataset)).solve(rank=5)
    np.testing.assert_allclose([complex(*pair) for pair in told["eigenvalues"]], direct.eigenvalues, atol=1e-9)
    assert told["rank"] == told["settings"]["rank"] == 5
    assert told["untrained"]["networks_of_each_kind"] == 19
    assert told["files"]["checkpoint"]["name"] == "model.pt"
    assert told["network"]["cell"] == "LSTM"


def test_the_same_call_writes_the_same_bytes_without_a_cache(folder, monkeypatch):
    for name in ("one", "two"):
        monkeypatch.setenv("KANN_CACHE_DIR", str(folder / f"cache {name}"))
        call = ["analyse", "--checkpoint", "model.pt", "--data", "beats.txt", "--settings", "few.json"]
        assert main([*call, "--output", f"{name}.json"]) == 0

    assert Path("one.json").read_bytes() == Path("two.json").read_bytes()


@pytest.mark.parametrize("place", ["model.pt", "model.pt/cache", "/dev/null/cache"])
def test_a_cache_that_cannot_be_written_costs_one_sentence(folder, monkeypatch, capsys, place):
    call = ["analyse", "--checkpoint", "model.pt", "--data", "beats.txt", "--settings", "few.json", "--output"]
    assert main([*call, "usual.json"]) == 0
    monkeypatch.setenv("KANN_CACHE_DIR", place)
    assert main([*call, "told.json"]) == 0

    told = capsys.readouterr().err
    assert told.startswith(f"Nothing new can be kept in {place} (")
    assert told.count("\n") == 1
    assert Path("told.json").read_bytes() == Path("usual.json").read_bytes()


def test_the_settings_that_a_result_lists_drive_the_next_one_and_the_rank_outranks_them(capsys):
    first = analysed(capsys, "--data", "states.npz", "--rank", "3")
    Path("settings.json").write_text(json.dumps(first["settings"] | {"samples": 50}))

    second = analysed(capsys, "--data", "states.npz", "--settings", "settings.json")
    third = analysed(capsys, "--data", "states.npz", "--settings", "settings.json", "--rank", "4")

    assert second["settings"] == first["settings"] | {"samples": 50}
    assert second["eigenvalues"] == first["eigenvalues"]
    assert third["rank"] == 4


def test_states_need_no_checkpoint(capsys):
    told = analysed(capsys, "--data", "states.npz")

    assert (told["network"], told["files"]["checkpoint"], told["files"]["kind"]) == (None, None, "states")
    assert told["rank"] == 5


def test_texts_are_analysed_with_their_words(folder, capsys):
    save_classifier(folder)

    told = analysed(capsys, "--checkpoint", "model.pt", "--data", "texts.csv", "--vocabulary", "words.json")

    assert told["files"]["kind"] == "text"
    assert told["files"]["vocabulary"]["name"] == "words.json"
    assert told["network"]["roles"]["readout"] == "fc"


def test_what_the_file_does_not_tell_is_said_on_the_command_line(capsys):
    torch.save({"rnn": torch.nn.RNN(1, 4, bidirectional=True).state_dict()}, "rnn.pt")
    files = ["--checkpoint", "rnn.pt", "--data", "beats.txt"]

    assumed, given = (
        analysed(capsys, *files),
        analysed(capsys, *files, "--nonlinearity", "relu", "--direction", "backward"),
    )

    said = ("nonlinearity", "nonlinearity_is", "direction")
    assert [assumed["network"][name] for name in said] == ["tanh", "assumed", "forward"]
    assert [given["network"][name] for name in said] == ["relu", "given", "backward"]
    assert given["eigenvalues"] != assumed["eigenvalues"]


def test_roles_are_typed_where_the_guess_does_not_hold(folder, capsys):
    save_classifier(folder)
    files = ["--checkpoint", "model.pt", "--data", "texts.csv", "--vocabulary", "words.json"]

    told = analysed(capsys, *files, "--roles", "readout=none", "embedding=embedding")

    assert told["network"]["roles"] == {"embedding": "embedding", "readout": None, "decoder": None}
    sentence = refused(capsys, "analyse", *files, "--roles", "readout=head")
    assert "head.weight is not a weight with two axes in this file; what fits as its readout: fc; none" in sentence


def test_a_named_data_set_is_looked_up(folder, capsys, own_cache):
    (folder / "cache" / "datasets" / "ecg200").mkdir(parents=True)
    save_beats(folder / "cache" / "datasets" / "ecg200" / "ECG200_TEST.txt")

    told = analysed(capsys, "--checkpoint", "model.pt", "--data", "ecg200/test", "--rank", "2")

    assert told["files"]["data"]["name"] == "ecg200/test"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--data", "beats.txt"], r"beats.txt holds sequences \(signal\), no hidden states: give the checkpoint"),
        (["--checkpoint", "model.pt", "--data", "states.npz"], "holds hidden states already: leave the checkpoint out"),
        (["--checkpoint", "model.pt", "--data", "beat.txt"], "There is no data file beat.txt: check the path"),
        (["--checkpoint", "bad.pt", "--data", "beats.txt"], "its first bytes .* are of no format"),
        (["--checkpoint", "model.pt", "--data", "beats.txt", "--layer", "x"], "no recurrent layer 'x' in this file"),
        (["--checkpoint", "model.pt", "--data", "beats.txt", "--roles", "fc"], "given as ROLE=NAME, .* not 'fc'"),
        (
            ["--checkpoint", "model.pt", "--data", "beats.txt", "--roles", "head=fc"],
            "There is no role 'head'; the roles",
        ),
        (["--checkpoint", "model.pt", "--data", "beats.txt", "--direction", "backward"], "its direction is 'forward'"),
        (["--data", "states.npz", "--rank", "0"], "A rank lies between 1 and the 5 units of the state, not at 0"),
        (["--data", "states.npz", "--rank", "9"], "A rank lies between 1 and the 5 units of the state, not at 9"),
        (["--data", "states.npz", "--settings", "s.json"], "The settings s.json cannot be read: No such file"),
        (["--data", "states.npz", "--output", "absent/x.json"], "There is no folder absent to write x.json to: make"),
        (["--data", "states.npz", "--output", "."], "cannot be written: Is a directory"),
        (["--data", "ecg5000"], r"put it at .*ECG5000_TRAIN.txt, or fetch it: python -m kann fetch ecg5000"),
    ],
)
def test_what_the_user_can_mend_is_one_sentence(capsys, arguments, words):
    assert re.search(words, refused(capsys, "analyse", *arguments))


def test_demos_are_listed_and_an_unknown_one_is_told_from_them(capsys):
    assert main(["demo"]) == 0

    assert re.search(r"^ecg ", capsys.readouterr().out, re.MULTILINE)
    assert "There is no demo called 'egg'; there are:" in refused(capsys, "demo", "egg")


def test_fetch_lists_what_there_is_and_where_it_lies(folder, capsys, own_cache):
    (folder / "cache" / "datasets" / "sst2").mkdir(parents=True)
    (folder / "cache" / "datasets" / "sst2" / "dev.tsv").write_text("good\t1\n")

    assert main(["fetch"]) == 0
    told = capsys.readouterr().out

    assert f"Looked for in\n  {folder / 'cache' / 'datasets'}\n" in told
    lines = {line.split()[0]: line for line in told.splitlines() if "/" in line}
    assert lines["sst2/dev"].endswith("here: " + str(folder / "cache" / "datasets" / "sst2" / "dev.tsv"))
    assert lines["sst2/test"].endswith("not here")


def test_fetch_gives_what_is_here_and_refuses_what_it_cannot_have(folder, capsys, monkeypatch, own_cache):
    (folder / "cache" / "datasets" / "sst2").mkdir(parents=True)
    (folder / "cache" / "datasets" / "sst2" / "dev.tsv").write_text("good\t1\n")
    monkeypatch.setenv("KANN_HOSTED", "1")

    assert main(["fetch", "sst2/dev"]) == 0
    assert capsys.readouterr().out == f"{folder / 'cache' / 'datasets' / 'sst2' / 'dev.tsv'}\n"
    assert "Cannot fetch sst2/test: downloads are off on this server" in refused(capsys, "fetch", "sst2/test")
    assert "no data set is called 'cifar'" in refused(capsys, "fetch", "cifar")


def test_an_interruption_ends_with_its_own_code(monkeypatch, capsys):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("kann.backend.opened.inspection.inspect", interrupted)

    assert main(["inspect", "model.pt"]) == INTERRUPTED == 130
    assert capsys.readouterr().err == ""


def answered(address):
    """The dashboard's word that it is well, asked until the server listens."""
    found = urlsplit(address)
    for _ in attempts():
        with suppress(OSError):
            connection = HTTPConnection(found.hostname, found.port, timeout=PATIENCE)
            connection.request("GET", "/_stcore/health")
            return connection.getresponse().read()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_open_becomes_a_dashboard_that_answers_and_ends_by_a_signal(ending):
    command = [sys.executable, "-m", "kann", "open", "model.pt", "beats.txt"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment) as own:
        try:
            address = own.stdout.readline().removeprefix("Opening ").strip()
            health = answered(address)
            own.send_signal(ending)
            told, _ = own.communicate(timeout=PATIENCE)
        finally:
            own.kill()

    assert health == b"ok"
    assert address.endswith("/spectrum?model=path:model.pt&data=path:beats.txt")
    assert "Traceback" not in told


def test_open_says_what_is_wrong_before_a_server_starts(capsys, monkeypatch):
    monkeypatch.setattr("kann.backend.opened.opening.start", lambda launch: pytest.fail("a server was started"))

    assert "give the checkpoint of a network too" in refused(capsys, "open", "beats.txt")
    assert "There is no model file no.pt" in refused(capsys, "open", "no.pt", "beats.txt")
    assert "A port lies between 1 and 65535, not at 70000" in refused(
        capsys, "open", "model.pt", "beats.txt", "--port", "70000"
    )


@pytest.mark.parametrize(
    ("arguments", "address"),
    [
        (["open", "states.npz"], "/spectrum?data=path:states.npz"),
        (["demo", "ecg"], "/spectrum?model=demo:ecg&data=demo:ecg"),
        (
            ["open", "model.pt", "beats.txt", "--layer", "rnn", "--roles", "readout=none"],
            "/spectrum?model=path:model.pt&data=path:beats.txt&layer=rnn&roles=readout%3D-",
        ),
    ],
)
def test_states_alone_and_demos_open_by_their_address(capsys, monkeypatch, arguments, address):
    launched = []
    monkeypatch.setattr("kann.backend.opened.opening.start", launched.append)

    assert main(arguments) == 0

    assert launched[0].address.endswith(address)
    assert launched[0].address in capsys.readouterr().out
