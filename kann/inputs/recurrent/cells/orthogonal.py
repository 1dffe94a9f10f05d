"""A recurrence that neither stretches nor shrinks what it holds: an orthogonal matrix, then modReLU."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn


class OrthogonalRNN(nn.Module):
    """h <- modReLU(W h + V x), W the Cayley transform of a skew-symmetric matrix; called like nn.RNN, batch first.

    Only the skew-symmetric part of `skew_hh` counts, so that every value of it gives an orthogonal W.
    `bias` is modReLU's: negative, it silences small entries; positive, it lets a state grow.

    Source: Helfrich, Willmott and Ye (2018), "Orthogonal recurrent neural networks with scaled Cayley
    transform", without the scaling, which is not learnt there; Arjovsky et al. (2016), Eq. 8, for modReLU.
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.input_size, self.hidden_size = input_size, hidden_size
        self.weight_ih = nn.Parameter(torch.empty(hidden_size, input_size))
        self.skew_hh = nn.Parameter(torch.empty(hidden_size, hidden_size))
        self.bias = nn.Parameter(torch.empty(hidden_size))
        self.reset_parameters()

    @torch.no_grad()
    def reset_parameters(self, generator: Generator | None = None) -> None:
        """Fresh weights: W turns planes by angles drawn from all of the upper half circle."""
        nn.init.xavier_uniform_(self.weight_ih, generator=generator)
        nn.init.uniform_(self.bias, -0.01, 0.01, generator=generator)
        angles = torch.empty(self.hidden_size // 2).uniform_(-math.pi, math.pi, generator=generator)
        self.skew_hh.zero_()
        self.skew_hh.diagonal(1)[: 2 * len(angles) : 2] = torch.tan(angles / 2) / 2
        self.skew_hh.diagonal(-1)[: 2 * len(angles) : 2] = -torch.tan(angles / 2) / 2

    @property
    def recurrence(self) -> Float[Tensor, "units units"]:
        """W, made anew at each asking."""
        return cayley(self.skew_hh)

    def forward(
        self, inputs: Float[Tensor, "batch steps channels"], first: Float[Tensor, "1 batch units"] | None = None
    ) -> tuple[Float[Tensor, "batch steps units"], Float[Tensor, "1 batch units"]]:
        turn, driven = self.recurrence.T, inputs @ self.weight_ih.T
        h = driven.new_zeros(len(inputs), self.hidden_size) if first is None else first[0]
        states = []
        for step in driven.unbind(1):
            h = modrelu(torch.addmm(step, h, turn), self.bias)
            states.append(h)
        return torch.stack(states, dim=1), h[None]


def cayley(square: Float[Tensor, "units units"]) -> Float[Tensor, "units units"]:
    """(I + S)^-1 (I - S) of the skew-symmetric S = A - A': orthogonal, solved in double precision."""
    skew = (square - square.T).double()
    identity = torch.eye(len(skew), dtype=skew.dtype, device=skew.device)
    return torch.linalg.solve(identity + skew, identity - skew).to(square.dtype)


def modrelu(values: Float[Tensor, "batch units"], bias: Float[Tensor, " units"]) -> Float[Tensor, "batch units"]:
    """The magnitude plus a bias, at least 0, under the old sign."""
    return torch.sign(values) * torch.relu(values.abs() + bias)
