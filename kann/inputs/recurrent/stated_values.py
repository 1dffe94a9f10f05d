"""What a model file states of its recurrent layers beside their weights: attributes of whole modules, and
hyper-parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kann.records import RecurrentLayer

# Hyper-parameters nested deeper than this are ignored.
_DEPTH = 4
_MODES = {"RNN_TANH": "tanh", "RNN_RELU": "relu"}
_KEY = re.compile(r"(rnn_)?nonlinearity", re.IGNORECASE)
# Attributes of torch's recurrent modules that the weights show too, by the names that `RecurrentLayer` gives them.
_SHOWN = {"input_size": "input_size", "hidden_size": "hidden_size", "num_layers": "layers",
          "bidirectional": "bidirectional", "bias": "bias"}  # fmt: skip


@dataclass(frozen=True)
class Stated:
    """A value, and its name in the file."""

    value: str
    where: str


def statement(metadata: Mapping[Any, Any], layer: str) -> Stated | None:
    """`stated_nonlinearity` of one layer, all that the file says considered."""
    return stated_nonlinearity(metadata, layer, said_of_all(metadata))


def stated_nonlinearity(metadata: Mapping[Any, Any], layer: str, of_all: Stated | None) -> Stated | None:
    """Where the file says which of "tanh" and "relu" a layer of nn.RNN takes, and which; None where it does not.

    The layer's own attributes come first (`mode`, by which torch runs nn.RNN, before `nonlinearity`), then those of
    the modules around it, then what is said `of_all` layers (see `said_of_all`).
    """
    own = _attribute(metadata, layer, "mode") or _attribute(metadata, layer, "nonlinearity")
    if own is not None:
        return own
    around = layer.split(".")[:-1] if layer else []
    for end in range(len(around), 0, -1):
        found = _attribute(metadata, ".".join(around[:end]), "nonlinearity")
        if found is not None:
            return found
    return of_all


def said_of_all(metadata: Mapping[Any, Any]) -> Stated | None:
    """What hyper-parameters anywhere beside the weights say: torch's own word `nonlinearity`, or a value RNN_TANH or
    RNN_RELU. Two of them that disagree say nothing."""
    said = list(_beside(metadata))
    return said[0] if len({found.value for found in said}) == 1 else None


def contradictions(metadata: Mapping[Any, Any], layer: RecurrentLayer) -> list[tuple[str, Any, Any]]:
    """Attributes of a layer that contradict its weights: their names, what the file states, what the weights show."""
    stated = {name: metadata.get(_prefix(layer.name) + name) for name in _SHOWN}
    shown = {name: getattr(layer, field) for name, field in _SHOWN.items()}
    return [
        (_prefix(layer.name) + name, stated[name], shown[name])
        for name in _SHOWN
        if type(stated[name]) is type(shown[name]) and stated[name] != shown[name]
    ]


def _prefix(layer: str) -> str:
    return f"{layer}." if layer else ""


def _attribute(metadata: Mapping[Any, Any], name: str, leaf: str) -> Stated | None:
    where = _prefix(name) + leaf
    value = _named(metadata.get(where))
    return None if value is None else Stated(value, where)


def _named(value: Any) -> str | None:
    """The nonlinearity that a value names, if it is a text that names one."""
    if not isinstance(value, str):
        return None
    return _MODES.get(value.upper()) or (value.lower() if value.lower() in _MODES.values() else None)


def _beside(node: Mapping[Any, Any], path: tuple[str, ...] = ()) -> Iterator[Stated]:
    """What the values beside the weights say, those of other modules (names with dots) left out."""
    for key, value in node.items():
        if not isinstance(key, str) or (not path and "." in key):
            continue
        if isinstance(value, Mapping) and len(path) < _DEPTH:
            yield from _beside(value, (*path, key))
        elif isinstance(value, str) and (_KEY.fullmatch(key) or value.upper() in _MODES):
            named = _named(value)
            if named is not None:
                yield Stated(named, ".".join((*path, key)))
