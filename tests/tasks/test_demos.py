import pytest

import kann
from kann.errors import OutOfRange
from kann.tasks.demos import demos, find_demo


def test_the_heartbeat_demo_ships_whole():
    demo = find_demo("ecg")

    assert demo in demos()
    assert demo.checkpoint.is_file()
    assert demo.data.is_file()
    assert demo.title
    assert demo.sentence
    assert demo.card["threshold"]["loss"] > 0


def test_the_heartbeat_demos_encoder_is_what_opens_first():
    demo = find_demo("ecg")
    network = kann.build_network(kann.open_checkpoint(demo.checkpoint))
    states = next(iter(kann.hidden_states(network, kann.open_dataset(demo.data), state="hidden")))

    assert network.layer.name == "encoder"
    assert states.values.shape[1:] == (140, 64)


def test_the_film_review_demo_ships_whole():
    demo = find_demo("sentiment")

    assert demo.checkpoint.is_file()
    assert len(kann.open_dataset(demo.data, vocabulary=kann.open_checkpoint(demo.checkpoint))) >= 90
    assert demo.card["classes"] == {"0": "negative", "1": "positive"}


def test_an_unknown_name_lists_those_that_there_are():
    with pytest.raises(OutOfRange, match=r"no demo called 'egc'; there are: .*ecg"):
        find_demo("egc")


def test_an_empty_folder_has_no_demos(tmp_path):
    with pytest.raises(OutOfRange, match="there are: none"):
        find_demo("ecg", tmp_path)
