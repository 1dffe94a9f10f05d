"""Questions about a subject, each declared once: its settings, its answer, its computation and the answers it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, get_args, get_type_hints, runtime_checkable

if TYPE_CHECKING:
    from kann.backend.engine.task import Task

A = TypeVar("A")
R = TypeVar("R")
T = TypeVar("T")


@runtime_checkable
class Opened(Protocol):
    """A subject whose files have been read. `digest` is plain data that decides every answer about it."""

    @property
    def digest(self) -> Any: ...


@runtime_checkable
class Subject(Protocol):
    """What a question is about, as plain data: for example a network with its data."""

    @property
    def references(self) -> tuple[tuple[str, str], ...]:
        """The files behind it: each a reference and what it is ("model", "data", "vocabulary")."""
        ...

    def opened(self, library: Any) -> Opened:
        """Reads its files.

        Raises:
            KannError: a file cannot be opened.
        """
        ...


def _nothing(opened: Any, settings: Any) -> tuple[Asked, ...]:
    return ()


@dataclass(frozen=True)
class Question(Generic[A, R]):
    """The declaration of one question.

    `name` begins its keys; `schema` is raised when the numbers or fields of a stored answer change their meaning.
    `settings`: frozen record with all defaults, of values that change the answer only; `answer`: frozen record, written
    and read by the types of its fields. `compute(task, settings)` returns the answer; `needs(opened, settings)` are the
    questions whose answers it uses, and their keys are part of its own. `at_once`: it takes milliseconds and is
    computed in the caller's thread; otherwise in a job, whose progress names the work (`doing`) and its unit
    (`counts`). `beside`: it supplements another answer, so its jobs have a lower priority. `stored`: whether the answer
    is kept on disk too.
    """

    name: str
    schema: int
    settings: type[A]
    answer: type[R]
    compute: Callable[[Task, A], R]
    needs: Callable[[Any, A], tuple[Asked, ...]] = _nothing
    at_once: bool = False
    beside: bool = False
    stored: bool = True
    doing: str = "Computing"
    counts: str = "sequences"

    def __call__(self, settings: A, of: Subject | None = None) -> Asked[R]:
        """The question at these settings; fields of a wider record are dropped. `of`: a subject other than the one that
        is asked about."""
        return Asked(self, narrowed(self.settings, settings), of)


@dataclass(frozen=True)
class Asked(Generic[R]):
    """A question at its settings; `of`: a subject of its own, None for the one that is asked about. `inside`: as a need
    it has no job of its own, but is computed in the job that needs it, if that job uses it."""

    question: Question[Any, R]
    settings: Any
    of: Subject | None = None
    inside: bool = field(default=False, compare=False)

    @property
    def as_part(self) -> Asked[R]:
        """The same, computed inside the job that needs it."""
        return replace(self, inside=True)


def narrowed(kind: type[T], value: Any) -> T:
    """The record converted to a base class: fields that the base class lacks are dropped, in nested records too."""
    hints = _record_fields(kind)
    if type(value) is kind and not hints:
        return value
    if not isinstance(value, kind):
        raise TypeError(f"{kind.__name__} are asked for, not {type(value).__name__}.")
    given = {field.name: getattr(value, field.name) for field in fields(kind)}
    inner = {name: narrowed(hints[name], part) for name, part in given.items() if name in hints and part is not None}
    return kind(**given | inner)


@cache
def _record_fields(kind: type) -> dict[str, type]:
    """Fields that hold a record, or a record or None, by name."""
    options = {name: get_args(hint) or (hint,) for name, hint in get_type_hints(kind).items()}
    records = {name: [option for option in found if is_dataclass(option)] for name, found in options.items()}
    return {name: found[0] for name, found in records.items() if len(found) == 1}
