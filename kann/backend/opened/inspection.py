"""The contents of a model file, as text and as JSON; nothing in the file is executed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from math import prod
from pathlib import Path

from kann.backend.opened.plain_text import aligned, printable
from kann.inputs.checkpoints import open_checkpoint
from kann.inputs.pickles.named_globals import dangerous
from kann.inputs.recurrent.modules import ASSUMED
from kann.inputs.recurrent.roles import JOIN, guess_roles, role_candidates
from kann.inputs.recurrent.stated_values import statement
from kann.records import Checkpoint, RecurrentLayer

# Tensors that a line names for one role.
SHOWN = 6
_ROLE_NAMES = {"embedding": "embedding", "readout": "read-out", "decoder": "decoder"}


@dataclass(frozen=True)
class Layer:
    """A recurrent layer. `roles`: the guessed tensor of each role (None: none fits, or several do); `fit`: all
    candidates of each role; `nonlinearity`: its value and source in words, "" for cells with a fixed one."""

    layer: RecurrentLayer
    roles: dict[str, str | None]
    fit: dict[str, list[str]]
    nonlinearity: str


@dataclass(frozen=True)
class Tensor:
    """`dtype` as in the file."""

    name: str
    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True)
class Inspection:
    """`bytes` of the file; `metadata` the names of the plain values that stand beside the tensors; `uncalled`
    the globals named in the file, `dangerous` those among them that would do harm if they were called."""

    file: str
    format: str
    bytes: int
    sha256: str
    layers: tuple[Layer, ...]
    tensors: tuple[Tensor, ...]
    metadata: tuple[str, ...]
    uncalled: tuple[str, ...]
    dangerous: tuple[str, ...]


def inspect(path: str | Path) -> Inspection:
    """The contents of a model file.

    Raises:
        UnreadableCheckpoint: the file is damaged, of a format that is refused, or not within bounds.
    """
    checkpoint = open_checkpoint(path)
    return Inspection(
        file=Path(path).name,
        format=checkpoint.format,
        bytes=Path(path).stat().st_size,
        sha256=checkpoint.sha256,
        layers=tuple(_layer(checkpoint, layer) for layer in checkpoint.recurrent_layers),
        tensors=tuple(
            Tensor(name, tensor.shape, checkpoint.dtypes[name]) for name, tensor in checkpoint.tensors.items()
        ),
        metadata=tuple(map(str, checkpoint.metadata)),
        uncalled=checkpoint.uncalled,
        dangerous=dangerous(checkpoint.uncalled),
    )


def taken_nonlinearity(layer: RecurrentLayer) -> str:
    """The nonlinearity of an RNN unless the user chooses another."""
    return layer.nonlinearity or ASSUMED


def nonlinearity_words(checkpoint: Checkpoint, layer: RecurrentLayer) -> str:
    """The nonlinearity of an RNN and whether the file states it; "" for cells with a fixed one."""
    if layer.cell != "RNN":
        return ""
    said = statement(checkpoint.metadata, layer.name)
    if said is None:
        return f"{ASSUMED} is assumed: weights do not tell it from relu, and the file does not say"
    return f"{said.value}, as the file states ({said.where})"


def _layer(checkpoint: Checkpoint, layer: RecurrentLayer) -> Layer:
    roles, fit = guess_roles(checkpoint, layer), role_candidates(checkpoint, layer)
    return Layer(layer, roles, fit, nonlinearity_words(checkpoint, layer))


def as_json(found: Inspection) -> str:
    """One object; control characters and characters beyond ASCII are escaped. A layer's `nonlinearity` is null where
    the file does not state it."""
    layers = [asdict(entry.layer) | {"roles": entry.roles, "fit": entry.fit} for entry in found.layers]
    return json.dumps(asdict(found) | {"layers": layers}, indent=2)


def as_text(found: Inspection) -> str:
    """Plain text in columns; control characters in names of tensors are escaped."""
    numbers = sum(prod(tensor.shape) for tensor in found.tensors)
    lines = [
        printable(found.file),
        *aligned(
            [
                ("format", found.format),
                ("size", f"{_size(found.bytes)}; {numbers:,} numbers in {len(found.tensors)} tensors"),
                ("sha256", found.sha256),
                *([("metadata", ", ".join(found.metadata))] if found.metadata else []),
            ]
        ),
        "",
        *_layer_lines(found.layers),
        "",
        "Tensors",
        *aligned([(_named(tensor.name), _shape(tensor.shape), tensor.dtype) for tensor in found.tensors]),
        *_global_lines(found),
    ]
    return "\n".join(lines)


def _named(name: str) -> str:
    """The name, or "(no name)"."""
    return name or "(no name)"


def _layer_lines(layers: tuple[Layer, ...]) -> list[str]:
    if not layers:
        return ["No recurrent layer is recognised by names and shapes."]
    lines = ["Recurrent layers, with what their roles are guessed to be"]
    for entry in layers:
        lines += aligned([(_named(entry.layer.name), _sizes(entry.layer))])
        rows = [("nonlinearity", entry.nonlinearity)] if entry.nonlinearity else []
        rows += [(_ROLE_NAMES[role], _guessed(role, name, entry.fit[role])) for role, name in entry.roles.items()]
        lines += aligned(rows, indent="    ")
    return lines


def assumed_between(role: str, name: str | None) -> str:
    """An assumption of a guess or choice that the weights do not determine; "" for none."""
    return "a ReLU between its layers is assumed" if role == "readout" and name and JOIN in name else ""


def _guessed(role: str, name: str | None, fit: list[str]) -> str:
    """The guess and the other candidates."""
    others = [other for other in fit if other != name]
    listed = ", ".join(others[:SHOWN]) + (f" and {len(others) - SHOWN} more" if len(others) > SHOWN else "")
    if name is None:
        return f"none guessed; what fits: {listed}" if others else "none"
    return "; ".join(filter(None, (name, assumed_between(role, name), others and f"what fits too: {listed}")))


def _sizes(layer: RecurrentLayer) -> str:
    words = [f"{layer.cell} {layer.input_size} -> {layer.hidden_size}"]
    words += [f"{layer.layers} layers"] if layer.layers > 1 else []
    words += ["both directions"] if layer.bidirectional else []
    return ", ".join([*words, "with biases" if layer.bias else "without biases"])


def _global_lines(found: Inspection) -> list[str]:
    if not found.uncalled:
        return []
    marked = [(name, "dangerous if called" if name in found.dangerous else "") for name in found.uncalled]
    warning = ["Do not load this file with torch.load or pickle: it may run code."] if found.dangerous else []
    return ["", "Globals named in the file; none of them was called", *aligned(marked), *warning]


def _shape(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "one number"


def _size(count: int) -> str:
    return f"{count:,} bytes" if count < 2**20 else f"{count / 2**20:,.1f} MB"
