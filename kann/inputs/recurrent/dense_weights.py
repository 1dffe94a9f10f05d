"""The weights with two axes outside the recurrent layers, and which of them could feed which."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kann.inputs.tensors.weights import tensor_name
from kann.records import Checkpoint

# The longest chain of linear layers that is followed, and the largest number of chains.
MOST_LINKS, MOST_CHAINS = 6, 32
_EMBEDDING = re.compile(r"emb|wte|vocab|lookup|token|word", re.IGNORECASE)


@dataclass(frozen=True)
class Dense:
    """A weight [outputs inputs]: its tensors' prefix, whether there is a bias, its place in the file."""

    name: str
    outputs: int
    inputs: int
    bias: bool
    place: int


def keeps_order(checkpoint: Checkpoint) -> bool:
    """Whether tensors stand as the network defined them; safetensors sorts them by name."""
    return checkpoint.format != "safetensors"


def dense_weights(checkpoint: Checkpoint) -> dict[str, Dense]:
    """All weights with two axes, by prefix, in the file's order; those of recurrent layers are named otherwise."""
    found = {}
    for place, (name, array) in enumerate(checkpoint.tensors.items()):
        prefix, _, leaf = name.rpartition(".")
        if leaf == "weight" and array.ndim == 2 and array.dtype.kind == "f":
            bias = tensor_name(prefix, "bias") in checkpoint.tensors
            found[prefix] = Dense(prefix, *array.shape, bias=bias, place=place)
    return found


def is_table(checkpoint: Checkpoint, dense: Dense) -> bool | None:
    """Whether a weight is an embedding's: as a whole module states it, else by its name; None where neither tells."""
    if dense.bias or tensor_name(dense.name, "in_features") in checkpoint.metadata:
        return False
    stated = tensor_name(dense.name, "num_embeddings") in checkpoint.metadata
    return True if stated or _EMBEDDING.search(dense.name) else None


def linear_chain(checkpoint: Checkpoint, first: Dense) -> list[Dense]:
    """A linear layer and those that read it in turn, as long as there is one choice and it is not an embedding."""
    chain = [first]
    while len(following := [dense for dense in readers(checkpoint, chain) if not is_table(checkpoint, dense)]) == 1:
        if _next_in_a_sequential(chain[-1].name, following[0].name):
            break
        chain += following
    return chain


def linear_chains(checkpoint: Checkpoint, firsts: list[Dense]) -> list[list[Dense]]:
    """All linear layers that may read one another in turn, from one of the first ones on, the shortest first; at most
    MOST_CHAINS."""
    chains = [[first] for first in firsts[:MOST_CHAINS]]
    for chain in chains:
        following = [] if len(chain) >= MOST_LINKS else readers(checkpoint, chain)
        chains += [[*chain, dense] for dense in following if not _next_in_a_sequential(chain[-1].name, dense.name)]
        del chains[MOST_CHAINS:]
    return chains


def readers(checkpoint: Checkpoint, chain: list[Dense]) -> list[Dense]:
    """The weights that could read the end of a chain, by their size and, where it tells, their place; embeddings, which
    tied weights let stand there, last."""
    end, ordered = chain[-1], keeps_order(checkpoint)
    found = [
        dense for dense in dense_weights(checkpoint).values() if dense.inputs == end.outputs and dense not in chain
    ]
    tables = [dense for dense in found if is_table(checkpoint, dense)]
    return [dense for dense in found if dense not in tables and (dense.place > end.place or not ordered)] + tables


def _next_in_a_sequential(name: str, following: str) -> bool:
    """head.0 and head.1: nothing stands between them, so no ReLU either."""
    stem, _, number = name.rpartition(".")
    return number.isdecimal() and following == tensor_name(stem, str(int(number) + 1))
