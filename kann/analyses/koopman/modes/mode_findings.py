"""Findings of the Modes page: which modes dominate, and how well those in use reproduce the network."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kann.analyses.koopman.modes.mode_classes import Dominance, leading
from kann.analyses.koopman.modes.reconstructions import Reconstructions
from kann.analyses.wording import class_name, number, percent, share
from kann.records import Spectrum


def dominant_sentence(found: Dominance, spectrum: Spectrum) -> str:
    """The dominant mode by our measure, and whether it is that of the published one."""
    ours = found.share("contribution", spectrum.eigenvalues)
    first, published = leading(ours, spectrum.eigenvalues, 1)[0], _published_leader(found, spectrum)
    paired = bool(spectrum.eigenvalues[first].imag)
    sentence = (
        f"Mode {first + 1}{' and its conjugate' if paired else ''} dominate{'' if paired else 's'}: "
        f"{percent(ours[first])} of the sum over all modes of the norm of their part of the state."
    )
    carried = (2 if paired else 1) * spectrum.shares[first]
    if carried < 0:
        sentence += f" Most of it cancels against other modes: its share of the variance is {percent(carried)}."
    agreed = "agrees" if published == first else f"names mode {published + 1}"
    return f"{sentence} The published measure, |φ| of eigenfunctions of unit norm, {agreed}."


def used_sentence(modes: list[int], chosen: bool) -> str:
    """Which modes are in use."""
    named = ", ".join(str(mode + 1) for mode in modes)
    few = f"mode {named}" if len(modes) == 1 else f"modes {named}"
    return f"In use: {few} ({'as selected' if chosen else 'the dominant ones, since none is selected'})."


def kept_sentence(found: Reconstructions, names: Mapping[str, str]) -> str:
    """How well the modes in use reproduce the network's output, compared with the whole state and the mean state."""
    if found.through == "readout":
        return _decisions_sentence(found)
    row = int(np.bincount(found.of_class[np.isfinite(found.full_error)], minlength=len(found.labels)).argmax())
    own = found.of_class == row
    part, full, mean = (
        float(np.nanmedian(error[own])) for error in (found.part_error, found.full_error, found.mean_error)
    )
    who = class_name(str(found.labels[row]), names)
    worse = " They are worse than no mode at all: they lack the modes that cancel them." if part > mean else ""
    return (
        f"Through the decoder they reconstruct “{who}” with a median error of {number(part)} (summed over the "
        f"steps); whole state {number(full)}, mean state alone {number(mean)}.{worse}"
    )


def evidence_sentence(mode: int, part: float) -> str:
    """The mode with the largest decision share, which need not have a large share of the state."""
    rest = "" if part <= 1 else " (above 1: other modes cancel part of it)"
    return f"Mode {mode + 1} carries most of the evidence: decision share {share(part)}{rest}."


def threshold_rows(found: Reconstructions, threshold: float, names: Mapping[str, str]) -> dict[str, list]:
    """Columns by name, one row a class: how many sequences are below the threshold, by the whole state and by the
    modes in use."""
    rows = range(len(found.labels))
    own = [(found.of_class == row) & np.isfinite(found.full_error) for row in rows]
    return {
        "class": [class_name(str(label), names) for label in found.labels],
        "sequences": [int(mine.sum()) for mine in own],
        "under, whole state": [int((found.full_error[mine] < threshold).sum()) for mine in own],
        "over, whole state": [int((found.full_error[mine] >= threshold).sum()) for mine in own],
        "under, modes in use": [int((found.part_error[mine] < threshold).sum()) for mine in own],
        "over, modes in use": [int((found.part_error[mine] >= threshold).sum()) for mine in own],
    }


def score_sentence(scores: Mapping[str, dict]) -> str:
    """The model card's scores of each split: normal sequences below the threshold, anomalies not below it."""
    parts = [
        f"{split}: {100 * found['normal_under']:.3g} % of normal sequences below the threshold, "
        f"{100 * found['anomalies_over']:.3g} % of anomalies above"
        for split, found in scores.items()
        if found.get("normal_under") is not None and found.get("anomalies_over") is not None
    ]
    return f"Model card, {'; '.join(parts)}." if parts else ""


def _published_leader(found: Dominance, spectrum: Spectrum) -> int:
    return leading(found.over_all("magnitude"), spectrum.eigenvalues, 1)[0]


def _decisions_sentence(found: Reconstructions) -> str:
    known = np.isfinite(found.part_error)
    part, mean = (percent(1 - float(error[known].mean())) for error in (found.part_error, found.mean_error))
    return (
        f"Through the read-out they give the network's decision in {part} of {int(known.sum())} sequences, the "
        f"mean state alone in {mean}."
    )
