import ast
import hashlib
import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch

import kann
from kann import UnreadableCheckpoint, open_checkpoint
from kann.inputs.files import model_files

OPENED = (
    *(
        "cells",
        "state_dict",
        "nested",
        "whole_module",
        "module_in_dictionary",
        "data_parallel",
        "two_networks",
        "parameters",
    ),
    *("views", "expanded", "subclass", "lazy", "types", "widened", "empty"),
)


def saved(value, **settings):
    file = io.BytesIO()
    torch.save(value, file, **settings)
    return file


FILES = (
    *(f"{name}{ending}" for name in OPENED for ending in (".pt", ".legacy.pt", ".pkl")),
    *("lightning.ckpt", "module_of_2017.pt", "types.big_endian.pt", "widened.big_endian.pt"),
    *(f"arrays.{protocol}.pkl" for protocol in range(6)),
)


@pytest.mark.parametrize("file", FILES)
def test_what_torch_saves_opens_with_the_same_names_and_values(made_by_torch, file):
    checkpoint = open_checkpoint(made_by_torch / file)

    with np.load(made_by_torch / f"{file.partition('.')[0]}.npz") as expected:
        assert list(checkpoint.tensors) == expected.files
        for key, tensor in checkpoint.tensors.items():
            np.testing.assert_array_equal(tensor, expected[key], strict=True)


@pytest.mark.parametrize("file", ["types.pt", "widened.pt", "widened.legacy.pt", "types.pkl"])
def test_the_types_in_the_file_keep_their_names(made_by_torch, file):
    types = json.loads((made_by_torch / f"{file.partition('.')[0]}.json").read_text())

    assert open_checkpoint(made_by_torch / file).dtypes == types


def test_a_whole_module_opens_without_its_class(made_by_torch):
    checkpoint = open_checkpoint(made_by_torch / "whole_module.pt")

    assert checkpoint.format == "torch zip, whole module"
    assert checkpoint.uncalled[0] == "__main__.Tagger"
    assert "builtins.getattr" in checkpoint.uncalled
    assert checkpoint.metadata["rnn.mode"] == "GRU"
    assert checkpoint.metadata["embedding.num_embeddings"] == 11


@pytest.mark.parametrize("ending", [".pt", ".legacy.pt", ".pkl"])
def test_cells_and_both_directions_are_found_in_a_module_of_another_process(made_by_torch, ending):
    layers = open_checkpoint(made_by_torch / f"cells{ending}").recurrent_layers

    assert layers == (
        kann.RecurrentLayer("steps.0", "RNN", 2, 3),
        kann.RecurrentLayer("steps.1", "GRU", 3, 4, bias=False),
        kann.RecurrentLayer("steps.2", "LSTM", 4, 5),
        kann.RecurrentLayer("model.both ways", "LSTM", 5, 2, layers=2, bidirectional=True),
    )


@pytest.mark.parametrize("file", ["whole_module.pt", "whole_module.legacy.pt", "whole_module.pkl", "nested.pt"])
def test_a_network_of_another_process_does_here_what_it_did_there(made_by_torch, file):
    with np.load(made_by_torch / "run.npz") as run:
        words, states, outputs = run["words"], run["states"], run["outputs"]
    network = kann.build_network(open_checkpoint(made_by_torch / file))
    dataset = kann.Dataset("symbols", list(words), "", token_names=list("abcdefghijk"))

    (batch,) = kann.hidden_states(network, dataset, state="hidden")

    np.testing.assert_allclose(batch.values, states, atol=1e-6)
    np.testing.assert_allclose(network.readout(torch.from_numpy(batch.values)).detach(), outputs, atol=1e-5)


def test_a_lightning_checkpoint_opens_without_its_functions(made_by_torch):
    checkpoint = open_checkpoint(made_by_torch / "lightning.ckpt")

    assert checkpoint.format == "torch zip, Lightning checkpoint"
    assert checkpoint.metadata["hyper_parameters"] == {"lr": 0.01, "layers": {"hidden": 2}}
    assert checkpoint.uncalled == (
        *("__main__.schedule", "torch.nn.modules.loss.CrossEntropyLoss", "argparse.Namespace"),
    )
    assert checkpoint.recurrent_layers == (kann.RecurrentLayer("model", "LSTM", 3, 2),)


def test_older_formats_say_what_they_are(made_by_torch):
    formats = {name: open_checkpoint(made_by_torch / name).format for name in ("module_of_2017.pt", "state_dict.pkl")}

    assert formats == {"module_of_2017.pt": "torch legacy, whole module", "state_dict.pkl": "pickle, state dict"}


def test_a_file_without_checksums_opens(made_by_torch):
    tensors = open_checkpoint(made_by_torch / "unchecked.pt").tensors

    np.testing.assert_array_equal(tensors["weight"], np.arange(4, dtype=np.float32))


def test_plain_values_beside_the_weights_become_metadata(made_by_torch):
    checkpoint = open_checkpoint(made_by_torch / "nested.pt")

    assert checkpoint.format == "torch zip, nested state dict"
    assert checkpoint.metadata == {"epoch": 7, "loss": 0.25, "config": {"sizes": [5, 4]}}
    assert checkpoint.uncalled == ()


def test_a_path_and_an_open_file_give_the_same_checkpoint(made_by_torch):
    path = made_by_torch / "state_dict.pt"

    with path.open("rb") as file:
        file.read(10)
        checkpoints = open_checkpoint(path), open_checkpoint(str(path)), open_checkpoint(file)
        assert not file.closed

    assert {checkpoint.sha256 for checkpoint in checkpoints} == {hashlib.sha256(path.read_bytes()).hexdigest()}
    assert checkpoints[0].format == "torch zip, state dict"


def test_the_recurrent_layer_of_a_checkpoint_is_listed(made_by_torch):
    (layer,) = open_checkpoint(made_by_torch / "nested.pt").recurrent_layers

    assert layer == kann.RecurrentLayer("rnn", "GRU", 5, 4, layers=2, bidirectional=False, bias=True)


def test_what_shares_a_storage_in_the_file_shares_memory(made_by_torch):
    tensors = open_checkpoint(made_by_torch / "views.pt").tensors

    assert np.shares_memory(tensors["a"], tensors["b"])


def test_half_precision_safetensors_open_with_their_metadata(made_by_torch):
    checkpoint = open_checkpoint(made_by_torch / "halves.safetensors")

    assert checkpoint.format == "safetensors"
    assert checkpoint.metadata == {"kann.cell": "orthogonal"}
    assert checkpoint.dtypes == {"weight": "bfloat16", "bias": "float16"}
    np.testing.assert_array_equal(
        checkpoint.tensors["weight"], np.arange(6, dtype=np.float32).reshape(2, 3), strict=True
    )
    np.testing.assert_array_equal(checkpoint.tensors["bias"], np.ones(2, np.float16), strict=True)


def test_a_file_without_a_recurrent_layer_opens():
    checkpoint = open_checkpoint(saved({"weight": torch.eye(2)}))

    assert checkpoint.recurrent_layers == ()
    assert list(checkpoint.tensors) == ["weight"]


def test_an_optimiser_alone_opens_with_its_states():
    weights = [torch.nn.Parameter(torch.ones(2))]
    optimiser = torch.optim.SGD(weights, momentum=0.5)
    weights[0].sum().backward()
    optimiser.step()

    assert list(open_checkpoint(saved(optimiser.state_dict())).tensors) == ["state.0.momentum_buffer"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("sparse.pt", "is sparse: call .to_dense"),
        ("csr.pt", "is sparse: call .to_dense"),
        ("quantised.pt", "is quantised: call .dequantize"),
        ("meta.pt", "lies on the meta device"),
        ("jagged.pt", "is nested: pad it"),
        ("float4.pt", "type float4_e2m1fn_x2 cannot be read: convert it with .float"),
        ("torchscript.pt", "it is TorchScript"),
        ("exported.pt2", r"exported program \(.pt2\)"),
        ("absent.pt", "absent.pt cannot be opened: there is no such file"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_remedy(made_by_torch, name, reason):
    with pytest.raises(UnreadableCheckpoint, match=reason):
        open_checkpoint(made_by_torch / name)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", r"it is empty \(0 bytes\)"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
        (b"version https://git-lfs.github.com/spec/v1", "git lfs pull"),
        (bytes(257) + b"ustar" + bytes(600), "a tar archive, as torch wrote before 0.1.10"),
        (b"not a model at all", "its first bytes 6e 6f 74 20 61 20 6d 6f are of no format"),
        (b"PK\3\4" + bytes(100), "no directory at its end"),
    ],
)
def test_other_files_are_refused_by_what_they_are(content, reason):
    with pytest.raises(UnreadableCheckpoint, match=reason):
        open_checkpoint(io.BytesIO(content))


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(UnreadableCheckpoint, match="it is no file"):
        open_checkpoint(tmp_path)


def test_a_file_that_the_system_guards_says_so(tmp_path, monkeypatch):
    def guarded(*_):
        raise PermissionError(13, "Permission denied")

    (tmp_path / "model.pt").write_bytes(b"x")
    monkeypatch.setattr(Path, "open", guarded)

    with pytest.raises(UnreadableCheckpoint, match=r"the system does not read it \(Permission denied"):
        open_checkpoint(tmp_path / "model.pt")


def test_a_file_opened_as_text_says_so():
    with pytest.raises(UnreadableCheckpoint, match="a file opened with mode 'rb' is needed, not a StringIO"):
        open_checkpoint(io.StringIO("text"))


def test_a_file_that_was_closed_says_so():
    file = io.BytesIO(b"content")
    file.close()

    with pytest.raises(UnreadableCheckpoint, match="it was closed before it was read"):
        open_checkpoint(file)


def test_a_stream_that_cannot_go_back_opens(made_by_torch):
    class Stream:
        def __init__(self, path):
            self.read = path.open("rb").read

    assert open_checkpoint(Stream(made_by_torch / "state_dict.pt")).format == "torch zip, state dict"


@pytest.mark.parametrize("file", ["whole_module.legacy.pt", "whole_module.pkl"])
def test_large_files_are_read_piece_by_piece(made_by_torch, file, monkeypatch):
    whole = open_checkpoint(made_by_torch / file)
    monkeypatch.setattr(model_files, "_SMALL", 0)

    pieces = open_checkpoint(made_by_torch / file)

    assert pieces.sha256 == whole.sha256
    for name, tensor in whole.tensors.items():
        np.testing.assert_array_equal(pieces.tensors[name], tensor)


def test_a_file_without_tensors_names_what_it_would_have_called():
    with pytest.raises(UnreadableCheckpoint, match=r"holds no tensors, only calls that were not made \(builtins.len\)"):
        open_checkpoint(saved({"function": len}))


def test_no_module_of_kann_unpickles():
    forbidden = {"load", "loads", "Unpickler", "_load", "_loads", "_Unpickler"}
    for path in Path(kann.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                names = {alias.name.partition(".")[0] for alias in node.names} | {getattr(node, "module", None)}
                assert not names & {"pickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}, path
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "torch":
                assert node.attr not in forbidden, path
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
                assert ast.unparse(node.value) == "False", path
