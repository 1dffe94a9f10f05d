"""The finding of the controls in words: which figures of a fit a null model reaches too."""

from __future__ import annotations

import numpy as np

from kann.analyses.koopman.controls.control_table import figures, median, median_and_range, modulus
from kann.analyses.koopman.controls.measured import OWN, SHUFFLED, TWIN, Controls, MeasuredFit
from kann.analyses.koopman.spectrum.findings import Finding, verdict
from kann.analyses.koopman.spectrum.training_credit import network_credit
from kann.analyses.wording import duration, number, share
from kann.numerics.operator.memory import half_life
from kann.records import Spectrum

# A fit is better than another where it leaves at most this part of the other's error.
_BETTER = 0.8
# Agreement that exceeds that of persistence by less than this is no evidence for the operator.
_AS_OFTEN = 0.005


def controls_finding(controls: Controls, spectrum: Spectrum, unit: str = "steps") -> Finding:
    """The finding for the whole fit: what training made, then the figures of the controls."""
    own, twins = controls.of(OWN, controls.inputs)[0], controls.of(TWIN, controls.inputs)
    sentences = [
        _memory(controls, own, twins, unit), _fit(controls, own, twins), _inputs(controls), _decisions(controls, own),
        _left_alone(controls, unit),
    ]  # fmt: skip
    return Finding(_headline(own, spectrum), " ".join(sentence for sentence in sentences if sentence))


def mode_verdict(spectrum: Spectrum, index: int, controls: Controls, unit: str = "steps") -> str:
    """A mode in one sentence (`findings.verdict`), and another on shuffled time."""
    mixed = float(controls.of(SHUFFLED)[0].moduli[0])
    if abs(spectrum.eigenvalues[index]) > mixed:
        order = f"With the steps of each sequence shuffled no modulus exceeds {modulus(mixed)}."
    else:
        order = (
            f"With the steps of each sequence shuffled a modulus of {modulus(mixed)} remains: sequences at "
            "different levels give such a mode without any dynamics."
        )
    return f"{verdict(spectrum, index, unit)} {order}"


def _headline(own: MeasuredFit, spectrum: Spectrum) -> str:
    if spectrum.untrained is not None:
        return network_credit(spectrum)
    better = 1 - own.held_out.R2 < _BETTER * (1 - own.persistence.R2)
    return f"The operator predicts {'better' if better else 'little better'} than persistence."


def _memory(controls: Controls, own: MeasuredFit, twins: tuple[MeasuredFit, ...], unit: str) -> str:
    top = own.moduli[0]
    parts = [f"The largest modulus is {modulus(top)} ({_lasting(top, controls.lag, unit)})"]
    if twins:
        parts.append(f"in untrained twins {median_and_range(figures(twins, lambda twin: twin.moduli[0]), modulus)}")
    parts.append(f"with the steps shuffled {modulus(controls.of(SHUFFLED)[0].moduli[0])}")
    return f"{', '.join(parts)}."


def _lasting(value: float, lag: int, unit: str) -> str:
    if value >= 1:
        return "it does not fade"
    return f"half-life {duration(lag * float(half_life(np.array([value + 0j]))[0]), unit, None)}"


def _fit(controls: Controls, own: MeasuredFit, twins: tuple[MeasuredFit, ...]) -> str:
    where = "in sample" if controls.in_sample else f"held out (in sample {share(own.in_sample.R2)})"
    sentence = (
        f"One step ahead R² is {share(own.held_out.R2)} {where}, that of persistence {share(own.persistence.R2)}; "
        f"e_rel is {number(own.held_out.e_rel)} beside {number(own.persistence.e_rel)}"
    )
    if not twins:
        return f"{sentence}."
    R2, e_rel, stays = (
        float(np.median(figures(twins, figure)))
        for figure in (
            lambda twin: twin.held_out.R2,
            lambda twin: twin.held_out.e_rel,
            lambda twin: twin.persistence.R2,
        )
    )
    return f"{sentence}. The median twin has R² {share(R2)}, e_rel {number(e_rel)}, its persistence R² {share(stays)}."


def _inputs(controls: Controls) -> str:
    own, twins = (controls.of(kind, not controls.inputs) for kind in (OWN, TWIN))
    if not own:
        return ""
    beside = f", a twin's {median(figures(twins, lambda twin: twin.held_out.R2), share)}" if twins else ""
    return f"{'Without' if controls.inputs else 'Given'} the inputs R² is {share(own[0].held_out.R2)}{beside}."


def _decisions(controls: Controls, own: MeasuredFit) -> str:
    if controls.decision is None:
        return ""
    agreed, stays = own.held_out.agreement, own.persistence.agreement
    sentence = (
        f"In {_percent(agreed)} of {controls.scored} sequences the {controls.decision} gives the same decision from "
        f"the predicted last state, from the state before it in {_percent(stays)}"
    )
    if stays >= agreed - _AS_OFTEN:
        return f"{sentence}: agreement over one step is no evidence for the operator."
    return f"{sentence}."


def _left_alone(controls: Controls, unit: str) -> str:
    """The roll-outs at the horizon that differs most from persistence by decisions, or at the longest horizon."""
    rolled = controls.driven_roll_outs if controls.inputs else controls.roll_outs
    gaps = None if rolled.agreement is None else rolled.agreement - rolled.persistence_agreement
    place = -1 if gaps is None or gaps.max() <= 0 else int(np.argmax(gaps))
    steps = controls.lag * int(rolled.horizons[place])
    sentence = (
        f"In roll-outs over {steps} {unit if steps > 1 else unit.removesuffix('s')}"
        f"{' with the true inputs' if controls.inputs else ''} e_rel is {number(rolled.e_rel[place])}, "
        f"that of persistence {number(rolled.persistence_e_rel[place])}"
    )
    if gaps is None:
        return f"{sentence}."
    if gaps[place] <= 0:
        return f"{sentence}; over no horizon do its decisions agree more often than those of persistence."
    here, there = rolled.agreement[place], rolled.persistence_agreement[place]
    return f"{sentence}; decisions agree in {_percent(here)}, those of persistence in {_percent(there)}."


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"
