"""Checkpoint -> Network: a recurrent layer that runs, with its embedding, read-out and decoder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import nn

from kann.errors import UnknownNetwork
from kann.inputs.recurrent.dense_weights import keeps_order
from kann.inputs.recurrent.known_cells import CELLS, LayerMap
from kann.inputs.recurrent.layers import OWN_CELLS, own_cell
from kann.inputs.recurrent.modules import rebuild_recurrent, refuse_projections
from kann.inputs.recurrent.role_modules import Decoder, build_roles
from kann.inputs.recurrent.roles import ROLES, guess_roles, recurrent_readers
from kann.records import Checkpoint, RecurrentLayer

# Tensors that a message lists by name.
SHOWN = 6


@dataclass(frozen=True)
class Network:
    """A recurrent layer as a torch module and the modules around it, float32, in eval mode, without gradients.

    `module(inputs)[0]` are the last layer's h [batch steps units] over inputs [batch steps channels];
    `layer` is the layer as the checkpoint has it. `embedding` takes token ids to inputs, `readout` the
    last layer's h to outputs, `decoder(last, steps)` an encoder's last h [batch hidden] to [batch steps
    channels]; each is None where there is none. `direction` "backward": the inputs are read from the
    last step to the first. Of a bidirectional layer `module` holds one direction of the first layer.
    """

    module: nn.Module
    layer: RecurrentLayer
    embedding: nn.Embedding | None = None
    readout: nn.Module | None = None
    decoder: Decoder | None = None
    direction: str = "forward"

    @property
    def layer_maps(self) -> list[LayerMap]:
        """The layers, lowest first, each as the map of its full state."""
        return CELLS[self.layer.cell].layer_maps(self.module)


def build_network(
    checkpoint: Checkpoint,
    layer: str | None = None,
    roles: Mapping[str, str | None] | None = None,
    nonlinearity: str | None = None,
    direction: str = "forward",
) -> Network:
    """The network around one recurrent layer, the first (an autoencoder's encoder) unless `layer` names another.

    Embedding, read-out and decoder are guessed by shape; `roles` overrules with the prefix of the
    tensors that fill "embedding", "readout" or "decoder" (see `kann.inputs.recurrent.roles`), or None for none.
    `nonlinearity` ("tanh" or "relu") is of nn.RNN alone: weights do not tell it. None: what the file states of each
    layer, and tanh where it states nothing.

    Raises:
        UnknownNetwork: no such layer, sizes that do not fit, or a network that cannot be rebuilt.
        OutOfRange: a nonlinearity or a direction of another name.
    """
    chosen = _choose(checkpoint, layer)
    module = rebuild_recurrent(checkpoint, chosen, nonlinearity, direction)
    names = guess_roles(checkpoint, chosen) | _known(roles or {})
    return Network(module, chosen, direction=direction, **build_roles(checkpoint, chosen, names, nonlinearity))


def _choose(checkpoint: Checkpoint, name: str | None) -> RecurrentLayer:
    layers = {layer.name: layer for layer in checkpoint.recurrent_layers}
    if not layers:
        raise _without_recurrence(checkpoint)
    if name is None:
        return first_layer(checkpoint)
    if name not in layers:
        raise UnknownNetwork(
            f"There is no recurrent layer {name!r} in this file; it has {', '.join(map(repr, layers))}."
        )
    return layers[name]


def first_layer(checkpoint: Checkpoint) -> RecurrentLayer:
    """The default layer: the first recurrent one; where the file does not keep the order, the first that reads no
    other one."""
    layers = checkpoint.recurrent_layers
    if keeps_order(checkpoint):
        return layers[0]
    fed = [reader for layer in layers for reader in recurrent_readers(checkpoint, layer)]
    alone = [layer for layer in layers if layer not in fed]
    named = [layer for layer in layers if "enc" in layer.name.lower()]
    return (alone or named or list(layers))[0]


def _without_recurrence(checkpoint: Checkpoint) -> UnknownNetwork:
    for tensor in checkpoint.tensors:
        if tensor.endswith("weight_hr_l0"):
            refuse_projections(checkpoint, tensor)
    cell = own_cell(checkpoint.metadata)
    if cell is not None:
        return _without_own_cell(cell)
    there = [f"{name} {array.shape}" for name, array in checkpoint.tensors.items()]
    listed = ", ".join(there[:SHOWN]) + (f" and {len(there) - SHOWN} more" if len(there) > SHOWN else "")
    return UnknownNetwork(
        f"No recurrent layer is in this file; it holds {listed or 'no tensors'}. Any other network: take "
        "its states in your own process with kann.states_from_module."
    )


def _without_own_cell(cell: str) -> UnknownNetwork:
    """Why nothing is rebuilt from a file whose metadata name a cell."""
    known = ", ".join(OWN_CELLS)
    if cell not in OWN_CELLS:
        return UnknownNetwork(
            f"The file's metadata call its cell {cell[:80]!r}, but cells known by name here are: {known}. Any other "
            "network: take its states in your own process with kann.states_from_module."
        )
    return UnknownNetwork(
        f"The file's metadata call its cell {cell!r}, but no prefix has its tensors "
        f"{', '.join(OWN_CELLS[cell])} in shapes that agree: save the module's whole state dict."
    )


def _known(roles: Mapping[str, str | None]) -> dict[str, str | None]:
    for role in roles:
        if role not in ROLES:
            raise UnknownNetwork(f"There is no role {role!r}; the roles are {', '.join(ROLES)}.")
    return dict(roles)
