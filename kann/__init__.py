"""Look inside trained sequence networks: the public names, and nothing else.

Names are imported on first use, so that `import kann` and the command line's help do not wait for torch.
"""

from importlib import import_module

_HOMES = {
    "kann.inputs.checkpoints": ("open_checkpoint",),
    "kann.inputs.datasets": ("open_dataset",),
    "kann.inputs.networks": ("build_network",),
    "kann.inputs.hidden_states": ("hidden_states", "states_from_module"),
    "kann.numerics.moments.statistic": ("load_statistic",),
    "kann.numerics.moments.summarise": ("summarise", "summarise_arrays"),
    "kann.numerics.prediction.score": ("score",),
    "kann.records": ("Checkpoint", "Dataset", "RecurrentLayer", "StateBatch"),
    "kann.errors": (
        "KannError",
        "UnreadableCheckpoint",
        "UnreadableDataset",
        "UnknownNetwork",
        "NotEnoughData",
        "OutOfRange",
        "DidNotConverge",
    ),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}
__all__ = sorted(_HOME_OF)


def __getattr__(name: str):
    if name not in _HOME_OF:
        raise AttributeError(f"module 'kann' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return list(__all__)
