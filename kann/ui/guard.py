"""Shows errors that the user can correct where they occur; other exceptions propagate."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st

from kann.errors import KannError
from kann.ui.words import plain


@dataclass
class Block:
    """`failed`: whether the guarded block raised a KannError, so that dependent blocks can be skipped."""

    failed: bool = False


@contextmanager
def guard() -> Iterator[Block]:
    """Shows a KannError raised in the block in its place; the script continues after the block."""
    block = Block()
    try:
        yield block
    except KannError as error:
        block.failed = True
        st.error(plain(str(error)), icon=":material/error:")
