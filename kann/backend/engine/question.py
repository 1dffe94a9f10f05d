"""What can be asked of a subject, declared once: its settings, its answer, what computes it and what it stands on."""

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
    """What is asked about, as plain data: a network with its data, or whatever else opens."""

    @property
    def references(self) -> tuple[tuple[str, str], ...]:
        """The files behind it: each a reference and what it is ("model", "data", "vocabulary")."""
        ...

    def opened(self, library: Any) -> Opened:
        """Its files read; what is wrong with them is raised here."""
        ...


def _nothing(opened: Any, settings: Any) -> tuple[Asked, ...]:
    return ()


@dataclass(frozen=True)
class Question(Generic[A, R]):
    """One entry a question.

    `name` begins its keys; `schema` is raised when the numbers or fields of a stored answer change their meaning.
    `settings` holds every default, and nothing that does not count; `answer` is a frozen record that is written and
    read by its types. `compute(task, settings)` answers; `needs(opened, settings)` are the answers that it stands on,
    whose keys are part of its own. `at_once`: it takes milliseconds and is computed where it is asked; otherwise it
    is a job, whose progress says what it is `doing` and what it `counts`. `beside`: nobody waits for it, it is shown
    beside something else once it is there, so that its jobs come after those that somebody waits for. `stored`:
    whether the answer is kept on disk too.
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
        """The question at these settings; wider settings are cut down to its own. `of` another subject than the one
        that is asked about."""
        return Asked(self, narrowed(self.settings, settings), of)


@dataclass(frozen=True)
class Asked(Generic[R]):
    """A question at its settings; `of` a subject of its own, None for the one that is asked about; as a need, `inside`:
    it has no job of its own, but is computed in the job that needs it, if that asks for it at all."""

    question: Question[Any, R]
    settings: Any
    of: Subject | None = None
    inside: bool = field(default=False, compare=False)

    @property
    def as_part(self) -> Asked[R]:
        """The same as a part of the work of whatever needs it."""
        return replace(self, inside=True)


def narrowed(kind: type[T], value: Any) -> T:
    """The record as this kind of record: what a wider one holds beyond its fields falls away, inside it too."""
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
