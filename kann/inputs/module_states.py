"""Any torch module -> stream of StateBatch: the outputs of one of its layers at every step, by a forward hook."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from kann.errors import OutOfRange, UnknownNetwork
from kann.inputs.recurrent.network_inputs import padded
from kann.records import StateBatch

# Layers that a message lists by name.
SHOWN = 8


def states_from_module(module: nn.Module, inputs: Any, layer: str, batch_size: int = 256) -> Iterator[StateBatch]:
    """The outputs of one layer of any module at each step, batch by batch as they are asked for.

    `inputs` are an array or tensor [sequences steps ...], or a sequence of those [steps ...] of
    different lengths; the module sees sequences of one length at a time, so that no padding enters it.
    `layer` is a name of `module.named_modules()`. Its output is [batch steps units], or a tuple whose
    first item is that; or it is a cell, called once a step, whose outputs [batch units] are stacked, a
    state of several tensors such as (h, c) side by side. Complex states become their real parts followed by
    their imaginary ones. The module and its mode are restored before each batch is returned.

    Raises:
        UnknownNetwork: there is no such layer, it is never called, or its outputs are no states.
        OutOfRange: a batch size below 1.
    """
    if batch_size < 1:
        raise OutOfRange(f"A batch holds at least 1 sequence, not {batch_size}.")
    parts = dict(module.named_modules())
    if layer not in parts:
        raise UnknownNetwork(f"There is no layer {layer!r} in this module; it has {_listed(parts)}.")
    sequences = [torch.as_tensor(sequence) for sequence in inputs]
    _check_sequences(sequences)
    return _stream(module, layer, sequences, batch_size)


def _listed(parts: dict[str, nn.Module]) -> str:
    names = [name for name in parts if name]
    if not names:
        return "none below itself"
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def _check_sequences(sequences: Sequence[Tensor]) -> None:
    for row, sequence in enumerate(sequences):
        if sequence.ndim == 0 or len(sequence) == 0:
            raise UnknownNetwork(f"Sequence {row} has the shape {tuple(sequence.shape)}: give it at least one step.")
        if sequence.shape[1:] != sequences[0].shape[1:]:
            raise UnknownNetwork(
                f"Sequence {row} has the shape {tuple(sequence.shape)}, sequence 0 "
                f"{tuple(sequences[0].shape)}: only the number of steps, the first axis, may differ."
            )


def _stream(module: nn.Module, layer: str, sequences: Sequence[Tensor], batch_size: int) -> Iterator[StateBatch]:
    for start in range(0, len(sequences), batch_size):
        batch = sequences[start : start + batch_size]
        values = padded(_states(module, layer, batch), np.float32)
        lengths = np.array([len(sequence) for sequence in batch])
        ids = np.arange(start, start + len(batch))
        yield StateBatch(values, lengths, _channels(batch), ids=ids)


def _channels(batch: Sequence[Tensor]) -> np.ndarray | None:
    """The module's inputs where they are numbers [steps channels]."""
    if batch[0].ndim != 2 or not batch[0].is_floating_point():
        return None
    return padded([sequence.detach().to("cpu", torch.float32).numpy() for sequence in batch], np.float32)


def _states(module: nn.Module, layer: str, batch: Sequence[Tensor]) -> list[np.ndarray]:
    """The states [steps units] of each sequence, those of one length computed together."""
    rows_by_length = defaultdict(list)
    for row, sequence in enumerate(batch):
        rows_by_length[len(sequence)].append(row)
    states: dict[int, np.ndarray] = {}
    for steps, rows in rows_by_length.items():
        # with as many sequences as steps the two axes could not be told apart
        for part in (rows[:1], rows[1:]) if len(rows) == steps > 1 else (rows,):
            together = _run(module, layer, torch.stack([batch[row] for row in part]))
            states.update(zip(part, together.numpy(), strict=True))
    return [states[row] for row in range(len(batch))]


def _run(module: nn.Module, layer: str, inputs: Tensor) -> Float[Tensor, "batch steps units"]:
    part = module.get_submodule(layer)
    with torch.no_grad(), _listening(module, part) as calls:
        module(_as_weights(module, inputs))
    tensors = [_state(output, layer) for output in calls]
    batch, steps = inputs.shape[:2]
    if not tensors:
        raise UnknownNetwork(f"{layer} is never called while the module runs: name the layer around it.")
    if len(tensors) == steps and all(tensor.shape[:-1] == (batch,) for tensor in tensors):
        return torch.stack(tensors, dim=1)
    if len(tensors) != 1:
        raise UnknownNetwork(
            f"{layer or 'the module'} was called {len(tensors)} times for {steps} steps, the shapes "
            f"{sorted({tuple(tensor.shape) for tensor in tensors})}: a layer is called once, a cell once a step."
        )
    return _batch_first(tensors[0], part, layer, batch, steps)


def _batch_first(tensor: Tensor, part: nn.Module, layer: str, batch: int, steps: int) -> Tensor:
    reads_batch_first = getattr(getattr(part, "self_attn", part), "batch_first", True)
    if tensor.ndim == 3 and tensor.shape[:2] == (steps, batch):
        return tensor.transpose(0, 1)
    if tensor.ndim != 3 or tensor.shape[:2] != (batch, steps):
        raise UnknownNetwork(
            f"{layer or 'the module'} gives the shape {tuple(tensor.shape)} for {batch} sequences of {steps} steps: "
            f"a layer whose outputs are [{batch}, {steps}, units] is needed."
        )
    if not reads_batch_first:
        raise UnknownNetwork(
            f"{layer or 'the module'} has batch_first=False but gives {tuple(tensor.shape)} for {batch} "
            f"sequences of {steps} steps: it took the sequences for steps; let the module swap the two axes before it."
        )
    return tensor


@contextmanager
def _listening(module: nn.Module, part: nn.Module) -> Iterator[list[Any]]:
    """Collects the outputs of `part` while the module runs in eval mode; hook and modes are restored in any case."""
    calls: list[Any] = []
    modes = {each: each.training for each in module.modules()}
    handle = part.register_forward_hook(lambda _part, _inputs, output: calls.append(_copied(output)))
    module.eval()
    try:
        yield calls
    finally:
        handle.remove()
        for each, training in modes.items():
            each.training = training


def _copied(output: Any) -> Any:
    """Copies, since the module may change its outputs in place."""
    if isinstance(output, Tensor):
        tensor = output.detach().to("cpu", copy=True)
        return torch.cat([tensor.real, tensor.imag], dim=-1).float() if tensor.is_complex() else tensor.float()
    return tuple(_copied(each) for each in output) if isinstance(output, tuple | list) else output


def _state(output: Any, layer: str) -> Tensor:
    """The states among what a layer puts out: the first tensor, with its companions where it is a cell's."""
    if isinstance(output, tuple) and output and isinstance(output[0], Tensor):
        first = output[0]
        flat = [each for each in output if isinstance(each, Tensor) and each.ndim == 2 and len(each) == len(first)]
        return torch.cat(flat, dim=1) if first.ndim == 2 else first
    if not isinstance(output, Tensor):
        raise UnknownNetwork(
            f"{layer or 'the module'} gives a {type(output).__name__}: a layer that gives a tensor is needed."
        )
    return output


def _as_weights(module: nn.Module, inputs: Tensor) -> Tensor:
    """On the weights' device, numbers in the weights' precision."""
    weights = next(module.parameters(), None)
    if weights is None:
        return inputs
    return inputs.to(weights.device, weights.dtype if inputs.is_floating_point() else None)
