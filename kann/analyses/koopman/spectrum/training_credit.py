"""Which modes training made, in words, by the test against untrained networks."""

from __future__ import annotations

import numpy as np

from kann.analyses.wording import number
from kann.numerics.uncertainty.memory_profiles import ALPHA
from kann.records import Spectrum, Untrained

# How sentences name untrained networks of a kind (`kann.interventions.untrained_twins`).
TITLES = {
    "default": "the default initialisation",
    "forget bias 1": "a forget bias of 1",
    "orthogonal": "orthogonal recurrence",
    "shuffled": "the trained weights shuffled",
}


def title(found: Untrained) -> str:
    """The name of the strictest kind, and whether the network itself was initialised so."""
    return TITLES[found.strictest] + (", as this network's own" if found.strictest == found.own else "")


def enough(found: Untrained) -> bool:
    """Whether there are enough networks of each kind for a false-alarm rate of ALPHA."""
    return found.each + 1 >= 1 / ALPHA - 1e-9


def network_credit(spectrum: Spectrum, leader: int | None = None) -> str:
    """How many modes training made, whether the leading one is among them, and the median half-life of the network and
    of untrained ones."""
    found = spectrum.untrained
    if not enough(found):
        return f"{found.each} untrained networks of each kind are too few to test for training: {_fewest()} are needed."
    medians = (
        f"The median half-life is {number(float(np.median(spectrum.half_lives)))} steps, "
        f"in untrained networks {number(found.median_half_life)} ({title(found)})."
    )
    count, kept = int(found.beyond.sum()), int((found.beyond & found.beyond_shuffled).sum())
    if not count:
        return f"No mode lasts significantly longer than in untrained networks. {medians}"
    shuffled = (
        "" if kept else "; networks with the trained weights shuffled last as long: the sizes of the weights explain it"
    )
    return (
        f"Training made memory: {count} of {len(spectrum)} modes last longer than initialisation explains, p "
        f"{_p_value(found)}{shuffled}. {_of_leader(found, leader)}{medians}"
    )


def _of_leader(found: Untrained, leader: int | None) -> str:
    if leader is None:
        return ""
    if found.beyond[leader]:
        return f"Mode {leader + 1} is one of them. "
    count = int(found.as_many[leader])
    return f"Mode {leader + 1} is not: an untrained network has up to {count} modes that last as long. "


def mode_credit(spectrum: Spectrum, index: int) -> str:
    """Whether training made this mode's memory."""
    found = spectrum.untrained
    if not enough(found):
        return f"{found.each} untrained networks of each kind are too few to test for an effect of training."
    here = index + (2 if spectrum.eigenvalues[index].imag else 1)
    beside = (
        f"{here} {'modes last' if here > 1 else 'mode lasts'} this long, in an untrained network at most "
        f"{int(found.as_many[index])} ({title(found)})"
    )
    if not found.beyond[index]:
        return f"It does not last significantly longer than in untrained networks: {beside}."
    if not found.beyond_shuffled[index]:
        return f"Training made it by the sizes of the weights, since shuffled weights last as long: {beside}."
    return f"Training made it: {beside}, p {_p_value(found)}."


def _p_value(found: Untrained) -> str:
    return f"= {number(found.p_value)} ({found.each} networks of each of {len(found.kinds)} kinds)"


def _fewest() -> int:
    return round(1 / ALPHA) - 1
