"""Links from help texts to the terms of docs/glossary.md, which a page shows."""

from __future__ import annotations

from pathlib import Path

GLOSSARY = Path(__file__).parents[2] / "docs" / "glossary.md"


def term(name: str, words: str | None = None) -> str:
    """A link, in markdown, to a term of the glossary; its `words` are the name's own unless they are given."""
    return f"[{words or name}](glossary#{name.lower().replace(' ', '-')})"
