import math

import numpy as np
import pytest
import torch

import kann
from kann.errors import OutOfRange
from kann.inputs.recurrent.cells.orthogonal import OrthogonalRNN
from kann.tasks.copy import ITEMS, copy_sequences, draw_items
from kann.tasks.copy_demos import DEMOS, make_demo
from kann.tasks.copy_networks import (
    CopyNetwork,
    CopyRecipe,
    load_network,
    recall_by_delay,
    recall_loss,
    train,
)
from kann.tasks.demos import find_demo

QUICK = {"iterations": 30, "batch_size": 16, "hidden": 24, "delays": (1, 2), "open_at_first": 2}


@pytest.fixture(params=DEMOS)
def demo(request):
    return find_demo(request.param)


def test_the_cards_recall_comes_out_again(demo):
    found = recall_by_delay(load_network(demo.checkpoint, demo.card), demo.data)

    assert found == pytest.approx(demo.card["scores"]["recall_by_delay"], abs=0.01)


def test_the_shipped_network_opens_as_the_one_that_was_trained(demo):
    network, trained = (
        kann.build_network(kann.open_checkpoint(demo.checkpoint)),
        load_network(demo.checkpoint, demo.card),
    )
    ids = torch.from_numpy(copy_sequences(draw_items(4, np.random.default_rng(9)), 50))
    inputs = torch.nn.functional.one_hot(ids, 10).float()

    outputs = network.readout(network.module(inputs)[0][:, -ITEMS:])

    torch.testing.assert_close(outputs, trained(ids), atol=1e-5, rtol=0)


def test_the_solver_recalls_after_every_delay_and_on_sequences_it_never_met():
    demo = find_demo("copy-orthogonal")

    assert min(demo.card["scores"]["recall_by_delay"].values()) >= 0.99
    items = torch.from_numpy(draw_items(100, np.random.default_rng(12345)))
    outputs = load_network(demo.checkpoint, demo.card)(torch.from_numpy(copy_sequences(items.numpy(), 200)))
    assert (outputs.argmax(dim=2) == items).double().mean() >= 0.99


def test_the_solvers_recurrence_is_orthogonal():
    demo = find_demo("copy-orthogonal")
    recurrence = load_network(demo.checkpoint, demo.card).memory.recurrence

    torch.testing.assert_close(recurrence @ recurrence.T, torch.eye(128), atol=1e-5, rtol=0)


def test_the_gru_holds_short_delays_and_loses_long_ones():
    recall = find_demo("copy-gru").card["scores"]["recall_by_delay"]

    assert min(recall[delay] for delay in ("10", "20", "50")) >= 0.99
    assert recall["200"] < 0.2


def test_the_tanh_network_guesses_at_every_delay():
    recall = find_demo("copy-rnn").card["scores"]["recall_by_delay"]

    np.testing.assert_allclose(list(recall.values()), 1 / 8, atol=0.05)


def test_the_loss_of_a_network_that_remembers_nothing_is_that_of_a_guess():
    loss = recall_loss(torch.zeros(3, ITEMS, 8), torch.from_numpy(draw_items(3, np.random.default_rng(0))))

    assert loss.item() == pytest.approx(math.log(8))


def test_the_read_out_speaks_at_the_steps_of_recall_alone():
    torch.manual_seed(0)
    network = CopyNetwork("GRU", 6)
    ids = torch.from_numpy(copy_sequences(draw_items(2, np.random.default_rng(0)), 7))

    states = network.memory(torch.nn.functional.one_hot(ids, 10).float())[0]

    torch.testing.assert_close(network(ids), network.readout(states)[:, 18:])


def test_training_learns_a_short_delay_and_opens_the_next():
    recipe = CopyRecipe("orthogonal", (1, 11), 1, 150, "RMSprop", 3e-3, 1e-3, hidden=96, batch_size=32)

    network, history = train(recipe)

    assert max(turn.recall for turn in history if turn.longest == 1) > 0.97
    assert history[-1].longest == 11
    assert isinstance(network.memory, OrthogonalRNN)


@pytest.mark.parametrize("name", DEMOS)
def test_two_runs_write_the_same_bytes(name, tmp_path):
    cards = [make_demo(name, tmp_path / turn, **QUICK) for turn in ("first", "again")]

    assert cards[0] == cards[1]
    for file in (f"{name}.safetensors", f"{name}.json", "copy_sequences.npz"):
        assert (tmp_path / "first" / file).read_bytes() == (tmp_path / "again" / file).read_bytes()
    assert find_demo(name, tmp_path / "first").card == cards[0]


def test_the_demos_that_ship_came_of_their_recipes(demo):
    recipe = vars(DEMOS[demo.name].recipe)

    assert {name: demo.card["recipe"][name] for name in recipe} == recipe | {"delays": list(recipe["delays"])}


def test_an_unknown_demo_lists_those_that_there_are(tmp_path):
    with pytest.raises(
        OutOfRange, match="no copy demo called 'copy-lstm'; there are: copy-orthogonal, copy-gru, copy-rnn"
    ):
        make_demo("copy-lstm", tmp_path)


def test_a_training_without_iterations_is_refused(tmp_path):
    with pytest.raises(OutOfRange, match=r"at least one iteration, .* not 0, 128 and 1"):
        make_demo("copy-rnn", tmp_path, iterations=0)
