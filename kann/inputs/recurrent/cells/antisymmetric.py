"""A recurrence that follows a damped rotation by small steps: an antisymmetric matrix, then tanh."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn


class AntisymmetricRNN(nn.Module):
    """h <- h + s tanh((A - A' - d I) h + V x + b); called like nn.RNN, batch first.

    `skew_hh` is A, of which only the skew-symmetric part counts; `step_size` s and `damping` d are kept
    beside the weights, and are not trained.

    Source: Chang, Chen, Haber and Chi (2019), "AntisymmetricRNN: a dynamical system view on recurrent
    neural networks", Eq. 10.
    """

    def __init__(self, input_size: int, hidden_size: int, step_size: float = 0.1, damping: float = 0.01) -> None:
        super().__init__()
        self.input_size, self.hidden_size = input_size, hidden_size
        self.weight_ih = nn.Parameter(torch.empty(hidden_size, input_size))
        self.skew_hh = nn.Parameter(torch.empty(hidden_size, hidden_size))
        self.bias = nn.Parameter(torch.empty(hidden_size))
        self.register_buffer("step_size", torch.tensor(step_size))
        self.register_buffer("damping", torch.tensor(damping))
        self.reset_parameters()

    @torch.no_grad()
    def reset_parameters(self, generator: Generator | None = None) -> None:
        """Fresh weights; step size and damping stay as they are."""
        deviation = 1 / math.sqrt(self.hidden_size)
        nn.init.normal_(self.weight_ih, std=1 / math.sqrt(self.input_size), generator=generator)
        nn.init.normal_(self.skew_hh, std=deviation, generator=generator)
        nn.init.zeros_(self.bias)

    @property
    def recurrence(self) -> Float[Tensor, "units units"]:
        """A - A' - d I, made anew at each asking."""
        identity = torch.eye(self.hidden_size, dtype=self.skew_hh.dtype, device=self.skew_hh.device)
        return self.skew_hh - self.skew_hh.T - self.damping * identity

    def forward(
        self, inputs: Float[Tensor, "batch steps channels"], first: Float[Tensor, "1 batch units"] | None = None
    ) -> tuple[Float[Tensor, "batch steps units"], Float[Tensor, "1 batch units"]]:
        turn, driven = self.recurrence.T, inputs @ self.weight_ih.T + self.bias
        h = driven.new_zeros(len(inputs), self.hidden_size) if first is None else first[0]
        states = []
        for step in driven.unbind(1):
            h = h + self.step_size * torch.tanh(torch.addmm(step, h, turn))
            states.append(h)
        return torch.stack(states, dim=1), h[None]
