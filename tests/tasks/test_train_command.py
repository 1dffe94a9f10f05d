import numpy as np

from kann.__main__ import main
from kann.tasks.beats import SHIPPED, simulate_beats
from kann.tasks.demos import find_demo


def test_the_command_trains_writes_and_prints_its_scores(tmp_path, capsys):
    beats, _ = simulate_beats(dict.fromkeys(SHIPPED, 6))
    table = np.column_stack([beats.labels, beats.signals[:, :, 0]])
    for name in ("ECG5000_TRAIN.txt", "ECG5000_TEST.txt"):
        np.savetxt(tmp_path / name, table)

    code = main(["train", "ecg", "--data", str(tmp_path), "--epochs", "1", "--seed", "3", "--out", str(tmp_path)])

    assert code == 0
    assert "epoch 1: loss" in capsys.readouterr().out
    assert find_demo("ecg", tmp_path).card["recipe"]["seed"] == 3


def test_what_is_missing_is_said_in_a_sentence_with_exit_code_1(tmp_path, capsys):
    code = main(["train", "ecg", "--data", str(tmp_path), "--out", str(tmp_path)])

    assert code == 1
    assert "ECG5000_TRAIN.txt (or .gz) is not at" in capsys.readouterr().err


def test_the_copy_networks_are_trained_by_their_names(tmp_path, capsys):
    code = main(["train", "copy", "copy-gru", "--iterations", "50", "--seed", "3", "--out", str(tmp_path)])

    assert code == 0
    printed = capsys.readouterr().out
    assert "iteration 50: delays up to 1, loss" in printed
    assert "after 200 blanks" in printed
    assert find_demo("copy-gru", tmp_path).card["recipe"]["seed"] == 3


def test_a_copy_network_that_there_is_not_is_named_with_exit_code_1(tmp_path, capsys):
    assert main(["train", "copy", "copy-lstm", "--out", str(tmp_path)]) == 1
    assert "no copy demo called 'copy-lstm'" in capsys.readouterr().err
