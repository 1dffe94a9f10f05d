"""Which layers of a file stand next to each other, as far as sizes, names and the file's order tell.

Two names are near each other by the words that they share from their beginning: decoder.rnn2 is nearer to
decoder.output_layer than encoder.rnn1 is.
"""

from __future__ import annotations

import re
from functools import cached_property

from kann.inputs.recurrent.dense_weights import Dense, dense_weights, keeps_order
from kann.records import Checkpoint, RecurrentLayer

_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
_ENCODES = re.compile(r"enc", re.IGNORECASE)
_DECODES = re.compile(r"dec|reconstruct|generat", re.IGNORECASE)
_NUMBERED = re.compile(r"(.*?)[._]?(\d{0,9})", re.DOTALL)


def nearness(one: str, other: str) -> int:
    """How many words two names share from their beginning."""
    words = [[word.lower() for word in _WORDS.findall(name)] for name in (one, other)]
    shared = 0
    for mine, theirs in zip(*words, strict=False):
        if mine != theirs:
            break
        shared += 1
    return shared


def given_width(layer: RecurrentLayer) -> int:
    """The channels that a layer hands on."""
    return layer.hidden_size * (2 if layer.bidirectional else 1)


def named_in_turn(first: str, second: str) -> bool:
    """fc1 and fc2, fc and fc2, head.0 and head.3: one name with rising numbers."""
    (stem, number), (other, later) = (_NUMBERED.fullmatch(name).groups() for name in (first, second))
    return stem == other and int(number or 1) < int(later or 1)


def decodes(reader: str, giver: str) -> bool:
    """Whether the names call one layer the decoder of the other, or the other the encoder."""
    calls_decoder = _DECODES.search(reader) and not _DECODES.search(giver)
    return bool(calls_decoder or (_ENCODES.search(giver) and not _ENCODES.search(reader)))


class Neighbours:
    """The dense weights and recurrent layers of one file, asked about each other."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.layers = checkpoint.recurrent_layers
        self.in_order = keeps_order(checkpoint)
        self.dense = dense_weights(checkpoint)
        self._names = tuple(checkpoint.tensors)
        self._reached: dict[tuple[str, bool], set[str]] = {}

    @cached_property
    def places(self) -> dict[str, int]:
        """Where in the file the first tensor of each recurrent layer stands."""
        first: dict[str, int] = {}
        for place, name in enumerate(self._names):
            first.setdefault(name.rpartition(".")[0], place)
        return {layer.name: first[layer.name] for layer in self.layers}

    def could_read(self, reader: RecurrentLayer, giver: RecurrentLayer) -> bool:
        """Whether one recurrent layer may read another: by its width, and by the order that the file keeps; of a file
        sorted by name, the order that the names keep."""
        if reader.name == giver.name or reader.input_size != given_width(giver):
            return False
        if self.in_order:
            return self.places[reader.name] > self.places[giver.name]
        return not (named_in_turn(reader.name, giver.name) or decodes(giver.name, reader.name))

    def stands_behind(self, layer: RecurrentLayer, other: RecurrentLayer) -> bool:
        """Whether what `other` gives reaches `layer`, by one recurrent layer after the other, and never the other way
        round; or the names say so."""
        if decodes(layer.name, other.name):
            return True
        return other.name in self._linked(layer, upwards=True) and other.name not in self._linked(layer, upwards=False)

    def is_read_by(self, dense: Dense, layer: RecurrentLayer) -> bool:
        """Whether a weight of the layer's width reads this layer rather than another.

        It belongs to the recurrent layer whose name is nearest; of those equally near and of its width, to the one
        behind which none of them stands.
        """
        own = nearness(dense.name, layer.name)
        for other in self.layers:
            near = nearness(dense.name, other.name)
            rival = near == own and given_width(other) == dense.inputs and other.name != layer.name
            if near > own or (rival and not self.stands_behind(layer, other)):
                return False
        return True

    def feeds(self, dense: Dense, layer: RecurrentLayer) -> bool:
        """Whether a table of the layer's width feeds this layer, and no recurrent layer could do so as well."""
        own = nearness(dense.name, layer.name)
        return not any(
            nearness(dense.name, other.name) > own
            or (self.could_read(layer, other) and nearness(other.name, layer.name) >= own)
            for other in self.layers
        )

    def leads_on(self, dense: Dense, layer: RecurrentLayer) -> bool:
        """Whether a weight behind the layer may feed another recurrent layer, and so be no read-out."""
        return any(
            other.input_size == dense.outputs
            and (not self.in_order or self.places[other.name] > self.places[layer.name])
            and not self.stands_behind(layer, other)
            for other in self.layers
            if other.name != layer.name
        )

    def _linked(self, layer: RecurrentLayer, upwards: bool) -> set[str]:
        """The names of all layers that the layer reads through others or at once; or of those that read it so."""
        if (layer.name, upwards) not in self._reached:
            reached, ahead = set(), [layer]
            while ahead:
                now = ahead.pop()
                linked = [
                    other for other in self.layers if self.could_read(*((now, other) if upwards else (other, now)))
                ]
                ahead += [other for other in linked if other.name not in reached]
                reached.update(other.name for other in linked)
            self._reached[layer.name, upwards] = reached
        return self._reached[layer.name, upwards]
