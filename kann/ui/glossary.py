"""Links from help texts to the terms of docs/glossary.md, which the glossary page shows."""

from __future__ import annotations

from pathlib import Path

GLOSSARY = Path(__file__).parents[2] / "docs" / "glossary.md"


def term(name: str, words: str | None = None) -> str:
    """A markdown link to a term of the glossary; the link text is `words`, by default the name of the term."""
    return f"[{words or name}](glossary#{name.lower().replace(' ', '-')})"
