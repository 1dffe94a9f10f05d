"""What the user can mend is said where it arose; everything else surfaces."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from kann.errors import KannError
from kann.ui.words import plain


@contextmanager
def guard() -> Iterator[None]:
    """Shows a KannError in place and goes on behind the block: what stands outside stays as it is."""
    try:
        yield
    except KannError as error:
        st.error(plain(str(error)), icon=":material/error:")
