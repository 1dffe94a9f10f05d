import pytest
import torch
from torch import nn

from kann.errors import OutOfRange
from kann.tasks.training import Recipe, fit, mean_loss, reproducible

TARGETS = torch.linspace(-1, 1, 40)[:, None]


def squares(network, batch):
    return (network(batch) - 2 * batch).square().sum(dim=1)


def test_training_lowers_the_loss_and_tells_each_epoch():
    seen = []
    with reproducible(0):
        network = nn.Linear(1, 1)
        before = mean_loss(network, squares, TARGETS)
        history = fit(network, squares, TARGETS, TARGETS, Recipe(epochs=5, learning_rate=0.1), seen.append)

    assert history == seen
    assert [epoch.number for epoch in history] == [1, 2, 3, 4, 5]
    assert history[-1].validation < before / 2


def test_the_best_validation_epoch_is_kept():
    away = -TARGETS
    with reproducible(0):
        network = nn.Linear(1, 1)
        history = fit(network, squares, TARGETS, away, Recipe(epochs=30, learning_rate=2.0, batch_size=4, warm_up=0.5))

    best = min(epoch.validation for epoch in history)
    assert mean_loss(network, squares, away) == best
    assert max(epoch.number for epoch in history if epoch.best) < 30


def test_the_same_seed_trains_the_same_weights():
    weights = []
    for seed in (1, 1, 2):
        with reproducible(seed):
            network = nn.Linear(1, 1)
            fit(network, squares, TARGETS, TARGETS, Recipe(epochs=2, seed=seed))
        weights.append(network.weight.item())

    assert weights[0] == weights[1] != weights[2]


def test_training_leaves_torchs_settings_and_random_numbers_alone():
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    with reproducible(0):
        torch.rand(5)

    assert torch.equal(torch.rand(3), expected)
    assert (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()) == before


@pytest.mark.parametrize("wrong", [{"epochs": 0}, {"batch_size": 0}])
def test_a_recipe_without_epochs_or_batches_is_refused(wrong):
    with pytest.raises(OutOfRange, match=r"at least one epoch and one sequence a batch, not .*0"):
        Recipe(**wrong)
