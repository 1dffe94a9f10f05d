"""The training loop of all demos: seeded, one schedule, the best validation epoch is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from kann.errors import OutOfRange

Losses = Callable[[nn.Module, Tensor], Tensor]


@dataclass(frozen=True)
class Recipe:
    """How a network is trained: Adam under a one-cycle schedule, gradients clipped by their norm.

    `warm_up` is the share of all steps during which the rate climbs to `learning_rate`; the cosine back
    to nothing fills the rest. `seed` draws the initial weights and the order of the batches.
    """

    epochs: int = 120
    batch_size: int = 32
    learning_rate: float = 3e-3
    warm_up: float = 0.05
    largest_gradient: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.epochs, self.batch_size) < 1:
            raise OutOfRange(
                f"Training takes at least one epoch and one sequence a batch, not {self.epochs} and {self.batch_size}."
            )


@dataclass(frozen=True)
class Epoch:
    """Mean losses after an epoch, numbered from 1; `best` says whether its weights are kept for now."""

    number: int
    training: float
    validation: float
    best: bool


@contextmanager
def reproducible(seed: int) -> Iterator[None]:
    """Random numbers from `seed`, one thread, deterministic kernels inside the block; all as before after it.

    The number of threads changes the order of sums, and with it the last bits of every weight.
    """
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        torch.set_num_threads(1)
        torch.use_deterministic_algorithms(True)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
            torch.use_deterministic_algorithms(deterministic)


def fit(
    network: nn.Module,
    losses: Losses,
    training: Tensor,
    validation: Tensor,
    recipe: Recipe,
    progress: Callable[[Epoch], None] | None = None,
) -> list[Epoch]:
    """Train `network` in place and leave it with the weights of its best validation epoch.

    `losses(network, sequences)` gives one loss a sequence. Call it inside `reproducible`, with the
    network made there too: then the same recipe gives the same weights.
    """
    optimiser = torch.optim.Adam(network.parameters(), lr=recipe.learning_rate)
    batches = -(-len(training) // recipe.batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, recipe.learning_rate, total_steps=recipe.epochs * batches, pct_start=recipe.warm_up
    )
    history: list[Epoch] = []
    kept = deepcopy(network.state_dict())
    for number in range(1, recipe.epochs + 1):
        trained = _train_epoch(network, losses, training, recipe, optimiser, schedule)
        validated = mean_loss(network, losses, validation)
        best = all(validated < epoch.validation for epoch in history)
        history.append(Epoch(number, trained, validated, best))
        if best:
            kept = deepcopy(network.state_dict())
        if progress is not None:
            progress(history[-1])
    network.load_state_dict(kept)
    return history


@torch.no_grad()
def mean_loss(network: nn.Module, losses: Losses, sequences: Tensor, batch_size: int = 512) -> float:
    """The mean over sequences of their losses, in float64, with dropout off."""
    network.eval()
    return torch.cat([losses(network, batch) for batch in sequences.split(batch_size)]).double().mean().item()


def _train_epoch(network, losses, sequences, recipe, optimiser, schedule) -> float:
    network.train()
    total = 0.0
    for rows in torch.randperm(len(sequences)).split(recipe.batch_size):
        batch_losses = losses(network, sequences[rows])
        optimiser.zero_grad()
        batch_losses.mean().backward()
        nn.utils.clip_grad_norm_(network.parameters(), recipe.largest_gradient)
        optimiser.step()
        schedule.step()
        total += batch_losses.detach().sum().item()
    return total / len(sequences)
