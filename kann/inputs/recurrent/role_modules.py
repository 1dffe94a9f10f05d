"""Builds the modules around a recurrent layer from the tensors that a role names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import torch
from torch import Tensor, nn

from kann.errors import UnknownNetwork
from kann.inputs.recurrent.dense_weights import Dense, dense_weights, is_table
from kann.inputs.recurrent.modules import rebuild_recurrent
from kann.inputs.recurrent.roles import JOIN, role_candidates
from kann.inputs.tensors.weights import float32, spoken_name, tensor_name
from kann.records import Checkpoint, RecurrentLayer


class Decoder(nn.Module):
    """An autoencoder's second half: the encoder's last h, once a step, through a recurrent and a linear layer."""

    def __init__(self, recurrent: nn.Module, readout: nn.Module) -> None:
        super().__init__()
        self.recurrent = recurrent
        self.readout = readout

    def forward(self, last: Tensor, steps: int) -> Tensor:
        """[batch hidden] to [batch steps channels]."""
        return self.readout(self.recurrent(last[:, None].expand(-1, steps, -1))[0])


def build_roles(
    checkpoint: Checkpoint, layer: RecurrentLayer, names: Mapping[str, str | None], nonlinearity: str | None
) -> dict[str, nn.Module | None]:
    """The module of each role that has a name, in eval mode and without gradients.

    Raises:
        UnknownNetwork: there is no such tensor, or its sizes do not fit.
    """
    builders = {
        "embedding": build_embedding,
        "readout": build_readout,
        "decoder": partial(build_decoder, nonlinearity=nonlinearity),
    }
    return {
        role: None if name is None else builders[role](checkpoint, layer, name).eval().requires_grad_(False)
        for role, name in names.items()
    }


def build_embedding(checkpoint: Checkpoint, layer: RecurrentLayer, name: str) -> nn.Embedding:
    """The embedding [vocabulary, inputs of the layer] of this name."""
    dense = _dense(checkpoint, layer, "embedding", name)
    _connect(name, dense.inputs, spoken_name(layer), layer.input_size)
    return nn.Embedding.from_pretrained(float32(checkpoint, tensor_name(name, "weight")))


def build_readout(checkpoint: Checkpoint, layer: RecurrentLayer, name: str) -> nn.Module:
    """The linear layer of this name, or those joined by + with a ReLU between them; before an embedding, as tied
    weights let stand there, is none."""
    return _linear_chain(checkpoint, layer, [_dense(checkpoint, layer, "readout", part) for part in name.split(JOIN)])


def build_decoder(checkpoint: Checkpoint, layer: RecurrentLayer, name: str, nonlinearity: str | None) -> Decoder:
    """The recurrent layer and the linear ones of this name; the linear one may be left out where only one fits."""
    first, *rest = name.split(JOIN)
    recurrent = _decoding_layer(checkpoint, layer, first)
    linears = [_dense(checkpoint, layer, "decoder", part) for part in rest]
    readout = _linear_chain(checkpoint, recurrent, linears or _only_linear(checkpoint, recurrent))
    return Decoder(rebuild_recurrent(checkpoint, recurrent, nonlinearity), readout)


def _decoding_layer(checkpoint: Checkpoint, layer: RecurrentLayer, name: str) -> RecurrentLayer:
    others = {other.name: other for other in checkpoint.recurrent_layers if other != layer and not other.bidirectional}
    if name not in others:
        raise UnknownNetwork(
            f"A decoder begins with another recurrent layer that reads forward, which {name} is not; "
            + _offer(checkpoint, layer, "decoder")
        )
    _connect(spoken_name(layer), layer.hidden_size, name, others[name].input_size)
    return others[name]


def _only_linear(checkpoint: Checkpoint, recurrent: RecurrentLayer) -> list[Dense]:
    fitting = [dense for dense in dense_weights(checkpoint).values() if dense.inputs == recurrent.hidden_size]
    if len(fitting) != 1:
        raise UnknownNetwork(
            f"{len(fitting)} linear layers read the {recurrent.hidden_size} units of {spoken_name(recurrent)}: "
            f"name one, as in {spoken_name(recurrent)}{JOIN}out."
        )
    return fitting


def _linear_chain(checkpoint: Checkpoint, layer: RecurrentLayer, chain: Sequence[Dense]) -> nn.Module:
    source = f"one direction of {spoken_name(layer)}" if layer.bidirectional else spoken_name(layer)
    givers = [(source, layer.hidden_size)] + [(dense.name, dense.outputs) for dense in chain]
    for giver, dense in zip(givers, chain, strict=False):
        _connect(*giver, dense.name, dense.inputs)
    first, *others = chain
    parts: list[nn.Module] = [_linear(checkpoint, first)]
    for dense in others:
        parts += (
            [_linear(checkpoint, dense)] if is_table(checkpoint, dense) else [nn.ReLU(), _linear(checkpoint, dense)]
        )
    return nn.Sequential(*parts) if others else parts[0]


def _linear(checkpoint: Checkpoint, dense: Dense) -> nn.Linear:
    with torch.device("meta"):
        linear = nn.Linear(dense.inputs, dense.outputs, bias=dense.bias)
    weights = {leaf: float32(checkpoint, tensor_name(dense.name, leaf)) for leaf in linear.state_dict()}
    linear.load_state_dict(weights, assign=True)
    return linear


def _connect(giver: str, gives: int, reader: str, reads: int) -> None:
    if gives != reads:
        raise UnknownNetwork(
            f"{reader} reads {reads} values a step, but {giver} gives {gives}: "
            "name another tensor for this role, or none to leave it out."
        )


def _dense(checkpoint: Checkpoint, layer: RecurrentLayer, role: str, name: str) -> Dense:
    found = dense_weights(checkpoint)
    if name not in found:
        raise UnknownNetwork(
            f"{tensor_name(name, 'weight')} is not a weight with two axes in this file; "
            + _offer(checkpoint, layer, role)
        )
    return found[name]


def _offer(checkpoint: Checkpoint, layer: RecurrentLayer, role: str) -> str:
    fitting = role_candidates(checkpoint, layer)[role]
    return f"what fits as its {role}: {', '.join(fitting) or 'nothing'}; none leaves it out."
