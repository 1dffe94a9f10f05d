"""Building blocks of the Modes page: which modes are in use, and what is asked of them."""

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
from kann.ui.koopman.fits import OpenFit
from kann.ui.words import plain

_KEPT = {"persist_state": "session"}
_MEASURES = {"contribution": "part of the state", "magnitude": "|φ|", "innovation": "innovation"}


def all_sequences(fit: OpenFit) -> bool:
    """Whether to look at every sequence instead of the held-out ones, at most 512 of them."""
    return st.toggle(
        f"All {len(fit.dataset)} sequences",
        key="all-sequences",
        help=f"off: one in {fit.settings.held_out}, held out from the fit, at most 512; on: all, fitted ones too",
        **_KEPT,
    )


def in_use(fit: OpenFit, found: Dominance) -> tuple[list[int], bool]:
    """The selected modes, or the dominant ones where none is; and whether they were selected."""
    dominant = leading(found.over_all("contribution"), fit.result.spectrum.eigenvalues)
    return fit.chosen or dominant, bool(fit.chosen)


def rebuilt(fit: OpenFit, modes: list[int], everything: bool) -> Reconstructions | None:
    """What the modes rebuild; None while that is computed, or where the network has no way to show it."""
    if shown_through(fit.opened) is None:
        return None
    return fit.answer(RECONSTRUCTIONS(RebuiltModes(fit.settings, everything, tuple(modes), _choose_target(fit))))


def finding(fit: OpenFit, found: Dominance, kept: Reconstructions | None, used: tuple[list[int], bool]) -> None:
    """Which modes dominate and what those in use keep, before anything is drawn."""
    words = [dominant_sentence(found, fit.result.spectrum), used_sentence(*used)]
    if kept is not None:
        words.append(kept_sentence(kept, fit.opened.class_names))
        if kept.through == "readout":
            decisive = fit.answer(DECISIVE(Decided(fit.settings, _target(fit))))
            words.append(evidence_sentence(decisive.mode, decisive.share))
    elif shown_through(fit.opened) is None:
        words.append("There is neither a decoder nor a read-out to show them through.")
    with st.container(key="finding"):
        st.markdown(f"**{plain(words[0])}** {plain(' '.join(words[1:]))}")


def measure() -> str:
    """What of a mode is drawn over time."""
    return st.segmented_control(
        "Measure", list(_MEASURES), default="contribution", required=True, key="measure", format_func=_MEASURES.get,
        help="part of the state: norm of the mode's contribution; |φ|: as published, in standard deviations; "
        "innovation: norm of what the step added beyond the mode's own dynamics", **_KEPT,
    )  # fmt: skip


def channel(kept: Reconstructions) -> int:
    """Which channel of the decoded signal is drawn; asked only where there are several."""
    count = kept.part.median.shape[2]
    return 0 if count == 1 else int(st.number_input("Channel", 1, count, 1, key="channel")) - 1


def detection(fit: OpenFit, kept: Reconstructions | None) -> None:
    """How many sequences of each class count as anomalous, for a model whose card has a threshold."""
    found = fit.opened.detector
    if found is None or kept is None or kept.through != "decoder":
        return
    st.subheader("Anomalies")
    st.caption(
        plain(
            f"A sequence whose error is {number(found.threshold)} or more counts as an anomaly ({found.rule}). "
            f"{score_sentence(found.scores)} Data of the set that the model was trained on may hold sequences that it "
            "has learnt from; the card lists the rows of each split."
        )
    )
    columns = threshold_rows(kept, found.threshold, fit.opened.class_names)
    st.dataframe(columns, hide_index=True, alt="Sequences of each class under and over the threshold")


def _choose_target(fit: OpenFit) -> int:
    """The class whose evidence is drawn through a read-out; asked where there are more than two."""
    names = _outcomes(fit)
    if len(names) < 3:
        return 1
    return st.selectbox(
        "Evidence for class", range(len(names)), index=1, key="toward", format_func=lambda row: names[row], **_KEPT
    )


def _target(fit: OpenFit) -> int:
    """The class that has been chosen."""
    return 1 if len(_outcomes(fit)) < 3 else st.session_state.get("toward", 1)


def _outcomes(fit: OpenFit) -> list[str]:
    return outcomes(fit.opened, fit.settings.state) if shown_through(fit.opened) == "readout" else []
