"""The read-out of a network, applied to streamed states."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import nn

from kann.inputs.networks import Network
from kann.inputs.recurrent.unrolling import state_units


@dataclass(frozen=True)
class Readout:
    """A network's read-out as a function of the whole state, in which it reads `units`, the last layer's h."""

    module: nn.Module
    units: slice
    width: int

    def __call__(self, states: Float[np.ndarray, "*shape units"]) -> Float[np.ndarray, "*shape outputs"]:
        """The outputs (log-odds, before any sigmoid or softmax) of states, true or predicted."""
        with torch.inference_mode():
            read = torch.from_numpy(np.ascontiguousarray(states[..., self.units], dtype=np.float32))
            return self.module(read).numpy().astype(np.float64)

    def gradient(self, states: Float[np.ndarray, "count units"]) -> Float[np.ndarray, "outputs units"]:
        """How each output changes with the state: exact where the read-out is linear, else its mean over `states`."""
        read = torch.from_numpy(np.ascontiguousarray(states[:, self.units], dtype=np.float32)).requires_grad_(True)
        with torch.enable_grad():
            totals = self.module(read).sum(dim=0)
            rows = [torch.autograd.grad(total, read, retain_graph=True)[0].mean(dim=0) for total in totals]
        gradient = np.zeros((len(rows), self.width))
        gradient[:, self.units] = torch.stack(rows).double().numpy()
        return gradient


def readout_of(network: Network | None, state: str) -> Readout | None:
    """The read-out of states of this kind ("full" or "hidden"); None where the network has none."""
    if network is None or network.readout is None:
        return None
    return Readout(network.readout, last_units(network, state), state_units(network.layer_maps, state))


def last_units(network: Network, state: str) -> slice:
    """Where in a state of this kind the last layer's h stands, all that a read-out or a decoder is given."""
    maps = network.layer_maps
    start = state_units(maps[:-1], "full") if state == "full" else 0
    return slice(start, start + maps[-1].units)
