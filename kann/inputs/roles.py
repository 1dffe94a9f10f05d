"""Which tensors beside a recurrent layer are its embedding, its read-out, its decoder: guesses by shape.

A role is named by the prefixes of its tensors: "fc" for fc.weight and fc.bias; "fc1+fc2" for two linear
layers with a ReLU between them; "dec+out" for a decoder, a recurrent layer and a linear one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kann.inputs.weights import tensor_name
from kann.records import Checkpoint, RecurrentLayer

ROLES = ("embedding", "readout", "decoder")
JOIN = "+"
_EMBEDDING = re.compile(r"emb|wte|vocab|lookup|token|word", re.IGNORECASE)
_OTHER_EMBEDDING = re.compile(r"pos|segment|type", re.IGNORECASE)
_ATTENTION = re.compile(r"att|query|key|value|score", re.IGNORECASE)


@dataclass(frozen=True)
class Dense:
    """A weight [outputs inputs] outside of the recurrent layers, by its prefix and its place in the file."""

    name: str
    outputs: int
    inputs: int
    bias: bool
    place: int


def dense_weights(checkpoint: Checkpoint) -> dict[str, Dense]:
    """All two-dimensional weights that belong to no recurrent layer, by prefix, in the file's order."""
    inside = tuple(f"{layer.name}." for layer in checkpoint.recurrent_layers if layer.name)
    found = {}
    for place, (name, array) in enumerate(checkpoint.tensors.items()):
        prefix, _, leaf = name.rpartition(".")
        if leaf == "weight" and array.ndim == 2 and array.dtype.kind == "f" and not name.startswith(inside):
            bias = tensor_name(prefix, "bias") in checkpoint.tensors
            found[prefix] = Dense(prefix, *array.shape, bias=bias, place=place)
    return found


def role_candidates(checkpoint: Checkpoint, layer: RecurrentLayer) -> dict[str, list[str]]:
    """What could serve for each role by its shape, the guess first: for a page to offer."""
    guessed = guess_roles(checkpoint, layer)
    readouts = _readouts(checkpoint, layer)
    fitting = {
        "embedding": [dense.name for dense in _embeddings(checkpoint, layer)],
        "readout": [_joined(chain) for dense in readouts for chain in _prefixes(_chain(checkpoint, dense))],
        "decoder": [f"{recurrent.name}{JOIN}{dense.name}" for recurrent, dense in _decoders(checkpoint, layer)],
    }
    return {role: sorted(names, key=lambda name: name != guessed[role]) for role, names in fitting.items()}


def guess_roles(checkpoint: Checkpoint, layer: RecurrentLayer) -> dict[str, str | None]:
    """The name that fills each role, or None where nothing fits, or more than one thing does."""
    return {
        "embedding": _guess_embedding(checkpoint, layer),
        "readout": _guess_readout(checkpoint, layer),
        "decoder": _guess_decoder(checkpoint, layer),
    }


def _embeddings(checkpoint: Checkpoint, layer: RecurrentLayer) -> list[Dense]:
    return [
        dense for dense in dense_weights(checkpoint).values() if dense.inputs == layer.input_size and not dense.bias
    ]


def _guess_embedding(checkpoint: Checkpoint, layer: RecurrentLayer) -> str | None:
    fitting = [dense for dense in _embeddings(checkpoint, layer) if not _OTHER_EMBEDDING.search(dense.name)]
    named = [dense for dense in fitting if _EMBEDDING.search(dense.name)]
    if named:
        return named[0].name
    before = [dense for dense in fitting if dense.place < _place(checkpoint, layer)]
    return before[0].name if len(before) == len(fitting) == 1 else None


def _readouts(checkpoint: Checkpoint, layer: RecurrentLayer) -> list[Dense]:
    if layer.bidirectional:  # a read-out reads both directions, of which one is rebuilt
        return []
    return [dense for dense in dense_weights(checkpoint).values() if dense.inputs == layer.hidden_size]


def _guess_readout(checkpoint: Checkpoint, layer: RecurrentLayer) -> str | None:
    fitting = [
        dense
        for dense in _readouts(checkpoint, layer)
        if not _EMBEDDING.search(dense.name)
        and not _ATTENTION.search(dense.name)
        and dense.name != _guess_embedding(checkpoint, layer)
    ]
    fitting = [dense for dense in fitting if dense.place > _place(checkpoint, layer)] or fitting
    if not fitting or any(after.hidden_size == layer.hidden_size for after in _readers(checkpoint, layer)):
        return None
    chain = _chain(checkpoint, fitting[0])
    only = all(dense in chain for dense in fitting) and not _linear_readers(checkpoint, chain[-1])
    return _joined(chain) if only and not _interrupted(checkpoint, layer, chain) else None


def _chain(checkpoint: Checkpoint, first: Dense) -> list[Dense]:
    """A linear layer and those that read it in turn, as long as there is one choice."""
    chain = [first]
    while len(later := _linear_readers(checkpoint, chain[-1])) == 1:
        if _next_in_a_sequential(chain[-1].name, later[0].name):
            break
        chain += later
    return chain


def _linear_readers(checkpoint: Checkpoint, dense: Dense) -> list[Dense]:
    others = dense_weights(checkpoint).values()
    return [other for other in others if other.place > dense.place and other.inputs == dense.outputs]


def _prefixes(chain: list[Dense]) -> list[list[Dense]]:
    return [chain[:end] for end in range(1, len(chain) + 1)]


def _joined(chain: Sequence[Dense]) -> str:
    return JOIN.join(dense.name for dense in chain)


def _next_in_a_sequential(name: str, following: str) -> bool:
    """head.0 and head.1: nothing stands between them, so no ReLU either."""
    stem, _, number = name.rpartition(".")
    return number.isdecimal() and following == tensor_name(stem, str(int(number) + 1))


def _interrupted(checkpoint: Checkpoint, layer: RecurrentLayer, chain: list[Dense]) -> bool:
    """Whether a normalisation, a learnt activation or the like stands on the way from the layer to the outputs."""
    places = sorted([_place(checkpoint, layer), chain[0].place, chain[-1].place])
    between = list(checkpoint.tensors.items())[places[0] : places[-1]]
    return any(name.endswith("weight") and array.ndim == 1 for name, array in between)


def _decoders(checkpoint: Checkpoint, layer: RecurrentLayer) -> list[tuple[RecurrentLayer, Dense]]:
    return [
        (recurrent, dense)
        for recurrent in _readers(checkpoint, layer)
        for dense in dense_weights(checkpoint).values()
        if not recurrent.bidirectional and dense.inputs == recurrent.hidden_size
    ]


def _guess_decoder(checkpoint: Checkpoint, layer: RecurrentLayer) -> str | None:
    """An autoencoder writes what it read: as many channels as the encoder takes."""
    fitting = [
        f"{recurrent.name}{JOIN}{dense.name}"
        for recurrent, dense in _decoders(checkpoint, layer)
        if dense.outputs == layer.input_size
    ]
    return fitting[0] if len(fitting) == 1 else None


def _readers(checkpoint: Checkpoint, layer: RecurrentLayer) -> list[RecurrentLayer]:
    """The later recurrent layers that could read this one."""
    layers = list(checkpoint.recurrent_layers)
    later = layers[layers.index(layer) + 1 :]
    return [] if layer.bidirectional else [after for after in later if after.input_size == layer.hidden_size]


def _place(checkpoint: Checkpoint, layer: RecurrentLayer) -> int:
    return next(place for place, name in enumerate(checkpoint.tensors) if name.rpartition(".")[0] == layer.name)
