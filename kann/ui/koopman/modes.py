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
from kann.analyses.koopman.spectrum.koopman_states import Result
from kann.analyses.koopman.spectrum.transitions import Settings
from kann.analyses.wording import number
from kann.backend.opened.library import Source
from kann.records import Dataset
from kann.ui.progress import settled
from kann.ui.start import service
from kann.ui.words import plain

_KEPT = {"persist_state": "session"}
_MEASURES = {"contribution": "part of the state", "magnitude": "|φ|", "innovation": "innovation"}


def all_sequences(dataset: Dataset, settings: Settings) -> bool:
    """Whether to look at every sequence instead of the held-out ones, at most 512 of them."""
    return st.toggle(
        f"All {len(dataset)} sequences",
        key="all-sequences",
        help=f"off: every {settings.held_out}th, held out from the fit, at most 512; on: all, fitted ones too",
        **_KEPT,
    )


def in_use(chosen: list[int], result: Result, found: Dominance) -> tuple[list[int], bool]:
    """The selected modes, or the dominant ones where none is; and whether they were selected."""
    return chosen or leading(found.over_all("contribution"), result.spectrum.eigenvalues), bool(chosen)


def rebuilt(
    source: Source, settings: Settings, result: Result, modes: list[int], everything: bool
) -> Reconstructions | None:
    """What the modes rebuild; None while that is computed, or where the network has no way to show it."""
    if service().through(source) is None:
        return None
    asked = source, settings, result, modes, _choose_toward(source, settings), everything
    return settled(service().reconstructions(*asked), "Rebuilding from the modes in use")


def finding(
    found: Dominance,
    kept: Reconstructions | None,
    result: Result,
    used: tuple[list[int], bool],
    source: Source,
    settings: Settings,
) -> None:
    """Which modes dominate and what those in use keep, before anything is drawn."""
    words = [dominant_sentence(found, result.spectrum), used_sentence(*used)]
    if kept is not None:
        words.append(kept_sentence(kept, service().class_names(source)))
        if kept.through == "readout":
            aimed = _toward(source, settings)
            words.append(evidence_sentence(*service().decisive_mode(source, settings, result, aimed)))
    elif service().through(source) is None:
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


def detection(source: Source, kept: Reconstructions | None) -> None:
    """How many sequences of each class count as anomalous, for a model whose card has a threshold."""
    found = service().detector(source)
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
    columns = threshold_rows(kept, found.threshold, service().class_names(source))
    st.dataframe(columns, hide_index=True, alt="Sequences of each class under and over the threshold")


def _choose_toward(source: Source, settings: Settings) -> int:
    """The class whose evidence is drawn through a read-out; asked where there are more than two."""
    names = _outcomes(source, settings)
    if len(names) < 3:
        return 1
    return st.selectbox(
        "Evidence for", range(len(names)), index=1, key="toward", format_func=lambda row: names[row], **_KEPT
    )


def _toward(source: Source, settings: Settings) -> int:
    """The class that has been chosen."""
    return 1 if len(_outcomes(source, settings)) < 3 else st.session_state.get("toward", 1)


def _outcomes(source: Source, settings: Settings) -> list[str]:
    return service().outcomes(source, settings) if service().through(source) == "readout" else []
