"""What is credited to training, in words: only what is rarer than untrained networks differ among themselves."""

from __future__ import annotations

import numpy as np

from kann.analyses.wording import number
from kann.numerics.uncertainty.memory_profiles import ALPHA
from kann.records import Spectrum, Untrained

# What a sentence calls untrained networks of a kind (`kann.interventions.untrained_twins`).
TITLES = {
    "default": "the default initialisation",
    "forget bias 1": "a forget bias of 1",
    "orthogonal": "orthogonal recurrence",
    "shuffled": "the trained weights shuffled",
}


def title(found: Untrained) -> str:
    """What the strictest kind is called, and whether the network itself began like that."""
    return TITLES[found.strictest] + (", as this network's own" if found.strictest == found.own else "")


def enough(found: Untrained) -> bool:
    """Whether there are so many networks of each kind that a rate of false alarms of ALPHA can be kept."""
    return found.each + 1 >= 1 / ALPHA - 1e-9


def network_credit(spectrum: Spectrum, leader: int | None = None) -> str:
    """Whether training made any of the memory, of the leading mode too where one is named, beside the typical half-life
    here and there."""
    found = spectrum.untrained
    if not enough(found):
        return f"{found.each} untrained networks of each kind are too few to credit training: {_fewest()} are needed."
    medians = (
        f"The typical half-life is {number(float(np.median(spectrum.half_lives)))} steps, "
        f"in untrained networks {number(found.median_half_life)} ({title(found)})."
    )
    count, kept = int(found.beyond.sum()), int((found.beyond & found.beyond_shuffled).sum())
    if not count:
        return f"Nothing in this spectrum needs training: untrained networks remember as long. {medians}"
    shuffled = "" if kept else "; with their weights shuffled they still do, so that the sizes of the weights make it"
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
    return f"Mode {leader + 1} is none of them: an untrained network has up to {count} that last as long. "


def mode_credit(spectrum: Spectrum, index: int) -> str:
    """Whether training made this mode's memory."""
    found = spectrum.untrained
    if not enough(found):
        return f"{found.each} untrained networks of each kind are too few to credit training with it."
    here = index + (2 if spectrum.eigenvalues[index].imag else 1)
    beside = (
        f"{here} {'modes last' if here > 1 else 'mode lasts'} this long, in an untrained network at most "
        f"{int(found.as_many[index])} ({title(found)})"
    )
    if not found.beyond[index]:
        return f"Training gets no credit for it: {beside}."
    if not found.beyond_shuffled[index]:
        return f"Training made it by the sizes of the weights, since shuffled they keep as much: {beside}."
    return f"Training made it: {beside}, p {_p_value(found)}."


def _p_value(found: Untrained) -> str:
    return f"= {number(found.p_value)} ({found.each} networks of each of {len(found.kinds)} kinds)"


def _fewest() -> int:
    return round(1 / ALPHA) - 1
