"""The null model of a trained network: the same shapes, never trained."""

from __future__ import annotations

import copy
import math
from dataclasses import replace

import torch
from torch import nn

from kann.inputs.cells.antisymmetric import AntisymmetricRNN
from kann.inputs.cells.orthogonal import OrthogonalRNN
from kann.inputs.networks import Network


def untrained_twin(network: Network, seed: int) -> Network:
    """The same network with weights fresh from torch's default initialisation.

    Embedding, read-out and decoder too. The random numbers are the twin's own: the same seed gives the
    same twin, whatever else draws, and torch's global generator stays as it is.
    """
    generator = torch.Generator().manual_seed(seed)
    names = ("embedding", "module", "readout", "decoder")
    parts = {name: copy.deepcopy(getattr(network, name)) for name in names}
    for part in parts.values():
        if part is not None:
            _initialise(part, generator)
    return replace(network, **parts)


@torch.no_grad()
def _initialise(module: nn.Module, generator: torch.Generator) -> None:
    """torch's `reset_parameters`, which take no generator, once more."""
    for part in module.modules():
        if isinstance(part, nn.RNNBase):
            bound = 1 / math.sqrt(part.hidden_size)
            for weight in part.parameters():
                nn.init.uniform_(weight, -bound, bound, generator=generator)
        elif isinstance(part, nn.Linear):
            nn.init.kaiming_uniform_(part.weight, a=math.sqrt(5), generator=generator)
            if part.bias is not None:
                bound = 1 / math.sqrt(part.in_features)
                nn.init.uniform_(part.bias, -bound, bound, generator=generator)
        elif isinstance(part, nn.Embedding):
            nn.init.normal_(part.weight, generator=generator)
        elif isinstance(part, (OrthogonalRNN, AntisymmetricRNN)):
            part.reset_parameters(generator)
