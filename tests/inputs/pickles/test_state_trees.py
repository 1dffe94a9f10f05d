import io

import pytest

from kann import UnreadableCheckpoint, open_checkpoint
from tests.inputs.assembled import Call, Name, Raw, archive, instructions, tensor
from tests.inputs.guarded import opened


def named(value):
    return list(opened(archive(value)).tensors)


def instance(path, state):
    """An object of a class that exists nowhere, with these attributes."""
    return Raw(instructions(Name(*path.rsplit(".", 1))) + b")\x81" + instructions(state) + b"b")


def module(parameters=None, modules=None, buffers=None, **more):
    parts = {"_parameters": parameters or {}, "_buffers": buffers or {}, "_modules": modules or {}}
    return instance("models.Network", {**parts, **more})


GRAPH = {"_modules": {}, "_parameters": {"w": tensor()}}


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ({"rnn.w": tensor()}, ["rnn.w"]),
        ({"rnn": {"w": tensor()}, "out": {"w": tensor()}}, ["rnn.w", "out.w"]),
        ({"state_dict": {"w": tensor()}}, ["w"]),
        ({"checkpoint": {"model_state_dict": {"w": tensor()}}}, ["checkpoint.w"]),
        ({"model": {"w": tensor()}, "teacher": {"w": tensor()}}, ["w", "teacher.w"]),
        ({"model": {"w": tensor()}, "net": {"w": tensor()}}, ["model.w", "net.w"]),
        ({"model": tensor()}, ["model"]),
        ([{"w": tensor()}, (tensor(), tensor())], ["0.w", "1.0", "1.1"]),
        ({3: {None: tensor(), True: tensor()}}, ["3.None", "3.True"]),
        ({b"w": tensor()}, ["0"]),
        (tensor(), ["tensor"]),
        (module({"w": tensor(), "b": None}, {"net": module({"w": tensor()})}), ["w", "net.w"]),
        ({"model": module({"w": tensor()}), "epoch": 3}, ["w"]),
        (instance("agents.Agent", {"policy": module({"w": tensor()}), "memory": [tensor()]}), ["policy.w", "memory.0"]),
        (instance("agents.Agent", ({"w": tensor()}, {"slot": 1})), ["w"]),
        (Call(Name("torch.fx.graph_module", "reduce_graph_module"), (GRAPH, "source")), ["w"]),
        (Call(Name("collections", "OrderedDict"), ([["w", tensor()], ["v", tensor()], "odd"],)), ["w", "v"]),
        ({"w": tensor(), "odd": Call(Name("collections", "OrderedDict"), (1,))}, ["w"]),
        ({"w": tensor(), "optimizer": {"m": tensor()}, "lr_schedulers": [tensor()], "rng_state": tensor()}, ["w"]),
        ({"w": tensor(), "trainer": {"state": {0: {"m": tensor()}}, "param_groups": []}}, ["w"]),
    ],
)
def test_tensors_are_named_by_the_keys_that_lead_to_them(value, names):
    assert named(value) == names


def test_buffers_that_are_not_saved_are_left_out():
    unsaved = Call(Name("builtins", "set"), (["scratch"],))
    buffers = {"scale": tensor(), "scratch": tensor()}

    assert named(module(buffers=buffers, _non_persistent_buffers_set=unsaved)) == ["scale"]


def test_attributes_of_modules_become_metadata_where_they_are_plain():
    rnn = module({"w": tensor()}, mode="GRU", training=True, _hidden=1, sizes=[1], owner=Name("os", "system"))

    checkpoint = opened(archive({"model": module(modules={"rnn": rnn}, depth=2)}))

    assert checkpoint.metadata == {"depth": 2, "rnn.mode": "GRU"}
    assert checkpoint.format == "torch zip, whole module"


def test_values_of_many_kinds_become_plain_metadata():
    scalar = Call(Name("numpy._core.multiarray", "scalar"), (Call(Name("numpy", "dtype"), ("f4",)), b"\0\0\x80?"))
    values = {
        "size": Call(Name("torch", "Size"), ((2, 3),)),
        "rate": scalar,
        "settings": instance("argparse.Namespace", {"hidden": 4, "loss": Name("losses", "mse")}),
        "vocabulary": {"the": 0, 1: "a"},
        "extended": Raw(instructions(instance("configs.List", {})) + instructions(1) + b"a"),
        "empty": {},
        "classes": [],
        "mixed": [1, tensor()],
        "huge": 2**70,
        "bytes": b"raw",
        "function": Name("losses", "mse"),
    }

    metadata = opened(archive({"w": tensor(), **values})).metadata

    assert metadata == {
        "size": (2, 3),
        "rate": 1.0,
        "settings": {"hidden": 4},
        "vocabulary": {"the": 0, 1: "a"},
        "extended": [1],
        "empty": {},
        "classes": [],
    }


def test_two_tensors_of_one_name_are_refused():
    with pytest.raises(UnreadableCheckpoint, match="its 2 tensors have only 1 names"):
        opened(archive({"a.b": tensor(), "a": {"b": tensor()}}))


def test_a_name_of_many_characters_is_refused():
    with pytest.raises(UnreadableCheckpoint, match="a tensor's name has 100001 characters, more than 1000"):
        opened(archive({"a" * 100_000: tensor()}))


def test_a_tensor_many_times_is_refused(monkeypatch):
    monkeypatch.setattr("kann.inputs.pickles.walks.MOST_VISITS", 1000)

    with pytest.raises(UnreadableCheckpoint, match="it has more than 1000 tensors, lists and tables"):
        opened(archive(Raw(instructions(tensor()) + b"q\x000](" + b"h\0" * 1000 + b"e")))


def test_a_long_history_of_the_loss_is_kept(monkeypatch):
    monkeypatch.setattr("kann.inputs.pickles.walks.MOST_VISITS", 1000)
    history = Raw(b"](" + b"G?\xe0\0\0\0\0\0\0" * 5_000 + b"e")

    assert opened(archive({"w": tensor(), "losses": history})).metadata == {"losses": [0.5] * 5_000}


def test_a_file_of_twenty_thousand_tensors_opens():
    tensors = {f"layers.{number}.weight": tensor() for number in range(20_000)}

    assert len(open_checkpoint(io.BytesIO(archive(tensors))).tensors) == 20_000


def test_attributes_of_one_name_keep_the_keys_that_lead_to_them():
    networks = {"w": tensor(), "model": module(depth=1), "net": module(depth=2)}

    assert opened(archive(networks)).metadata == {"model.depth": 1, "net.depth": 2}
