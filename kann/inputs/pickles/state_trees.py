"""The value of a checkpoint's pickle as a tree: which tensors hang on it, by what names, beside what plain values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, no_type_check

from kann.errors import UnreadableCheckpoint
from kann.inputs.pickles.containers import (
    UNSAVED,
    attributes_of,
    entries_of,
    members_of,
    module_attributes_of,
    module_parts,
)
from kann.inputs.pickles.inert_values import Inert, UnusualKey
from kann.inputs.pickles.plain_values import OMITTED, is_plain_scalar, plain_value
from kann.inputs.pickles.walks import Walk
from kann.inputs.tensors.rebuilding import is_tensor

_LONGEST_NAME = 1000
# Keys that say "here are the weights" and no more.
_WRAPPERS = {"state_dict", "model_state_dict", "model_state", "model", "net", "network", "module", "weights", "params"}
_ASIDE = re.compile(
    r"(optim|lr_schedulers?|schedulers?|callbacks|loops|amp_scaler)\w*|\w{0,40}_(optim\w*|rng_states?)|rng_states?"
)
_OPTIMISER_KEYS = {"state", "param_groups"}


@no_type_check
@dataclass(slots=True)
class Leaf:
    """A tensor, or a plain attribute of a module: the keys that lead to it, and those that tell it apart."""

    path: tuple[str, ...]
    short: tuple[str, ...]
    value: Any


@dataclass(frozen=True)
class StateTree:
    """Nodes of tensors by name, plain values beside them, and a word for the whole."""

    tensors: dict[str, Inert]
    metadata: dict[str, Any]
    kind: str


def read_tree(root: Any, instructions: int) -> StateTree:
    """The tensors below `root`, the value of a pickle of so many instructions, named as state_dict would name them.

    Nested dictionaries join their keys with dots; keys such as `state_dict` are dropped unless two
    tensors would then share a name. Optimiser states are left out where there are other tensors.
    """
    search = _Search(Walk(instructions), everything=False)
    leaves = list(search.leaves(root))
    if not leaves:
        search = _Search(Walk(instructions), everything=True)
        leaves = list(search.leaves(root))
    named = leaves + search.attributes
    by_short = len({leaf.short for leaf in named}) == len(named)
    return StateTree(
        _named(leaves, by_short),
        _beside(root, Walk(instructions)) | _named(search.attributes, by_short),
        _kind(root, search.modules > 0),
    )


def _named(leaves: list[Leaf], by_short: bool) -> dict[str, Any]:
    named = {_joined(leaf.short if by_short else leaf.path): leaf.value for leaf in leaves}
    if len(named) < len(leaves):
        raise UnreadableCheckpoint(
            f"its {len(leaves)} tensors have only {len(named)} names: save a state dict without dots in its nested keys"
        )
    return named


def _joined(path: tuple[str, ...]) -> str:
    length = sum(map(len, path)) + len(path)
    if length > _LONGEST_NAME:
        raise UnreadableCheckpoint(f"a tensor's name has {length} characters, more than {_LONGEST_NAME}: rename it")
    return ".".join(path) or "tensor"


def _kind(root: Any, has_module: bool) -> str:
    entries = entries_of(root) or {}
    if "pytorch-lightning_version" in entries:
        return "Lightning checkpoint"
    if has_module:
        return "whole module"
    return "state dict" if any(map(is_tensor, entries.values())) else "nested state dict"


@no_type_check
def _is_aside(key: str) -> bool:
    """Whether it names an optimiser, a schedule or the like, which a model does without."""
    return len(key) < 100 and _ASIDE.fullmatch(key) is not None


def _beside(root: Any, walk: Walk) -> dict[str, Any]:
    """The plain values beside the weights, by key."""
    entries = entries_of(root)
    if entries is None or set(entries) == _OPTIMISER_KEYS:
        return {}
    plain = {
        key: plain_value(value, walk) for key, value in entries.items() if isinstance(key, str) and not _is_aside(key)
    }
    return {key: value for key, value in plain.items() if value is not OMITTED}


@no_type_check
class _Search:
    """One pass over the tree; it notes the plain attributes of the modules on its way."""

    def __init__(self, walk: Walk, everything: bool) -> None:
        self.attributes: list[Leaf] = []
        self.modules = 0
        self._everything = everything
        self._walk = walk

    def leaves(self, node: Any, path: tuple[str, ...] = (), short: tuple[str, ...] = ()) -> Iterator[Leaf]:
        if is_tensor(node):
            self._walk.visit()
            yield Leaf(path, short, node)
        elif isinstance(node, (Inert, dict, list, tuple)) and not self._walk.is_above(node):
            self._walk.enter(node)
            module = module_attributes_of(node)
            parts = self._parts(node) if module is None else self._module_parts(module, path, short)
            for key, part in parts:
                dropped = key in _WRAPPERS and module is None and not is_tensor(part)
                yield from self.leaves(part, (*path, key), short if dropped else (*short, key))
            self._walk.leave(node)

    def _parts(self, node: Any) -> list[tuple[str, Any]]:
        entries = entries_of(node)
        if entries is None and not members_of(node):
            entries = attributes_of(node)
        parts = list(enumerate(members_of(node))) if entries is None else list(entries.items())
        self._walk.visit(looks=len(parts))
        if self._everything or entries is None:
            return _named_parts(parts)
        if entries_of(node) is not None and set(entries) == _OPTIMISER_KEYS:
            return []
        return [(key, part) for key, part in _named_parts(parts) if not _is_aside(key)]

    def _module_parts(self, module: dict, path: tuple[str, ...], short: tuple[str, ...]) -> list[tuple[str, Any]]:
        parts = module_parts(module)
        self._walk.visit(looks=len(parts) + len(module) + len(members_of(module.get(UNSAVED))))
        self.modules += 1
        self.attributes += [
            Leaf((*path, key), (*short, key), value)
            for key, value in module.items()
            if isinstance(key, str) and not key.startswith("_") and key != "training" and is_plain_scalar(value)
        ]
        return _named_parts(parts)


@no_type_check
def _named_parts(parts: list[tuple[Any, Any]]) -> list[tuple[str, Any]]:
    """Each part under its key as text; a key that cannot be one gives way to its number."""
    return [
        (str(index) if isinstance(key, (UnusualKey, bytes)) else str(key), part)
        for index, (key, part) in enumerate(parts)
        if isinstance(part, (Inert, dict, list, tuple))
    ]
