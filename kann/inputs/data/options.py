"""The user's settings for reading a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from kann.errors import OutOfRange
from kann.records import Kind

TOKENIZERS = ("words", "characters", "whitespace")
_ROLES = ("text", "values", "label", "id")


@dataclass(frozen=True)
class ReadOptions:
    """Settings that overrule the content; every reader uses those that apply to its format."""

    kind: str | None = None
    columns: Mapping[str, Any] | Sequence[Any] | None = None
    vocabulary: Any = None
    tokenizer: str = "words"
    max_length: int | None = None

    def __post_init__(self) -> None:
        if self.kind is not None and self.kind not in get_args(Kind):
            raise OutOfRange(f"There is no kind {self.kind!r}: choose among {', '.join(get_args(Kind))}.")
        if self.tokenizer not in TOKENIZERS:
            raise OutOfRange(f"There is no tokenizer {self.tokenizer!r}: choose among {', '.join(TOKENIZERS)}.")
        if self.max_length is not None and self.max_length < 1:
            raise OutOfRange(f"The greatest length must be 1 or more, not {self.max_length}.")
        unknown = set(self.roles) - set(_ROLES)
        if unknown:
            raise OutOfRange(
                f"Columns have the roles {', '.join(_ROLES)}, not {', '.join(map(repr, sorted(unknown)))}."
            )

    @property
    def roles(self) -> Mapping[str, Any]:
        """`columns` as a mapping; a sequence names the text's column, then the label's."""
        if self.columns is None:
            return {}
        if isinstance(self.columns, Mapping):
            return self.columns
        return dict(zip(("text", "label"), self.columns, strict=False))
