"""Versions of the packages that compute; they are part of every key, so that a new version computes again."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version

_PACKAGES = ("kann", "numpy", "scipy", "torch")


@cache
def versions() -> dict[str, str | None]:
    """Versions by package, and that of Python, whose `sum` of floats changed with 3.12."""
    return {name: version_of(name) for name in _PACKAGES} | {"python": platform.python_version()}


def version_of(package: str) -> str | None:
    """None where it is not installed, or run from its folder."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
