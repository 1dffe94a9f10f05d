"""What a pickle's values become when nothing is imported and nothing is called: names and notes.

What runs once a value is marked `no_type_check` here and in the modules that walk through the values:
types checked at run time, as the tests do, would take many times the time of the work itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, no_type_check


@no_type_check
@dataclass(frozen=True, slots=True)
class Global:
    """Something the file names as `module.name`; only a name here."""

    path: str


@no_type_check
@dataclass(slots=True, eq=False)
class Inert:
    """A call that was not made: `function(*arguments)`, then what the pickle did to its result.

    Many calls may share one tuple of arguments, so nothing may copy it or go through all of it.
    `state` was to be its __setstate__, `entries` its item assignments, `members` its appended values.
    """

    function: Any
    arguments: tuple
    state: Any = None
    entries: dict | None = None
    members: list | None = None

    @property
    def path(self) -> str:
        """The name of the function, "" where it is not a plain name."""
        return self.function.path if isinstance(self.function, Global) else ""


@no_type_check
@dataclass(slots=True, eq=False)
class PersistentId:
    """A reference to something outside the pickle, such as a storage of a tensor."""

    identifier: Any


@no_type_check
@dataclass(slots=True, eq=False)
class UnusualKey:
    """A dictionary key that is not a scalar, told apart by identity.

    Hashing nested tuples or crafted integers takes time, and stack, of the file's choosing.
    """

    key: Any
