"""Which tensors beside a recurrent layer are its embedding, its read-out, its decoder: guesses by shape, by name and
by the file's order.

A role is named by the prefixes of its tensors: "fc" for fc.weight and fc.bias; "fc1+fc2" for two linear
layers with a ReLU between them; "dec+out" for a decoder, a recurrent layer and a linear one.

A wrong guess is worse than none: where a tensor may belong to another layer, or two readings fit, nothing is guessed
and all that fits is offered.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from kann.inputs.recurrent.dense_weights import Dense, is_table, linear_chains
from kann.inputs.recurrent.neighbours import Neighbours, decodes, nearness
from kann.inputs.recurrent.readout_guesses import guess_readout, readouts
from kann.inputs.tensors.weights import tensor_name
from kann.records import Checkpoint, RecurrentLayer

ROLES = ("embedding", "readout", "decoder")
JOIN = "+"
# Among more recurrent layers than this nothing is guessed.
MOST_LAYERS = 64
_OTHER_EMBEDDING = re.compile(r"pos|segment|type", re.IGNORECASE)


def role_candidates(checkpoint: Checkpoint, layer: RecurrentLayer) -> dict[str, list[str]]:
    """What could serve for each role by its shape, the guess first: for a page to offer."""
    guessed = guess_roles(checkpoint, layer)
    near = Neighbours(checkpoint)
    chains = linear_chains(checkpoint, readouts(near, layer))
    fitting = {
        "embedding": [dense.name for dense in _embeddings(checkpoint, near, layer)],
        "readout": [_joined(chain) for chain in chains],
        "decoder": [f"{recurrent.name}{JOIN}{dense.name}" for recurrent, dense in _decoders(near, layer)],
    }
    return {
        role: sorted(dict.fromkeys(names), key=lambda name: name != guessed[role]) for role, names in fitting.items()
    }


def guess_roles(checkpoint: Checkpoint, layer: RecurrentLayer) -> dict[str, str | None]:
    """The name that fills each role, or None where nothing fits, or more than one thing does."""
    if len(checkpoint.recurrent_layers) > MOST_LAYERS:
        return dict.fromkeys(ROLES)
    near = Neighbours(checkpoint)
    embedding = _guess_embedding(checkpoint, near, layer)
    readout = guess_readout(checkpoint, near, layer, embedding)
    return {
        "embedding": embedding,
        "readout": None if readout is None else _joined(readout),
        "decoder": _guess_decoder(checkpoint, near, layer),
    }


def recurrent_readers(checkpoint: Checkpoint, layer: RecurrentLayer) -> list[RecurrentLayer]:
    """The other recurrent layers that could read this one."""
    near = Neighbours(checkpoint)
    return [other for other in near.layers if near.could_read(other, layer)]


def _embeddings(checkpoint: Checkpoint, near: Neighbours, layer: RecurrentLayer) -> list[Dense]:
    return [
        dense
        for dense in near.dense.values()
        if dense.inputs == layer.input_size and not dense.bias and is_table(checkpoint, dense) is not False
    ]


def _guess_embedding(checkpoint: Checkpoint, near: Neighbours, layer: RecurrentLayer) -> str | None:
    fitting = [
        dense
        for dense in _embeddings(checkpoint, near, layer)
        if not _OTHER_EMBEDDING.search(dense.name)
        and near.feeds(dense, layer)
        and not _joined_on_the_way(checkpoint, near, dense, layer)
    ]
    named = [dense for dense in fitting if is_table(checkpoint, dense)]
    if named:
        nearest = max(nearness(dense.name, layer.name) for dense in named)
        named = [dense for dense in named if nearness(dense.name, layer.name) == nearest]
        return named[0].name if _all_alike(checkpoint, named) else None
    only = fitting[0] if len(fitting) == 1 else None
    return only.name if only and _stands_before(near, only, layer) else None


def _joined_on_the_way(checkpoint: Checkpoint, near: Neighbours, table: Dense, layer: RecurrentLayer) -> bool:
    """Whether a weight in front of the layer, as near to it as the table is, may join the table's words with more."""
    own = nearness(table.name, layer.name)
    return any(
        other.outputs == layer.input_size < other.inputs
        and nearness(other.name, layer.name) >= own
        and (other.place < near.places[layer.name] if near.in_order else own > 0)
        for other in near.dense.values()
        if other != table and not is_table(checkpoint, other)
    )


def _all_alike(checkpoint: Checkpoint, tables: Sequence[Dense]) -> bool:
    """Whether these are one table under several names."""
    first, *others = [checkpoint.tensors[tensor_name(dense.name, "weight")] for dense in tables]
    return all(np.array_equal(first, other) for other in others)


def _stands_before(near: Neighbours, dense: Dense, layer: RecurrentLayer) -> bool:
    """Whether a nameless table feeds the layer rather than reads it: by its place, or by its width alone."""
    if near.in_order:
        return dense.place < near.places[layer.name]
    return layer.input_size != layer.hidden_size


def _joined(chain: Sequence[Dense]) -> str:
    return JOIN.join(dense.name for dense in chain)


def _decoders(near: Neighbours, layer: RecurrentLayer) -> list[tuple[RecurrentLayer, Dense]]:
    if layer.bidirectional:
        return []
    return [
        (recurrent, dense)
        for recurrent in near.layers
        if not recurrent.bidirectional and near.could_read(recurrent, layer)
        for dense in near.dense.values()
        if dense.inputs == recurrent.hidden_size
    ]


def _guess_decoder(checkpoint: Checkpoint, near: Neighbours, layer: RecurrentLayer) -> str | None:
    """An autoencoder writes what it read: as many channels as the encoder takes. Its halves are known by their names,
    since two recurrent layers behind one another have the same sizes."""
    fitting = [
        (recurrent, dense)
        for recurrent, dense in _decoders(near, layer)
        if dense.outputs == layer.input_size and decodes(recurrent.name, layer.name)
    ]
    if len(fitting) != 1:
        return None
    recurrent, dense = fitting[0]
    between = [
        other
        for other in near.dense.values()
        if other != dense and other.outputs == recurrent.input_size and not is_table(checkpoint, other)
    ]
    alone = not any(near.could_read(recurrent, other) for other in near.layers if other.name != layer.name)
    return (
        f"{recurrent.name}{JOIN}{dense.name}" if alone and not between and near.is_read_by(dense, recurrent) else None
    )
