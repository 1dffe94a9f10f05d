"""Dictionaries, lists, objects and modules among the values of an inert pickle, whatever their classes."""

from __future__ import annotations

import re
from typing import Any, no_type_check

from kann.inputs.pickles.inert_values import Inert

# The attribute of a module that lists the buffers which state_dict leaves out.
UNSAVED = "_non_persistent_buffers_set"
_DICTIONARY = re.compile(r"collections\.OrderedDict|builtins\.dict")
_COLLECTION = re.compile(r"builtins\.(set|frozenset|list|tuple)|torch\.Size")


@no_type_check
def entries_of(node: Any) -> dict | None:
    """The items of a dictionary, or of an instance of some class of dictionary."""
    if isinstance(node, dict):
        return node
    if not isinstance(node, Inert):
        return None
    if node.entries is None and _DICTIONARY.fullmatch(node.path):
        return _from_pairs(node.arguments[0] if node.arguments else [])
    return node.entries


@no_type_check
def members_of(node: Any) -> list | tuple:
    """The values in a list, a tuple, a set, or an instance of some class of list; none for other values."""
    if isinstance(node, (list, tuple)):
        return node
    if not isinstance(node, Inert):
        return ()
    if node.members is None and _COLLECTION.fullmatch(node.path):
        return node.arguments[0] if node.arguments and isinstance(node.arguments[0], (list, tuple)) else ()
    return node.members or ()


@no_type_check
def attributes_of(node: Any) -> dict | None:
    """The attributes of an instance, as its pickle would have set them."""
    if not isinstance(node, Inert):
        return None
    state = node.state
    if node.path == "torch.fx.graph_module.reduce_graph_module" and node.arguments:
        state = node.arguments[0]
    if isinstance(state, tuple) and state:
        # Attributes, then slots.
        state = state[0]
    return state if isinstance(state, dict) else None


@no_type_check
def module_attributes_of(node: Any) -> dict | None:
    """The attributes of a torch.nn.Module of whatever class; None for other values."""
    attributes = attributes_of(node)
    known = attributes is not None and "_modules" in attributes and "_parameters" in attributes
    return attributes if known else None


@no_type_check
def module_parts(attributes: dict) -> list[tuple[Any, Any]]:
    """What state_dict lists: parameters, buffers meant to be saved, then the modules inside; some may be None."""
    unsaved = {name for name in members_of(attributes.get(UNSAVED)) if isinstance(name, str)}
    return [
        (key, None if group == "_buffers" and key in unsaved else part)
        for group in ("_parameters", "_buffers", "_modules")
        for key, part in (entries_of(attributes.get(group)) or {}).items()
    ]


@no_type_check
def _from_pairs(pairs: Any) -> dict:
    """Python 2 wrote ordered dictionaries as a list of pairs; what is none ends it."""
    entries = {}
    for pair in pairs if isinstance(pairs, list) else ():
        if not isinstance(pair, (list, tuple)) or len(pair) != 2 or not isinstance(pair[0], str):
            break
        entries[pair[0]] = pair[1]
    return entries
