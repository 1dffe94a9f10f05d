"""Files that want to run something when they are opened: nothing runs, and their wishes are named."""

import pytest

from kann import UnreadableCheckpoint
from kann.inputs.pickles.named_globals import dangerous
from tests.inputs.assembled import Call, Name, Raw, Reference, archive, instructions, legacy, pickled, storage, tensor
from tests.inputs.guarded import opened

WEIGHTS = {"rnn.weight": tensor()}
TARGETS = {
    "os.system": ("echo ran",),
    "posix.system": ("echo ran",),
    "nt.system": ("echo ran",),
    "os.popen": ("echo ran",),
    "subprocess.Popen": (["echo", "ran"],),
    "subprocess.check_output": (["echo", "ran"],),
    "builtins.eval": ("print('ran')",),
    "builtins.exec": ("print('ran')",),
    "builtins.__import__": ("antigravity",),
    "builtins.open": ("/tmp/kann_ran", "w"),
    "builtins.getattr": (Name("os", "path"), "system"),
    "operator.attrgetter": ("system",),
    "importlib.import_module": ("antigravity",),
    "runpy.run_path": ("/tmp/kann_ran.py",),
    "shutil.rmtree": ("/tmp/kann_ran",),
    "webbrowser.open": ("http://localhost",),
    "socket.create_connection": (("localhost", 9),),
    "pty.spawn": ("sh",),
    "ctypes.CDLL": ("libc.so.6",),
    "torch.load": ("/tmp/kann_ran",),
    "torch.hub.load": ("owner/repository", "model"),
    "pickle.loads": (b"cos\nsystem\n(Vecho ran\ntR.",),
    "numpy.testing._private.utils.runstring": ("print('ran')", {}),
    "code.InteractiveInterpreter": (),
}


def split(path):
    return path.rpartition(".")[0], path.rpartition(".")[2]


def from_stack(path):
    module, name = split(path)
    return instructions(module) + instructions(name) + b"\x93"


def from_memo(path):
    module, name = split(path)
    return instructions(name) + b"r\xff\xff\xff\x7f0" + instructions(module) + b"j\xff\xff\xff\x7f\x93"


def instance(path, arguments):
    module, name = split(path)
    return b"(" + b"".join(map(instructions, arguments)) + f"i{module}\n{name}\n".encode()


ENCODINGS = {
    "reduce": lambda path, arguments: instructions(Call(Name(*split(path)), arguments)),
    "name from the stack": lambda path, arguments: from_stack(path) + instructions(arguments) + b"R",
    "name from the memo": lambda path, arguments: from_memo(path) + instructions(arguments) + b"R",
    "instance": instance,
    "object": lambda path, arguments: b"(" + from_stack(path) + b"".join(map(instructions, arguments)) + b"o",
    "new object": lambda path, arguments: from_stack(path) + instructions(arguments) + b"\x81",
    "with keywords": lambda path, arguments: from_stack(path) + instructions(arguments) + b"}\x92",
    "state": lambda path, arguments: from_stack(path) + b")\x81" + instructions(arguments) + b"b",
    "called twice": lambda path, arguments: from_stack(path) + instructions(arguments) + b"R)R",
    "dropped": lambda path, arguments: from_stack(path) + instructions(arguments) + b"R0N",
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("target", TARGETS)
def test_calls_beside_the_weights_are_named_and_not_made(target, encoding):
    call = Raw(ENCODINGS[encoding](target, TARGETS[target]))

    checkpoint = opened(archive({"attack": call, **WEIGHTS}))

    assert target in checkpoint.uncalled
    assert target in dangerous(checkpoint.uncalled)
    assert list(checkpoint.tensors) == ["rnn.weight"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_calls_alone_are_named_in_the_refusal(encoding):
    call = Raw(ENCODINGS[encoding]("os.system", ("echo ran",)))

    for content in (pickled(call), archive(call), legacy(call, keys=(), storages=())):
        with pytest.raises(UnreadableCheckpoint, match=r"no tensors, only calls that were not made \(os.system"):
            opened(content)


@pytest.mark.parametrize(
    "attack",
    [
        tensor(of=Call(Name("os", "system"), ("echo ran",))),
        tensor(size=Call(Name("os", "system"), ("echo ran",))),
        tensor(offset=Call(Name("os", "system"), ("echo ran",))),
        tensor(of=Reference(Call(Name("os", "system"), ("echo ran",)))),
        tensor(of=Reference(("storage", Name("os", "system"), "0", "cpu", 4))),
        tensor(of=storage(key=Call(Name("os", "system"), ("echo ran",)))),
        Call(Name("torch._utils", "_rebuild_parameter"), (Call(Name("os", "system"), ("echo ran",)), True, {})),
        Call(Name("torch._tensor", "_rebuild_from_type_v2"), (Name("os", "system"), None, ("echo ran",), {})),
        Call(Name("torch.storage", "_load_from_bytes"), (pickled(Call(Name("os", "system"), ("echo ran",))),)),
        tensor(of=Call(Name("torch.storage", "_load_from_bytes"), (pickled(Call(Name("os", "system"), ())),))),
    ],
)
def test_calls_in_place_of_parts_of_a_tensor_are_not_made(attack):
    for content in (pickled({"weight": attack}), archive({"weight": attack}), legacy({"weight": attack})):
        with pytest.raises(UnreadableCheckpoint):
            opened(content)


def test_a_call_as_a_key_is_not_made():
    key = instructions(Call(Name("os", "system"), ("echo ran",)))
    weights = Raw(b"}" + key + instructions(tensor()) + b"s")

    assert list(opened(archive(weights)).tensors) == ["0"]


def test_a_chain_of_attributes_is_not_followed():
    getter = Call(Name("operator", "attrgetter"), ("__globals__",))
    chain = Call(Call(Name("builtins", "getattr"), (Call(getter, (Name("os", "walk"),)), "get")), ("system",))

    checkpoint = opened(archive({"attack": Call(chain, ("echo ran",)), **WEIGHTS}))

    assert checkpoint.uncalled == ("builtins.getattr", "operator.attrgetter", "os.walk")
