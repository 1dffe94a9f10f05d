"""Writes model files and the values they must give: run as a program, so that its classes exist nowhere else."""

import json
import sys
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn


class Tagger(nn.Module):
    def __init__(self, cell=nn.GRU, **settings):
        super().__init__()
        self.embedding = nn.Embedding(11, 5)
        self.rnn = cell(5, 4, **settings)
        self.readout = nn.Linear(4, 3)
        self.register_buffer("scale", torch.tensor(2.5))
        self.register_buffer("scratch", torch.zeros(2), persistent=False)
        self.activation = torch.relu
        self.itself = [self]


def checkpoints():
    torch.manual_seed(0)
    model = Tagger(num_layers=2)
    state = model.state_dict()
    optimiser = torch.optim.Adam(model.parameters())
    model.readout(model.rnn(model.embedding(torch.zeros(1, 3, dtype=torch.long)))[0]).sum().backward()
    optimiser.step()
    training = {"optimizer_state_dict": optimiser.state_dict(), "epoch": 7, "loss": 0.25, "config": {"sizes": [5, 4]}}
    base = torch.arange(24.0)
    yield "state_dict", state, state
    yield "nested", {"model_state_dict": state, **training}, state
    yield "whole_module", model, state
    yield "module_in_dictionary", {"model": model, "epoch": 7}, state
    yield "data_parallel", nn.DataParallel(model), {f"module.{name}": value for name, value in state.items()}
    yield "two_networks", {"encoder": state, "model": {"encoder": state}}, None
    yield "parameters", {"weight": nn.Parameter(base[:6].reshape(2, 3))}, None
    yield "views", {"a": base, "b": base[3:9].reshape(2, 3).t(), "c": base[::5], "d": base[7], "e": base[:0]}, None
    yield "expanded", {"mask": torch.ones(1, 3).expand(4, 3)}, None
    yield "subclass", {"marked": mark(torch.arange(3.0))}, None
    yield "lazy", {"conj": complex_numbers().conj(), "neg": complex_numbers().conj().imag}, None
    yield "types", {str(kind): torch.arange(5).to(kind) for kind in plain_types()}, None
    yield "widened", {str(kind): torch.arange(5).to(kind) for kind in widened_types()}, None


def mark(tensor):
    tensor.origin = "here"
    return tensor


def complex_numbers():
    return torch.tensor([1 + 2j, 3 - 4j])


def plain_types():
    names = "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float16 float32 float64 complex64 complex128"
    return [getattr(torch, name) for name in names.split()]


def widened_types():
    return [torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2, torch.complex32]


def expected(value, prefix=""):
    """The tensors in nested dictionaries under dotted names."""
    for name, part in value.items():
        if isinstance(part, dict):
            yield from expected(part, f"{prefix}{name}.")
        else:
            yield prefix + name, part.detach().resolve_conj().resolve_neg()


def as_numpy(tensor):
    wider = {torch.complex32: torch.complex64}
    wide = {kind: wider.get(kind, torch.float32) for kind in widened_types()}
    return tensor.to(wide.get(tensor.dtype, tensor.dtype)).numpy()


def write(folder):
    for name, value, state in checkpoints():
        torch.save(value, folder / f"{name}.pt")
        tensors = dict(expected(state if state is not None else value))
        np.savez(folder / f"{name}.npz", **{key: as_numpy(tensor) for key, tensor in tensors.items()})
        types = {key: str(tensor.dtype).removeprefix("torch.") for key, tensor in tensors.items()}
        (folder / f"{name}.json").write_text(json.dumps(types))
    refused = {
        "sparse": torch.eye(3).to_sparse(),
        "csr": torch.eye(3).to_sparse_csr(),
        "quantised": torch.quantize_per_tensor(torch.zeros(2), 1.0, 0, torch.qint8),
        "meta": torch.zeros(2, device="meta"),
        "jagged": torch.nested.nested_tensor([torch.zeros(2), torch.zeros(3)]),
        "float4": torch.zeros(2, dtype=torch.uint8).view(torch.float4_e2m1fn_x2),
    }
    for name, value in refused.items():
        torch.save(OrderedDict(weight=value), folder / f"{name}.pt")
    torch.jit.script(nn.Linear(2, 2)).save(folder / "torchscript.pt")
    torch.export.save(torch.export.export(nn.Linear(2, 2), (torch.zeros(1, 2),)), folder / "exported.pt2")
    halves = {"weight": torch.arange(6.0).reshape(2, 3).to(torch.bfloat16), "bias": torch.ones(2, dtype=torch.float16)}
    save_file(halves, folder / "halves.safetensors", metadata={"kann.cell": "orthogonal"})


if __name__ == "__main__":
    write(Path(sys.argv[1]))
