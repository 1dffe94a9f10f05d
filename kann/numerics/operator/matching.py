"""The id of a mode, its eigenvalue to six digits, and following a mode to another rank by its eigenfunction."""

from __future__ import annotations

import re

import numpy as np

from kann.errors import OutOfRange
from kann.numerics.moments.factors import Factors
from kann.numerics.operator.koopman import Operator

# Eigenfunctions that correlate less than this on the data are different modes.
SAME = 0.9
_ID = re.compile(r"^(-?\d+\.\d+)([+-]\d+\.\d+)i@(\d+)$")


def mode_id(eigenvalue: complex, rank: int) -> str:
    """The mode's name: eigenvalue to six digits, and the rank at which it was found."""
    real, imaginary = round(eigenvalue.real, 6) + 0.0, round(eigenvalue.imag, 6) + 0.0
    return f"{real:.6f}{imaginary:+.6f}i@{rank}"


def parse_mode_id(name: str) -> tuple[complex, int]:
    """The eigenvalue and the rank that an id names.

    Raises:
        OutOfRange: the text is no id.
    """
    found = _ID.match(name)
    if not found:
        raise OutOfRange(f"{name!r} names no mode: an id reads like 0.997900+0.000000i@64.")
    return complex(float(found[1]), float(found[2])), int(found[3])


def follow_mode(factors: Factors, before: Operator, eigenvalue: complex, after: Operator) -> int | None:
    """Index in `after` of the mode at `eigenvalue` in `before`; None where there is none.

    The nearest eigenvalue of `after` counts if its eigenfunction correlates at least SAME with the
    old one over the data of `factors`, from which both operators come.
    """
    if not len(before.eigenvalues) or not len(after.eigenvalues):
        return None
    old = int(np.argmin(np.abs(before.eigenvalues - eigenvalue)))
    if abs(before.eigenvalues[old] - eigenvalue) > 2e-6:
        return None
    new = int(np.argmin(np.abs(after.eigenvalues - before.eigenvalues[old])))
    return new if correlation(factors, before, old, after, new) >= SAME else None


def correlation(factors: Factors, one: Operator, index: int, other: Operator, place: int) -> float:
    """|correlation| of two eigenfunctions over all true states, from second moments alone."""
    rank = min(one.rank, other.rank)
    variance = factors.singular_values**2
    a, b = one.eigenfunctions[:, index], other.eigenfunctions[:, place]
    together = (a[:rank].conj() * variance[:rank]) @ b[:rank]
    sizes = [np.abs(v) ** 2 @ variance[: len(v)] for v in (a, b)]
    return float(np.abs(together) / np.sqrt(np.prod(sizes)))
