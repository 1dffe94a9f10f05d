"""What the user can mend is said where it arose; everything else surfaces."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st

from kann.errors import KannError
from kann.ui.words import plain


@dataclass
class Block:
    """Whether a guarded block `failed`, so that what needs it need not say so again."""

    failed: bool = False


@contextmanager
def guard() -> Iterator[Block]:
    """Shows a KannError in place and goes on behind the block: what stands outside stays as it is."""
    block = Block()
    try:
        yield block
    except KannError as error:
        block.failed = True
        st.error(plain(str(error)), icon=":material/error:")
