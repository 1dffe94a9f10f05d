"""What is looked at, as the texts of a page's address or of the command line, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kann.backend.opened.library import Source, as_roles
from kann.errors import OutOfRange

NAMES = ("model", "data", "vocabulary", "layer", "nonlinearity", "direction", "roles")
_DEFAULTS = Source(data="")
_NONE = "-"


def written(source: Source) -> dict[str, str]:
    """The entries of an address that restore the source; what it has by default is left out."""
    texts = {name: getattr(source, name) for name in NAMES if getattr(source, name) != getattr(_DEFAULTS, name)}
    if source.roles:
        texts["roles"] = ",".join(f"{role}={name or _NONE}" for role, name in source.roles)
    return texts


def read(address: Mapping[str, str | None]) -> Source:
    """The source of such entries; other entries are no matter."""
    given = {name: address[name] for name in NAMES if name != "roles" and address.get(name)}
    entries = [entry for entry in (address.get("roles") or "").split(",") if all(entry.partition("="))]
    return Source(**given, roles=named_roles(entries))


def named_roles(entries: Iterable[str]) -> tuple[tuple[str, str | None], ...]:
    """Roles out of texts such as readout=fc; "none" and "-" leave a role empty.

    Raises:
        OutOfRange: a text is no role and a name.
    """
    roles = {}
    for entry in entries:
        role, equals, name = entry.partition("=")
        if not (role and equals and name):
            raise OutOfRange(f"A role is given as ROLE=NAME, as in readout=fc or embedding=none, not {entry[:80]!r}.")
        roles[role] = None if name in (_NONE, "none") else name
    return as_roles(roles)
