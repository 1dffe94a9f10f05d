"""Faithfulness of the shadings, measured on request because each sequence is read many times."""

from __future__ import annotations

import streamlit as st

from kann.analyses.koopman.highlights.faithfulness import Faithfulness, FaithfulnessSettings, finding
from kann.studies.koopman.exhibits import AREAS, DELETION
from kann.studies.koopman.facts import outcomes
from kann.studies.koopman.questions.faithfulness import FAITHFULNESS, Deleted
from kann.studies.koopman.questions.texts import DECISIVE, Decided
from kann.ui.glossary import term
from kann.ui.guard import guard
from kann.ui.koopman.fits import OpenFit
from kann.ui.koopman.highlights.attribution import target_of
from kann.ui.showing import press_for, side_by_side
from kann.ui.words import plain

_KEPT = {"persist_state": "session"}
_COUNTS = {"64 sequences": 64, "256 sequences": 256, "all held out": None}
_SHOWN, _EVERY = "the modes shown", "all modes"


def faithfulness(fit: OpenFit) -> None:
    """An explanation and a button; once pressed it shows progress, then the finding and its figures. Without selected
    modes it is measured for the mode with the largest decision share."""
    st.subheader("Faithfulness of the shadings")
    st.caption(
        f"The {fit.unit} that a {term('shading')} marks most are deleted, and the network reads the rest. The faster "
        "the evidence for its decision falls, the better the shading identifies what the decision depends on."
    )
    if not outcomes(fit.opened, fit.settings.state):
        st.info("This network has no read-out: without a decision the faithfulness of a shading cannot be measured.")
        return
    asked = _asked(fit)
    if asked is None:
        return
    with guard():
        found = fit.answer(FAITHFULNESS(asked))
        if found is not None:
            _say(found, fit.unit)
            side_by_side((DELETION, AREAS), found, fit.view, "faithfulness-views")
            st.caption(
                "1: no evidence is lost; below 0: the decision is reversed. Held-out sequences; bands and intervals: "
                "95 %, bootstrap over sequences. A shading beats random deletion where its difference from it "
                "on the same sequences is below 0 at 95 % for all shadings together."
            )


def _asked(fit: OpenFit) -> Deleted | None:
    """Settings of the measurement; None until the button has been pressed for this fit and these modes."""
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="faithfulness")
    size = row.segmented_control(
        "Measured on", list(_COUNTS), default=next(iter(_COUNTS)), required=True, key="faithfulness-size", **_KEPT,
        help=f"number of {term('held out', 'held-out')} sequences; each is read for every shading and share deleted",
    )  # fmt: skip
    which = row.segmented_control(
        "Shaded by", [_SHOWN, _EVERY], default=_SHOWN, required=True, key="faithfulness-modes", **_KEPT,
        help=f"modes from which each {term('shading')} is computed",
    )  # fmt: skip
    modes = () if which == _EVERY else tuple(fit.chosen) or (_decisive(fit),)
    asked = Deleted(fit.settings, modes, FaithfulnessSettings(sequences=_COUNTS[size]))
    wanted = fit.pair, fit.settings, modes, size
    return asked if press_for("Measure faithfulness", ":material/content_cut:", wanted, row) else None


def _decisive(fit: OpenFit) -> int:
    """Index of the mode that the page uses when none is selected."""
    return fit.answer(DECISIVE(Decided(fit.settings, target_of(fit)))).mode


def _say(found: Faithfulness, unit: str) -> None:
    words = finding(found, unit)
    st.markdown(f"**{plain(words.headline)}** {plain(words.support)}")
    for note in found.notes:
        st.caption(plain(f"Not measured: {note}"))
