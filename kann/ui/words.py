"""User text on the screen, never interpreted as markup."""

from __future__ import annotations

import re

_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&])")


def plain(text: str) -> str:
    """The text with every character escaped that markdown, directives or HTML would read."""
    return _MARKUP.sub(r"\\\1", text)
