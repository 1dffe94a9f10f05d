"""Shapes, strides and offsets as files declare them, checked before an array takes them."""

from __future__ import annotations

import math
from typing import Any, no_type_check

from kann.errors import UnreadableCheckpoint
from kann.inputs.pickles.inert_values import Inert

MOST_AXES = 32


@no_type_check
def whole_numbers(value: Any) -> tuple[int, ...]:
    """A tuple of these, also where it is wrapped as a torch.Size."""
    if isinstance(value, Inert) and value.path == "torch.Size" and value.arguments:
        value = value.arguments[0]
    if not isinstance(value, (tuple, list)) or len(value) > MOST_AXES or not all(map(_is_whole, value)):
        raise malformed(f"a shape, stride or offset that is not a list of at most {MOST_AXES} whole numbers from 0 on")
    return tuple(value)


@no_type_check
def _is_whole(number: Any) -> bool:
    return type(number) is int and 0 <= number < 2**63


@no_type_check
def require_shape(shape: tuple[int, ...]) -> None:
    """numpy has a limit to axes and, even for tensors without elements, to what they span."""
    if len(shape) > MOST_AXES or math.prod(max(1, length) for length in shape[:MOST_AXES]) > 2**48:
        raise UnreadableCheckpoint(
            f"a tensor of {len(shape)} axes, the first {shape[:4]}, is beyond what arrays can hold: "
            "the file was damaged, copy it again"
        )


def malformed(how: str) -> UnreadableCheckpoint:
    return UnreadableCheckpoint(f"a tensor has {how}: the file was damaged or tampered with, copy it again")
