import pytest

from kann.inputs.pickles.named_globals import dangerous, not_understood


@pytest.mark.parametrize(
    "name",
    [
        *("os.system", "os.path.join", "subprocess.run", "builtins.eval", "builtins.getattr", "operator.attrgetter"),
        *("torch.load", "torch.hub.load", "numpy.load", "pickle.loads", "pandas.read_pickle", "models.Net.__reduce__"),
        *(
            "torch._dynamo.config.x",
            "ctypes.CDLL",
            "functools.partial",
            "requests.get",
            "site.main",
            "any.where.system",
        ),
    ],
)
def test_names_that_run_read_or_connect_are_dangerous(name):
    assert dangerous(["torch.FloatStorage", name]) == (name,)


@pytest.mark.parametrize(
    "name",
    [
        *("torch.nn.modules.rnn.LSTM", "__main__.Net", "models.os.Net", "osprey.Model", "torch.nn.functional.relu"),
        *("argparse.Namespace", "pathlib.PosixPath", "omegaconf.dictconfig.DictConfig", "datetime.datetime"),
    ],
)
def test_classes_of_models_and_settings_are_named_but_not_dangerous(name):
    assert not_understood([name]) == (name,)
    assert dangerous([name]) == ()


@pytest.mark.parametrize(
    "name",
    [
        *(
            "torch._utils._rebuild_tensor_v2",
            "torch.FloatStorage",
            "torch.cuda.HalfStorage",
            "torch.bfloat16",
            "torch.Size",
        ),
        *(
            "collections.OrderedDict",
            "numpy.core.multiarray._reconstruct",
            "numpy.dtype",
            "_codecs.encode",
            "builtins.set",
        ),
        *("torch.nn.parameter.Parameter", "torch._tensor._rebuild_from_type_v2", "builtins.set"),
    ],
)
def test_what_rebuilds_tensors_is_understood(name):
    assert not_understood([name]) == ()
