"""The weights with two axes beside the recurrent layers, and which of them could read which."""

from __future__ import annotations

from dataclasses import dataclass

from kann.inputs.weights import tensor_name
from kann.records import Checkpoint


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


def linear_chain(checkpoint: Checkpoint, first: Dense) -> list[Dense]:
    """A linear layer and those that read it in turn, as long as there is one choice."""
    chain = [first]
    while len(following := readers(checkpoint, chain)) == 1:
        if _next_in_a_sequential(chain[-1].name, following[0].name):
            break
        chain += following
    return chain


def readers(checkpoint: Checkpoint, chain: list[Dense]) -> list[Dense]:
    """The weights that could read the end of a chain, by their size and, where it tells, their place."""
    end, ordered = chain[-1], keeps_order(checkpoint)
    return [
        dense
        for dense in dense_weights(checkpoint).values()
        if dense.inputs == end.outputs and dense not in chain and (dense.place > end.place or not ordered)
    ]


def _next_in_a_sequential(name: str, following: str) -> bool:
    """head.0 and head.1: nothing stands between them, so no ReLU either."""
    stem, _, number = name.rpartition(".")
    return number.isdecimal() and following == tensor_name(stem, str(int(number) + 1))
