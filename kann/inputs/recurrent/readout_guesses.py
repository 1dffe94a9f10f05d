"""Which linear layers read a recurrent layer and give the network's outputs: a guess, where one reading alone fits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from kann.inputs.recurrent.dense_weights import Dense, is_table, linear_chain, readers
from kann.inputs.recurrent.neighbours import Neighbours, named_in_turn
from kann.records import Checkpoint, RecurrentLayer

_ATTENTION = re.compile(r"att|query|key", re.IGNORECASE)
# Numbered heads stand side by side, numbered layers behind one another.
_HEAD = re.compile(r"head|out|class|branch|task|logit", re.IGNORECASE)


def readouts(near: Neighbours, layer: RecurrentLayer) -> list[Dense]:
    """The linear layers that could read this one, by their width."""
    if layer.bidirectional:  # a read-out reads both directions, of which one is rebuilt
        return []
    return [dense for dense in near.dense.values() if dense.inputs == layer.hidden_size]


def guess_readout(
    checkpoint: Checkpoint, near: Neighbours, layer: RecurrentLayer, embedding: str | None
) -> list[Dense] | None:
    """The linear layers, one behind the other, that read this layer and end the network; None where none does, or
    more than one reading fits. `embedding` is the layer's own, which is not part of them."""
    fitting = _likely(checkpoint, near, layer, embedding)
    chains = [linear_chain(checkpoint, dense) for dense in fitting]
    whole = [
        chain
        for chain in chains
        if all(dense in chain for dense in fitting)
        and all(near.is_read_by(dense, layer) for dense in chain)
        and not readers(checkpoint, chain)
        and not near.leads_on(chain[-1], layer)
        and not any(_side_by_side(first, second, layer) for first, second in pairwise(chain))
        and not _read_elsewhere(checkpoint, near, layer, embedding, chain)
        and not _normalised(checkpoint, near, layer, chain)
    ]
    return whole[0] if len(whole) == 1 else None


def _likely(checkpoint: Checkpoint, near: Neighbours, layer: RecurrentLayer, embedding: str | None) -> list[Dense]:
    fitting = [
        dense
        for dense in readouts(near, layer)
        if not is_table(checkpoint, dense)
        and not _is_attention(near, dense)
        and dense.name != embedding
        and near.is_read_by(dense, layer)
    ]
    behind = [dense for dense in fitting if dense.place > near.places[layer.name]]
    return behind if behind and near.in_order else fitting


def _is_attention(near: Neighbours, dense: Dense) -> bool:
    """By its name; "value" is attention's only beside a "key", else a head of its own."""
    return bool(_ATTENTION.search(dense.name)) or (
        "value" in dense.name and dense.name.replace("value", "key") in near.dense
    )


def _side_by_side(first: Dense, second: Dense, layer: RecurrentLayer) -> bool:
    """Whether two parts of a chain may be no chain: the second as wide as the layer, as another head is, or the first
    named for the end of a network."""
    in_turn, ends = named_in_turn(first.name, second.name), _HEAD.search(first.name.rpartition(".")[2])
    if second.inputs == layer.hidden_size:
        return bool(ends) or not in_turn
    return bool(ends) and not in_turn


def _read_elsewhere(
    checkpoint: Checkpoint, near: Neighbours, layer: RecurrentLayer, embedding: str | None, chain: Sequence[Dense]
) -> bool:
    """Whether a part of the chain may read what a weight behind the layer makes of this layer and more; or whether the
    embedding may read the chain's end, as with tied weights."""
    widths = {dense.inputs for dense in chain}
    if embedding is not None and near.dense[embedding].inputs == chain[-1].outputs:
        return True
    return any(
        dense.outputs in widths
        and dense.inputs > layer.hidden_size
        and (not near.in_order or dense.place > near.places[layer.name])
        for dense in near.dense.values()
        if dense not in chain and dense.name != embedding and not is_table(checkpoint, dense)
    )


def _normalised(checkpoint: Checkpoint, near: Neighbours, layer: RecurrentLayer, chain: Sequence[Dense]) -> bool:
    """Whether a normalisation may stand on the way: a weight with one axis, as wide as one of the stations."""
    widths = {layer.hidden_size, *(dense.outputs for dense in chain[:-1])}
    names = list(checkpoint.tensors)
    if near.in_order:
        places = sorted([near.places[layer.name], chain[0].place, chain[-1].place])
        names = names[places[0] : places[-1]]
    shapes = [checkpoint.tensors[name].shape for name in names if name.endswith("weight")]
    return any(shape == (width,) for shape in shapes for width in widths)
