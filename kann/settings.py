"""Settings are frozen records; what a number of theirs may be stands with its default."""

from __future__ import annotations

from dataclasses import field
from typing import Any


def bounded(default: Any, least: int | None = None, most: int | None = None) -> Any:
    """A field with a default, whose whole numbers lie between `least` and `most` where somebody writes them down."""
    return field(default=default, metadata={"least": least, "most": most})
