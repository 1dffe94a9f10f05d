import pytest
import torch

import kann
from kann.errors import OutOfRange
from kann.interventions.untrained_twins import kinds_of
from kann.tasks.demos import demos, find_demo
from kann.tasks.ecg import Autoencoder


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


@pytest.mark.parametrize("demo", demos(), ids=lambda demo: demo.name)
def test_cards_name_an_initialisation_that_untrained_twins_can_have(demo):
    network = kann.build_network(kann.open_checkpoint(demo.checkpoint))

    assert demo.card["initialisation"] in kinds_of(network)


def test_the_heartbeat_demo_began_with_the_bias_that_its_card_names():
    torch.manual_seed(0)
    forget = Autoencoder().encoder.bias_hh_l0[64:128]

    assert find_demo("ecg").card["initialisation"] == "forget bias 1"
    assert (forget == 1).all()
