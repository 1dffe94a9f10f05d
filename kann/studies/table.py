"""All studies by name; the first is the default."""

from kann.errors import OutOfRange
from kann.studies.koopman.study import KOOPMAN
from kann.studies.study import Study

STUDIES: dict[str, Study] = {study.name: study for study in (KOOPMAN,)}


def named_study(name: str | None) -> Study:
    """The study of this name; None: the first one.

    Raises:
        OutOfRange: no study has this name.
    """
    found = next(iter(STUDIES.values())) if name is None else STUDIES.get(name)
    if found is None:
        raise OutOfRange(f"There is no study {name[:60]!r}: choose {', '.join(STUDIES)}.")
    return found
