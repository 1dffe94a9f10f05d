"""Numbers, texts, lists and dictionaries out of an inert pickle; everything else is left out."""

from __future__ import annotations

from typing import Any, no_type_check

from kann.inputs.pickles.containers import attributes_of, entries_of, members_of, module_attributes_of
from kann.inputs.pickles.inert_values import Inert
from kann.inputs.pickles.walks import Walk
from kann.inputs.tensors.numpy_arrays import numpy_scalar
from kann.inputs.tensors.rebuilding import is_tensor

OMITTED = object()


@no_type_check
def plain_value(node: Any, walk: Walk) -> Any:
    """The value if it is plain, or what is plain in it; `OMITTED` where nothing is.

    Dictionaries lose entries that are not plain, lists are plain as a whole or not at all, objects
    become dictionaries of their attributes.
    """
    if is_plain_scalar(node):
        return node
    number = numpy_scalar(node)
    if number is not None:
        return number
    if not isinstance(node, (dict, list, tuple, Inert)) or walk.is_above(node):
        return OMITTED
    if is_tensor(node) or module_attributes_of(node) is not None:
        return OMITTED
    walk.enter(node)
    entries = entries_of(node)
    if entries is None and not members_of(node):
        entries = attributes_of(node)
    plain = _plain_list(node, walk) if entries is None else _plain_dictionary(entries, walk)
    walk.leave(node)
    return plain


@no_type_check
def is_plain_scalar(node: Any) -> bool:
    """Whether it is None, a text, or a number that others can store: no integer beyond 64 bits."""
    if type(node) is int:
        return -(2**63) <= node < 2**63
    return node is None or type(node) in (bool, float, str)


@no_type_check
def _plain_dictionary(entries: dict, walk: Walk) -> Any:
    walk.visit(looks=len(entries))
    plain = {}
    for key, value in entries.items():
        kept = plain_value(value, walk) if isinstance(key, (str, int, float)) else OMITTED
        if kept is not OMITTED:
            plain[key] = kept
    return plain if plain or not entries else OMITTED


@no_type_check
def _plain_list(node: Any, walk: Walk) -> Any:
    members = members_of(node)
    if isinstance(node, Inert) and not members:
        return OMITTED
    walk.visit(looks=len(members))
    plain = []
    for member in members:
        plain.append(member if type(member) in (float, str) else plain_value(member, walk))
        if plain[-1] is OMITTED:
            return OMITTED
    return tuple(plain) if isinstance(members, tuple) else plain
