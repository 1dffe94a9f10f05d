"""Writes model files and the values they must give: run as a program, so that its classes exist nowhere else."""

import argparse
import json
import pickle
import sys
import zipfile
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


class Cells(nn.Module):
    """One of each cell class, and a layer in both directions, under names of their own."""

    def __init__(self):
        super().__init__()
        self.steps = nn.ModuleList([nn.RNNCell(2, 3), nn.GRUCell(3, 4, bias=False), nn.LSTMCell(4, 5)])
        self.model = nn.ModuleDict({"both ways": nn.LSTM(5, 2, num_layers=2, bidirectional=True)})


def checkpoints():
    torch.manual_seed(0)
    model = Tagger(num_layers=2)
    state = model.state_dict()
    optimiser = torch.optim.Adam(model.parameters())
    model.readout(model.rnn(model.embedding(torch.zeros(1, 3, dtype=torch.long)))[0]).sum().backward()
    optimiser.step()
    training = {"optimizer_state_dict": optimiser.state_dict(), "epoch": 7, "loss": 0.25, "config": {"sizes": [5, 4]}}
    base = torch.arange(24.0)
    cells = Cells()
    yield "cells", cells, cells.state_dict()
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
    yield "empty", {str(kind): torch.arange(0).to(kind) for kind in plain_types() + widened_types()}, None


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
    for number, (name, value, state) in enumerate(checkpoints()):
        torch.save(value, folder / f"{name}.pt")
        torch.save(value, folder / f"{name}.legacy.pt", _use_new_zipfile_serialization=False)
        (folder / f"{name}.pkl").write_bytes(pickle.dumps(value, protocol=number % 6))
        write_expected(folder / name, dict(expected(state if state is not None else value)))
    write_run(folder)
    write_others(folder)
    write_refused(folder)
    write_lightning(folder / "lightning")
    write_arrays(folder)
    write_module_of_2017(folder / "module_of_2017")
    byteswapped(folder / "types.pt", folder / "types.big_endian.pt")
    byteswapped(folder / "widened.pt", folder / "widened.big_endian.pt")


def write_run(folder):
    """What the network of `whole_module` does with words, for those who cannot run it."""
    model = {name: value for name, value, _ in checkpoints()}["whole_module"]
    words = torch.arange(30).reshape(5, 6) % 11
    with torch.no_grad():
        states = nn.GRU.forward(model.rnn, model.embedding(words).transpose(0, 1))[0].transpose(0, 1)
        np.savez(folder / "run.npz", words=words, states=states, outputs=model.readout(states))


def write_expected(path, tensors):
    np.savez(f"{path}.npz", **{key: as_numpy(tensor) for key, tensor in tensors.items()})
    types = {key: str(tensor.dtype).removeprefix("torch.") for key, tensor in tensors.items()}
    Path(f"{path}.json").write_text(json.dumps(types))


def write_others(folder):
    halves = {"weight": torch.arange(6.0).reshape(2, 3).to(torch.bfloat16), "bias": torch.ones(2, dtype=torch.float16)}
    save_file(halves, folder / "halves.safetensors", metadata={"kann.cell": "orthogonal"})
    torch.serialization.set_crc32_options(False)
    torch.save({"weight": torch.arange(4.0), "model": Tagger()}, folder / "unchecked.pt")
    torch.serialization.set_crc32_options(True)


def write_refused(folder):
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


def schedule(step):
    return 1 / (1 + step)


def write_lightning(path):
    torch.manual_seed(1)
    state = {f"model.{name}": value for name, value in nn.LSTM(3, 2).state_dict().items()}
    settings = {"lr": 0.01, "schedule": schedule, "loss": nn.CrossEntropyLoss(), "layers": argparse.Namespace(hidden=2)}
    callbacks = {"ModelCheckpoint{'monitor': None}": {"best_model_score": torch.tensor(0.5), "dirpath": "runs"}}
    checkpoint = {"epoch": 3, "pytorch-lightning_version": "2.5.0", "state_dict": state, "callbacks": callbacks}
    states = {"optimizer_states": [{"state": {0: {"exp_avg": torch.zeros(2)}}, "param_groups": []}]}
    torch.save({**checkpoint, **states, "lr_schedulers": [], "hyper_parameters": settings}, f"{path}.ckpt")
    write_expected(path, state)


def write_arrays(folder):
    arrays = {kind: np.arange(6).reshape(2, 3).astype(kind) for kind in ("?", "u1", "<i4", ">i8", "f2", "<f4", ">f8")}
    arrays |= {"c16": np.array([1 + 2j]), "fortran": np.asfortranarray(np.eye(2, 3)), "scalar": np.array(2.5)}
    for protocol in range(6):
        content = {**arrays, "texts": np.array(["a"]), "objects": np.array([None]), "rate": np.float32(0.5)}
        (folder / f"arrays.{protocol}.pkl").write_bytes(pickle.dumps(content, protocol=protocol))
    np.savez(
        folder / "arrays.npz", **{name: array.astype(array.dtype.newbyteorder("=")) for name, array in arrays.items()}
    )


class OldStorage:
    def __init__(self, key, values, view=None):
        self.key, self.values, self.view = key, values, view


class OldParameter:
    """Pickles as parameters and tensors did before torch 0.4."""

    def __init__(self, storage, size):
        self.storage, self.size = storage, size

    def __reduce__(self):
        stride = (self.size[1], 1)
        return (
            torch.nn.parameter.Parameter,
            (OldTensor(self.storage, 0, self.size, stride),),
            (True, False, OrderedDict()),
        )


class OldTensor:
    def __init__(self, *arguments):
        self.arguments = arguments

    def __reduce__(self):
        return torch._utils._rebuild_tensor, self.arguments


class OldPickler(pickle.Pickler):
    noted = False

    def persistent_id(self, value):
        if isinstance(value, OldStorage):
            return "storage", torch.FloatStorage, value.key, "cuda:0", len(value.values), value.view
        if value is Tagger and not self.noted:
            self.noted = True
            return "module", value, "tagger.py", "class Tagger(nn.Module): ..."
        return None


def write_module_of_2017(path):
    values = np.arange(10, dtype="<f4")
    storage = OldStorage("94", values)
    module = Tagger.__new__(Tagger)
    parts = [
        ("whole", OldParameter(storage, (2, 5))),
        ("part", OldParameter(OldStorage("94", values, ("95", 4, 6)), (2, 3))),
    ]
    module.__dict__ = {"_modules": OrderedDict(), "_buffers": OrderedDict(), "_parameters": OrderedDict(parts)}
    with open(f"{path}.pt", "wb") as file:
        for value in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}, module, ["94"]):
            OldPickler(file, protocol=2).dump(value)
        file.write(len(values).to_bytes(8, "little") + values.tobytes())
    tensor = torch.from_numpy(values)
    write_expected(path, {"whole": tensor.reshape(2, 5), "part": tensor[4:].reshape(2, 3)})


def byteswapped(source, target):
    """The file as a big-endian machine would have written it; its storages are named for their types' order."""
    kinds = json.loads(source.with_suffix(".json").read_text()).values()
    orders = dict(zip(map(str, range(len(kinds))), kinds, strict=True))
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for member in old.namelist():
            folder, _, key = member.rpartition("/")
            data = b"big" if key == "byteorder" else old.read(member)
            if folder.endswith("/data"):
                kind = getattr(torch, orders[key])
                width = kind.itemsize // (2 if kind.is_complex else 1)
                data = np.frombuffer(data, np.uint8).reshape(-1, width)[:, ::-1].tobytes()
            new.writestr(member, data)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
