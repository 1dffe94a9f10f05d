"""A recurrent layer of a checkpoint, rebuilt as a torch module that runs."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from kann.errors import OutOfRange, UnknownNetwork
from kann.inputs.recurrent.known_cells import CELLS
from kann.inputs.recurrent.stated_values import contradictions
from kann.inputs.tensors.weights import float32, spoken_name, tensor_name
from kann.records import Checkpoint, RecurrentLayer

# The nonlinearity of an nn.RNN where neither the file nor the user names one: torch's own default.
ASSUMED = "tanh"


def rebuild_recurrent(
    checkpoint: Checkpoint, layer: RecurrentLayer, nonlinearity: str | None = None, direction: str = "forward"
) -> nn.Module:
    """The layer as a module, batch first, in eval mode, float32, without gradients.

    Of a bidirectional layer, one direction of the first layer: those above read both directions at
    once, so that none of them is a map by itself. The backward one reads its inputs in its own time,
    last step first. `nonlinearity` None: what the file states, else tanh.

    Raises:
        UnknownNetwork: a cell or a projection that cannot be rebuilt; a direction that is not there;
            weights that are not finite, or of other sizes than the file states.
        OutOfRange: a nonlinearity or a direction of another name.
    """
    nonlinearity = nonlinearity or layer.nonlinearity or ASSUMED
    _check(checkpoint, layer, nonlinearity, direction)
    alone = replace(layer, layers=1, bidirectional=False) if layer.bidirectional else layer
    with torch.device("meta"):  # on the meta device: takes no memory and draws no random numbers
        module = CELLS[layer.cell].build(alone, nonlinearity)
    weights = {name: _weight(checkpoint, layer, name, direction) for name in module.state_dict()}
    module.load_state_dict(weights, assign=True)
    return module.eval().requires_grad_(False)


def _weight(checkpoint: Checkpoint, layer: RecurrentLayer, name: str, direction: str) -> Tensor:
    stored = tensor_name(layer.name, name + ("_reverse" if direction == "backward" else ""))
    if stored not in checkpoint.tensors:  # the Cell classes do not number their one layer
        stored = tensor_name(layer.name, name.removesuffix("_l0"))
    return float32(checkpoint, stored)


def _check(checkpoint: Checkpoint, layer: RecurrentLayer, nonlinearity: str, direction: str) -> None:
    if layer.cell not in CELLS:
        raise UnknownNetwork(f"{spoken_name(layer)} is a {layer.cell}; cells that can be rebuilt: {', '.join(CELLS)}.")
    refuse_projections(checkpoint, tensor_name(layer.name, "weight_hr_l0"))
    for name, stated, shown in contradictions(checkpoint.metadata, layer):
        raise UnknownNetwork(
            f"The file states {name} = {stated}, but the weights of {spoken_name(layer)} have {shown}: one of them was "
            "changed after training; save the state dict alone to go by the weights."
        )
    if nonlinearity not in ("tanh", "relu"):
        raise OutOfRange(f"The nonlinearity is 'tanh' or 'relu', not {nonlinearity!r}.")
    if direction not in ("forward", "backward"):
        raise OutOfRange(f"The direction is 'forward' or 'backward', not {direction!r}.")
    if direction == "backward" and not layer.bidirectional:
        raise UnknownNetwork(f"{spoken_name(layer)} reads forward only: its direction is 'forward'.")


def refuse_projections(checkpoint: Checkpoint, name: str) -> None:
    """Raises UnknownNetwork where the tensor of this name, an LSTM's projection, is there."""
    if name in checkpoint.tensors:
        size = checkpoint.tensors[name].shape[0]
        raise UnknownNetwork(
            f"{name} makes this an LSTM with proj_size={size}, which cannot be rebuilt here: "
            "run it in your own process with kann.states_from_module."
        )
