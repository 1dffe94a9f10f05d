"""The finding of a fit in words, its baselines, and a verdict on each selected mode."""

from __future__ import annotations

import streamlit as st

from kann.analyses.koopman.spectrum.findings import finding, verdict
from kann.analyses.koopman.spectrum.koopman_states import Result
from kann.analyses.koopman.spectrum.training_credit import title
from kann.analyses.wording import share
from kann.ui.glossary import term
from kann.ui.words import plain


def found(result: Result, unit: str) -> None:
    """Shows the finding in words."""
    words = finding(result, unit)
    with st.container(key="finding"):
        st.markdown(f"**{plain(words.headline)}** {plain(words.support)}")


def baselines(result: Result) -> None:
    """The baselines in one line."""
    where = "in sample" if result.in_sample else "held out"
    untrained = result.spectrum.untrained
    figures = {
        f"one-step R², {where}": (
            result.accuracy.R2,
            f"share of the next state's variance that the {term('operator')} predicts; {term('held out')}: not fitted",
        ),
        "persistence": (result.accuracy.persistence, f"R² of the {term('null model')} that the state does not change"),
        "mean": (
            result.accuracy.mean,
            f"R² of the {term('null model')} that the state is the mean of the fitted states",
        ),
    }
    if untrained is not None:
        those = f"{len(untrained.R2)} {term('untrained twin', 'untrained networks')} that have {title(untrained)}"
        figures["untrained twins"] = (untrained.median, f"median R² of {those}")
    if result.with_inputs is not None:
        figures["with inputs"] = (result.with_inputs, "R² of the fit that knows the inputs too")
    with st.container(horizontal=True, gap="medium"):
        for label, (value, meaning) in figures.items():
            st.metric(label, share(value), help=meaning, width="content")
        st.metric(
            "rank",
            result.operator.rank,
            help=f"{term('rank')}: directions kept; those within rounding error are cut",
            width="content",
        )


def verdicts(result: Result, modes: list[int], unit: str) -> None:
    for mode in modes:
        st.markdown(plain(verdict(result.spectrum, mode, unit)))


def notes(result: Result) -> None:
    for note in result.notes:
        st.caption(plain(note))
