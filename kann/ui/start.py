"""The cached backend of this process."""

from __future__ import annotations

from functools import cache

from kann.backend.service import Service


@cache
def service() -> Service:
    """Made once, shared by all sessions: it is safe to be asked from several threads."""
    return Service()
