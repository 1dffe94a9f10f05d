"""Which tensors beside a recurrent layer are its embedding, its read-out, its decoder: guesses by shape.

A role is named by the prefixes of its tensors: "fc" for fc.weight and fc.bias; "fc1+fc2" for two linear
layers with a ReLU between them; "dec+out" for a decoder, a recurrent layer and a linear one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from kann.inputs.dense_weights import Dense, dense_weights, keeps_order, linear_chain, readers
from kann.records import Checkpoint, RecurrentLayer

ROLES = ("embedding", "readout", "decoder")
JOIN = "+"
_EMBEDDING = re.compile(r"emb|wte|vocab|lookup|token|word", re.IGNORECASE)
_OTHER_EMBEDDING = re.compile(r"pos|segment|type", re.IGNORECASE)
_ATTENTION = re.compile(r"att|query|key|value|score", re.IGNORECASE)


def role_candidates(checkpoint: Checkpoint, layer: RecurrentLayer) -> dict[str, list[str]]:
    """What could serve for each role by its shape, the guess first: for a page to offer."""
    guessed = guess_roles(checkpoint, layer)
    chains = [linear_chain(checkpoint, dense) for dense in _readouts(checkpoint, layer)]
    fitting = {
        "embedding": [dense.name for dense in _embeddings(checkpoint, layer)],
        "readout": [_joined(chain[:end]) for chain in chains for end in range(1, len(chain) + 1)],
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


def recurrent_readers(checkpoint: Checkpoint, layer: RecurrentLayer) -> list[RecurrentLayer]:
    """The other recurrent layers that could read this one, later ones where the file keeps the order."""
    layers = list(checkpoint.recurrent_layers)
    start = layers.index(layer) + 1 if keeps_order(checkpoint) else 0
    width = layer.hidden_size * (2 if layer.bidirectional else 1)
    return [other for other in layers[start:] if other != layer and other.input_size == width]


def _embeddings(checkpoint: Checkpoint, layer: RecurrentLayer) -> list[Dense]:
    found = dense_weights(checkpoint).values()
    return [dense for dense in found if dense.inputs == layer.input_size and not dense.bias]


def _guess_embedding(checkpoint: Checkpoint, layer: RecurrentLayer) -> str | None:
    fitting = [dense for dense in _embeddings(checkpoint, layer) if not _OTHER_EMBEDDING.search(dense.name)]
    named = [dense for dense in fitting if _EMBEDDING.search(dense.name)]
    if named:
        return named[0].name
    only = fitting[0] if len(fitting) == 1 else None
    return only.name if only and _stands_before(checkpoint, only, layer) else None


def _stands_before(checkpoint: Checkpoint, dense: Dense, layer: RecurrentLayer) -> bool:
    """Whether a nameless table feeds the layer rather than reads it: by its place, or by its width alone."""
    if keeps_order(checkpoint):
        return dense.place < _place(checkpoint, layer)
    return layer.input_size != layer.hidden_size


def _readouts(checkpoint: Checkpoint, layer: RecurrentLayer) -> list[Dense]:
    if layer.bidirectional:  # a read-out reads both directions, of which one is rebuilt
        return []
    return [dense for dense in dense_weights(checkpoint).values() if dense.inputs == layer.hidden_size]


def _guess_readout(checkpoint: Checkpoint, layer: RecurrentLayer) -> str | None:
    fitting = _likely_readouts(checkpoint, layer)
    if any(reader.hidden_size == layer.hidden_size for reader in recurrent_readers(checkpoint, layer)):
        return None  # a linear layer of this width may as well read that one
    chains = [linear_chain(checkpoint, dense) for dense in fitting]
    whole = [
        chain
        for chain in chains
        if all(dense in chain for dense in fitting)
        and not readers(checkpoint, chain)
        and not _normalised(checkpoint, layer, chain)
    ]
    return _joined(whole[0]) if len(whole) == 1 else None


def _likely_readouts(checkpoint: Checkpoint, layer: RecurrentLayer) -> list[Dense]:
    fitting = [
        dense
        for dense in _readouts(checkpoint, layer)
        if not (_EMBEDDING.search(dense.name) or _ATTENTION.search(dense.name))
        and dense.name != _guess_embedding(checkpoint, layer)
    ]
    behind = [dense for dense in fitting if dense.place > _place(checkpoint, layer)]
    return behind if behind and keeps_order(checkpoint) else fitting


def _normalised(checkpoint: Checkpoint, layer: RecurrentLayer, chain: list[Dense]) -> bool:
    """Whether a normalisation may stand on the way: a weight with one axis, as wide as one of the stations."""
    widths = {layer.hidden_size, *(dense.outputs for dense in chain[:-1])}
    names = list(checkpoint.tensors)
    if keeps_order(checkpoint):
        places = sorted([_place(checkpoint, layer), chain[0].place, chain[-1].place])
        names = names[places[0] : places[-1]]
    shapes = [checkpoint.tensors[name].shape for name in names if name.endswith("weight")]
    return any(shape == (width,) for shape in shapes for width in widths)


def _joined(chain: Sequence[Dense]) -> str:
    return JOIN.join(dense.name for dense in chain)


def _decoders(checkpoint: Checkpoint, layer: RecurrentLayer) -> list[tuple[RecurrentLayer, Dense]]:
    if layer.bidirectional:
        return []
    return [
        (recurrent, dense)
        for recurrent in recurrent_readers(checkpoint, layer)
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


def _place(checkpoint: Checkpoint, layer: RecurrentLayer) -> int:
    return next(place for place, name in enumerate(checkpoint.tensors) if name.rpartition(".")[0] == layer.name)
