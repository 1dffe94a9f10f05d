"""Building blocks of the Modes page: the modes in use, their reconstruction, the finding and the detection."""

from __future__ import annotations

import streamlit as st

from kann.analyses.koopman.modes.mode_classes import Dominance, leading
from kann.analyses.koopman.modes.mode_findings import (
    dominant_sentence,
    evidence_sentence,
    kept_sentence,
    score_sentence,
    threshold_rows,
    used_sentence,
)
from kann.analyses.koopman.modes.reconstructions import Reconstructions
from kann.analyses.wording import number
from kann.studies.koopman.facts import outcomes, shown_through
from kann.studies.koopman.questions.modes import RECONSTRUCTIONS, RebuiltModes
from kann.studies.koopman.questions.texts import DECISIVE, Decided
from kann.ui.glossary import term
from kann.ui.koopman.fits import OpenFit
from kann.ui.words import plain

_KEPT = {"persist_state": "session"}
_MEASURES = {"contribution": "part of the state", "magnitude": "|φ|", "innovation": "innovation"}


def all_sequences(fit: OpenFit) -> bool:
    """Whether to use all sequences instead of at most 512 held-out ones."""
    return st.toggle(
        f"All {len(fit.dataset)} sequences",
        key="all-sequences",
        help=f"off: at most 512 {term('held out', 'held-out')} sequences (one in {fit.settings.held_out}); on: all, "
        "including the fitted ones",
        **_KEPT,
    )


def in_use(fit: OpenFit, found: Dominance) -> tuple[list[int], bool]:
    """The selected modes, or the dominant ones if none is selected; and whether they were selected."""
    dominant = leading(found.over_all("contribution"), fit.result.spectrum.eigenvalues)
    return fit.chosen or dominant, bool(fit.chosen)


def rebuilt(fit: OpenFit, modes: list[int], everything: bool) -> Reconstructions | None:
    """The output reconstructed from the modes; None while it is computed, or without a decoder or read-out."""
    if shown_through(fit.opened) is None:
        return None
    return fit.answer(RECONSTRUCTIONS(RebuiltModes(fit.settings, everything, tuple(modes), _choose_target(fit))))


def finding(fit: OpenFit, found: Dominance, kept: Reconstructions | None, used: tuple[list[int], bool]) -> None:
    """Shows which modes dominate, and how well those in use reproduce the network's output."""
    words = [dominant_sentence(found, fit.result.spectrum), used_sentence(*used)]
    if kept is not None:
        words.append(kept_sentence(kept, fit.opened.class_names))
        if kept.through == "readout":
            decisive = fit.answer(DECISIVE(Decided(fit.settings, _target(fit))))
            words.append(evidence_sentence(decisive.mode, decisive.share))
    elif shown_through(fit.opened) is None:
        words.append("The network has neither a decoder nor a read-out, so no output is reconstructed.")
    with st.container(key="finding"):
        st.markdown(f"**{plain(words[0])}** {plain(' '.join(words[1:]))}")


def measure() -> str:
    """The quantity of a mode that is drawn over time."""
    return st.segmented_control(
        "Measure", list(_MEASURES), default="contribution", required=True, key="measure", format_func=_MEASURES.get,
        help="part of the state: norm of the mode's contribution; |φ|: as published, in standard deviations; "
        f"{term('innovation')}: norm of what the step added beyond the mode's own dynamics", **_KEPT,
    )  # fmt: skip


def channel(kept: Reconstructions) -> int:
    """Index of the decoded channel that is drawn; a widget only for several channels."""
    count = kept.part.median.shape[2]
    return 0 if count == 1 else int(st.number_input("Channel", 1, count, 1, key="channel")) - 1


def detection(fit: OpenFit, kept: Reconstructions | None) -> None:
    """Counts of anomalous sequences by class, for a model whose card has a threshold."""
    found = fit.opened.detector
    if found is None or kept is None or kept.through != "decoder":
        return
    st.subheader("Anomalies")
    st.caption(
        plain(
            f"A sequence whose error is {number(found.threshold)} or more counts as an anomaly ({found.rule}). "
            f"{score_sentence(found.scores)} The data may contain sequences that the model "
            "was trained on; the card lists the rows of each split."
        )
    )
    columns = threshold_rows(kept, found.threshold, fit.opened.class_names)
    st.dataframe(columns, hide_index=True, alt="Sequences of each class under and over the threshold")


def _choose_target(fit: OpenFit) -> int:
    """Index of the class whose evidence is drawn through a read-out; a widget only for more than two classes."""
    names = _outcomes(fit)
    if len(names) < 3:
        return 1
    return st.selectbox(
        "Evidence for class", range(len(names)), index=1, key="toward", format_func=lambda row: names[row],
        help=f"{term('target')}: the class whose evidence counts as positive", **_KEPT,
    )  # fmt: skip


def _target(fit: OpenFit) -> int:
    """The class that has been chosen."""
    return 1 if len(_outcomes(fit)) < 3 else st.session_state.get("toward", 1)


def _outcomes(fit: OpenFit) -> list[str]:
    return outcomes(fit.opened, fit.settings.state) if shown_through(fit.opened) == "readout" else []
