import pytest

from kann import UnreadableCheckpoint
from tests.inputs.assembled import Call, Name, Raw, archive, instructions, legacy, storage, tensor
from tests.inputs.guarded import opened

NUMPY = Name("numpy._core.multiarray", "_reconstruct")


def numpy_array(shape=(2,), code="f4", data=bytes(8), order=False):
    kind = Raw(instructions(Call(Name("numpy", "dtype"), (code, False, True))))
    made = instructions(Call(NUMPY, (Name("numpy", "ndarray"), (0,), b"b")))
    return Raw(made + instructions((1, shape, kind, order, data)) + b"b")


PARAMETER = Name("torch._utils", "_rebuild_parameter")
TENSORS = {
    "a shape below 0": (tensor(size=(-1, 2)), "whole numbers from 0 on"),
    "a stride below 0": (tensor(stride=(-2, 1)), "whole numbers from 0 on"),
    "an offset below 0": (tensor(offset=-1), "whole numbers from 0 on"),
    "a shape of texts": (tensor(size=("2", "2")), "whole numbers from 0 on"),
    "a shape of truths": (tensor(size=(True, True)), "whole numbers from 0 on"),
    "a shape of 40 axes": (tensor(size=(1,) * 40, stride=(1,) * 40), "at most 32 whole numbers"),
    "a number beyond 64 bits": (tensor(size=(10**400,), stride=(0,)), "whole numbers from 0 on"),
    "more axes than strides": (tensor(stride=(1,)), "2 axes but 1 strides"),
    "elements beyond the storage": (tensor(size=(3, 2)), "its last element at 5 of a storage with 4"),
    "an offset beyond the storage": (tensor(offset=1), "its last element at 4 of a storage with 4"),
    "2**40 elements from 4": (tensor(size=(2**20, 2**20), stride=(0, 0)), "1099511627776 elements long"),
    "2**60 elements": (tensor(size=(2**30, 2**30), stride=(0, 0)), "beyond what arrays can hold"),
    "an empty span": (tensor(size=(0, 2**62), stride=(0, 0)), "beyond what arrays can hold"),
    "too few arguments": (Call(Name("torch._utils", "_rebuild_tensor_v2"), ()), "0 arguments where 4 are needed"),
    "an absent storage": (tensor(of=storage("7")), "lacks the member 'archive/data/7'"),
    "a storage outside": (tensor(of=storage("../../../../etc/passwd")), "lacks the member"),
    "a storage of 1 EiB": (tensor(of=storage(count=2**58)), "has 16 bytes where the pickle declares"),
    "a storage of no number": (tensor(of=storage(count="4")), "a storage that torch does not write"),
    "a storage without end": (tensor(of=storage(count=10**30)), "whole numbers from 0 on"),
    "a view of no storage": (tensor(of=storage("0", "FloatStorage", 4, "view")), "whole numbers from 0 on"),
    "a class of storages": (tensor(of=storage(kind="WeirdStorage")), "a storage of class torch.WeirdStorage"),
    "two types of a storage": (
        Raw(instructions([tensor(), tensor(of=storage(kind="LongStorage", count=2), size=(1,), stride=(1,))])),
        "a storage that it takes for int64, another for float32",
    ),
    "no type": (
        tensor(of=storage(kind="UntypedStorage", count=16), function="_rebuild_tensor_v3"),
        "an untyped storage and no type of its own",
    ),
    "an unknown type": (
        tensor(of=storage(kind="UntypedStorage"), function="_rebuild_tensor_v3", more=(0, {}, Name("torch", "int3"))),
        "a tensor of type int3 cannot be read: convert it",
    ),
    "parameters of parameters": (
        Raw(instructions(tensor()) + (b"q\x000" + instructions(PARAMETER) + b"h\0\x85R") * 9),
        "more than 8 wrappings",
    ),
    "a subclass of nothing": (
        Call(Name("torch._tensor", "_rebuild_from_type_v2"), ()),
        "something that is not a tensor",
    ),
    "a parameter of nothing": (Call(Name("torch._utils", "_rebuild_parameter"), ()), "something that is not a tensor"),
    "a wrapped class": (Call(Name("torch._utils", "_rebuild_wrapper_subclass"), ()), "is of a wrapped class"),
    "an array of other length": (numpy_array(data=bytes(7)), "7 bytes where its type and shape need 8"),
    "an array of no bytes": (numpy_array(data=None), "no bytes behind its shape"),
    "an array without end": (numpy_array(shape=(2**62,)), "beyond what arrays can hold"),
    "one array many times": (
        Raw(
            instructions(bytes(80_000))
            + b"q\0"
            + b"0("
            + b"".join(
                instructions(Call(NUMPY, (None,) * 3))
                + instructions((1, (20_000,), Call(Name("numpy", "dtype"), ("f4",)), False, Raw(b"h\0")))
                + b"b"
                for _ in range(1000)
            )
            + b"l"
        ),
        "spell out more bytes than the file has",
    ),
}


@pytest.mark.parametrize("name", TENSORS)
def test_a_tensor_that_does_not_add_up_is_refused(name):
    value, reason = TENSORS[name]

    with pytest.raises(UnreadableCheckpoint, match=reason):
        opened(archive({"weight": value}))


@pytest.mark.parametrize(
    "name", [name for name in TENSORS if name not in ("a storage of 1 EiB", "two types of a storage")]
)
def test_a_tensor_of_an_old_file_that_does_not_add_up_is_refused(name):
    with pytest.raises(UnreadableCheckpoint):
        opened(legacy({"weight": TENSORS[name][0]}))


def test_a_shape_may_be_wrapped():
    shape = Call(Name("torch", "Size"), ((2, 2),))

    assert opened(archive({"weight": tensor(size=shape)})).tensors["weight"].shape == (2, 2)
