"""Networks for the copy task, and their training: new sequences at every iteration, increasing delays."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int
from safetensors.torch import load_file
from torch import Tensor, nn

from kann.errors import OutOfRange
from kann.inputs.recurrent.cells.orthogonal import OrthogonalRNN
from kann.tasks import copy
from kann.tasks.training import reproducible

# Recall at which a batch counts as learnt, and the number of such batches in a row that opens the next delay.
_LEARNT = 0.97
_IN_A_ROW = 3
# Share of the iterations at the end over which the learning rates fall to 0.
SETTLING = 0.3
_CELLS = {
    "orthogonal": OrthogonalRNN,
    "GRU": lambda inputs, hidden: nn.GRU(inputs, hidden, batch_first=True),
    "tanh RNN": lambda inputs, hidden: nn.RNN(inputs, hidden, batch_first=True),
}


@dataclass(frozen=True)
class CopyRecipe:
    """The recipe of a copy network: new sequences at every iteration, with a delay drawn from those that are open.

    At first the `open_at_first` shortest of `delays` are; each time three batches in a row are recalled to 97 %,
    the next one opens. `recurrent_rate` is the learning rate of a Cayley transform's weights.
    """

    cell: str
    delays: tuple[int, ...]
    open_at_first: int
    iterations: int
    optimiser: str
    learning_rate: float
    recurrent_rate: float
    hidden: int = 128
    batch_size: int = 128
    largest_gradient: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.iterations, self.batch_size, self.open_at_first) < 1:
            raise OutOfRange(
                "Training takes at least one iteration, one sequence a batch and one open delay, not "
                f"{self.iterations}, {self.batch_size} and {self.open_at_first}."
            )


@dataclass(frozen=True)
class Turn:
    """State of a training: the longest open delay, the loss and the recall of a batch."""

    iteration: int
    longest: int
    loss: float
    recall: float


class CopyNetwork(nn.Module):
    """One channel an id into a recurrent layer, whose h a linear read-out takes for one of the symbols."""

    def __init__(self, cell: str, hidden: int) -> None:
        super().__init__()
        self.memory = _CELLS[cell](copy.IDS, hidden)
        self.readout = nn.Linear(hidden, copy.ALPHABET)

    def forward(self, ids: Int[Tensor, "sequences steps"]) -> Float[Tensor, "sequences items symbols"]:
        """The log-odds of the symbols at the steps of recall."""
        states = self.memory(nn.functional.one_hot(ids, copy.IDS).float())[0]
        return self.readout(states[:, -copy.ITEMS :])


def recall_loss(
    outputs: Float[Tensor, "sequences items symbols"], items: Int[Tensor, "sequences items"]
) -> Float[Tensor, ""]:
    """Cross-entropy over the steps of recall: log 8 for a network without memory."""
    return nn.functional.cross_entropy(outputs.flatten(0, 1), items.flatten())


def train(recipe: CopyRecipe, progress: Callable[[Turn], None] | None = None) -> tuple[CopyNetwork, list[Turn]]:
    """The network of a recipe, and how its training went, one turn an iteration."""
    random, history, opened, learnt = np.random.default_rng(recipe.seed), [], recipe.open_at_first, 0
    with reproducible(recipe.seed):
        network = CopyNetwork(recipe.cell, recipe.hidden)
        optimiser, schedule = _optimiser(network, recipe)
        for iteration in range(1, recipe.iterations + 1):
            opened = min(opened, len(recipe.delays))
            delay = recipe.delays[random.integers(opened)]
            loss, recall = _learn(network, copy.draw_items(recipe.batch_size, random), delay, recipe, optimiser)
            schedule.step()
            history.append(Turn(iteration, recipe.delays[opened - 1], loss, recall))
            learnt = learnt + 1 if recall > _LEARNT else 0
            if learnt == _IN_A_ROW:
                opened, learnt = opened + 1, 0
            if progress is not None:
                progress(history[-1])
    return network.eval(), history


@torch.no_grad()
def recall_by_delay(network: CopyNetwork, data: Path) -> dict[str, float]:
    """Share of the symbols that are recalled, for each delay of a file that `copy.write_copies` wrote."""
    with np.load(data) as file:
        symbols, lengths, labels = (file[name] for name in ("symbols", "lengths", "labels"))
    return {
        str(delay): round(_right(network, symbols[labels == delay], lengths[labels == delay].max().item()), 4)
        for delay in np.unique(labels).tolist()
    }


def load_network(checkpoint: Path, card: Mapping) -> CopyNetwork:
    """The network of a checkpoint that ships, with its card."""
    network = CopyNetwork(card["recipe"]["cell"], card["recipe"]["hidden"])
    network.load_state_dict(load_file(checkpoint))
    return network.eval()


def _learn(network, items: np.ndarray, delay: int, recipe: CopyRecipe, optimiser) -> tuple[float, float]:
    targets = torch.from_numpy(items)
    outputs = network(torch.from_numpy(copy.copy_sequences(items, delay)))
    loss = recall_loss(outputs, targets)
    optimiser.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), recipe.largest_gradient)
    optimiser.step()
    return loss.item(), (outputs.argmax(dim=2) == targets).float().mean().item()


def _optimiser(network: nn.Module, recipe: CopyRecipe):
    """The optimiser, and the schedule that lowers its rates at the end."""
    turning = {name: weight for name, weight in network.named_parameters() if name.endswith("skew_hh")}
    others = [weight for name, weight in network.named_parameters() if name not in turning]
    groups = [{"params": others, "lr": recipe.learning_rate}]
    if turning:
        groups.append({"params": list(turning.values()), "lr": recipe.recurrent_rate})
    optimiser = torch.optim.Adam(groups) if recipe.optimiser == "Adam" else torch.optim.RMSprop(groups, alpha=0.9)

    def rate(done: int) -> float:
        left = (1 - done / recipe.iterations) / SETTLING
        return 1.0 if left >= 1 else 0.5 - 0.5 * math.cos(math.pi * left)

    return optimiser, torch.optim.lr_scheduler.LambdaLR(optimiser, rate)


def _right(network: CopyNetwork, symbols: np.ndarray, length: int) -> float:
    ids = torch.from_numpy(symbols[:, :length].astype(np.int64))
    return (network(ids).argmax(dim=2) == ids[:, : copy.ITEMS]).double().mean().item()
