"""Highlights of a signal: energy of the modes over time, modes by their energy in a window, energy by wave and
class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from kann.analyses.koopman.highlights.signal_highlights import (
    EnergyBySegment,
    SignalReading,
    modes_in_window,
    segment_finding,
)
from kann.analyses.koopman.modes.mode_findings import used_sentence
from kann.analyses.koopman.spectrum.koopman_states import Result
from kann.records import Dataset
from kann.studies.koopman.exhibits import SEGMENTS, SIGNAL
from kann.studies.koopman.facts import waves_can_be_found
from kann.studies.koopman.questions.modes import DOMINANCE, Scored
from kann.studies.koopman.questions.signals import (
    ENERGY_BY_SEGMENT,
    SIGNALS,
    WAVES_FOUND,
    Segmented,
    Signals,
    WaveFinder,
    WaveSettings,
)
from kann.studies.study import View
from kann.ui import session, widgets
from kann.ui.glossary import term
from kann.ui.guard import guard
from kann.ui.koopman import modes
from kann.ui.koopman.fits import OpenFit
from kann.ui.koopman.selection import MOST_MODES, TERMS
from kann.ui.showing import chart
from kann.ui.words import plain

_KEPT = {"persist_state": "session"}
_MEASURES = {"contribution": "part of the state", "innovation": "innovation"}
# Largest number of sequences side by side; default sampling rate in Hz where the data have none.
_MOST, _RATE = 4, 250.0


def signal_reading(fit: OpenFit) -> None:
    """All of the page below its settings."""
    everything = modes.all_sequences(fit)
    found = fit.answer(DOMINANCE(Scored(fit.settings, everything)))
    if found is None:
        return
    used = modes.in_use(fit, found)
    rows, view, finder = _choices(fit)
    view = replace(view, chosen=used[0])
    wanted = WaveSettings(fit.settings.max_length, rows, finder) if finder and rows else None
    if wanted is not None and fit.answer(WAVES_FOUND(wanted)) is None:
        return
    with guard():
        _signals(fit, rows, finder, view)
    st.subheader("Energy by wave and class" if finder else "Energy by fifth of the sequence and class")
    energy = fit.answer(ENERGY_BY_SEGMENT(Segmented(fit.settings, everything, finder or WaveFinder())))
    if energy is not None:
        with fit.head:
            _finding(energy, view, used, finder)
        chart(SEGMENTS, energy, view)


def _signals(fit: OpenFit, rows: tuple[int, ...], finder: WaveFinder | None, view: View) -> None:
    """The signals side by side, and the modes ranked by their energy in the window."""
    if not rows:
        st.caption("Choose at least one sequence.")
        return
    readings = fit.answer(SIGNALS(Signals(fit.settings, rows, finder)))
    side_by_side = st.container(horizontal=True, key="views")
    for row, reading in zip(rows, readings, strict=True):
        alternative = f"Signal {reading.name} shaded by mode energy"
        with side_by_side.container():
            _brushable(SIGNAL.draw(reading, view), f"signal-{row}", _window_key(fit.dataset), alternative)
    st.caption(
        "Background: energy of the modes in use. Coloured lines: steps that hold 80 % of a mode's energy. Draw a box "
        "(the chart's tool bar) or move the slider to choose a window of steps; click a row of the table to select "
        "its mode."
    )
    _window_slider(fit.dataset, readings)
    _window_table(readings, view, fit.result)


def _choices(fit: OpenFit) -> tuple[tuple[int, ...], View, WaveFinder | None]:
    """Rows of the chosen sequences, the view, and how waves are found in them (None: sequences are cut into fifths)."""
    dataset = fit.dataset
    names = [
        widgets.sequence_name(dataset, row, fit.opened.class_names)
        for row in range(min(len(dataset), widgets.MOST_LISTED))
    ]
    line = st.container(horizontal=True, vertical_alignment="bottom", gap="medium")
    rows = line.container().multiselect(
        "Signals", range(len(names)), default=dataset.examples(each=1, classes=2), max_selections=_MOST,
        format_func=lambda row: names[row], key=f"signals-{dataset.digest[:12]}", **_KEPT,
    )  # fmt: skip
    measure = line.segmented_control(
        "Energy of", list(_MEASURES), default="contribution", required=True, key="energy", format_func=_MEASURES.get,
        help="part of the state: squared norm of the modes' contribution; "
        f"{term('innovation')}: squared norm of what each step added to them",
        **_KEPT,
    )  # fmt: skip
    count = dataset.width if dataset.kind in ("signal", "vectors") else 1
    channel = int(line.number_input("Channel", 1, count, 1, key="channel", **_KEPT)) - 1 if count > 1 else 0
    rate = _rate(fit, line)
    window = st.session_state.get(_window_key(dataset))
    view = replace(fit.view, measure=measure, channel=channel, window=window)
    return tuple(rows), view, None if rate is None else WaveFinder(rate)


def _rate(fit: OpenFit, line) -> float | None:
    """Sampling rate in Hz if waves are requested and can be found, else None."""
    hearts = fit.opened.are_heartbeats
    if not waves_can_be_found(fit.opened):
        if hearts:
            st.caption("P, QRS and T are delineated where NeuroKit2 is installed: pip install 'kann[ecg]'.")
        return None
    if not line.toggle("P, QRS and T", hearts, key=f"waves-{fit.dataset.digest[:12]}", help=_WAVES_HELP, **_KEPT):
        return None
    known = fit.opened.sampling_rate
    if known is not None:
        return known
    return line.number_input("Samples per second", 1.0, 100_000.0, _RATE, key="rate of waves", **_KEPT)


_WAVES_HELP = (
    "Waves of a heartbeat, by NeuroKit2. A single beat is delineated between copies of itself; it counts as found only "
    "where every copy agrees and QRS holds the steepest step."
)


def _finding(energy: EnergyBySegment, view: View, used: tuple[list[int], bool], finder: WaveFinder | None) -> None:
    headline, support = segment_finding(energy, view.measure, view.chosen, view.classes)
    with st.container(key="finding"):
        st.markdown(f"**{plain(headline)}** {plain(used_sentence(*used))} {plain(support if finder else '')}")


def _brushable(figure, key: str, window: str, alt: str) -> None:
    """A chart on which a box chooses a window of steps."""
    st.plotly_chart(
        figure,
        key=key,
        on_select=lambda: _take(st.session_state[key]["selection"], window),
        selection_mode=("box",),
        config={"displaylogo": False, "modeBarButtonsToRemove": ["zoomIn2d", "zoomOut2d", "autoScale2d", "lasso2d"]},
        alt=alt,
    )


def _take(selection: dict, window: str) -> None:
    """Stores the window of the last box. An empty selection is ignored: a redrawn chart reports one."""
    boxes = selection.get("box") or []
    if boxes:
        first, last = sorted(boxes[-1]["x"])[:2]
        st.session_state[window] = (max(int(first + 0.5), 0), max(int(last + 0.5) + 1, 1))


def _window_slider(dataset: Dataset, readings: Sequence[SignalReading]) -> None:
    """A slider for the same window; all steps until one is chosen."""
    steps = max(len(reading.signal) for reading in readings)
    key, widget = _window_key(dataset), f"slider of {_window_key(dataset)}"
    if steps < 2:
        return
    start, stop = _inside(st.session_state.get(key), steps)
    st.session_state[widget] = (start, stop - 1)

    def moved() -> None:
        first, last = st.session_state[widget]
        st.session_state[key] = None if (first, last) == (0, steps - 1) else (first, last + 1)

    st.slider("Window, steps", 0, steps - 1, key=widget, on_change=moved)


def _window_table(readings: Sequence[SignalReading], view: View, result: Result) -> None:
    """Table of the modes by their energy in the window; a row selects its mode."""
    steps = max(len(reading.signal) for reading in readings)
    start, stop = _inside(view.window, steps)
    columns = modes_in_window(readings, view.measure, start, stop, result.spectrum)
    ids = columns["id"]
    if view.window:
        st.markdown(f"**Modes by energy in steps {start} to {stop - 1}, ranked by the product of both shares**")
    else:
        st.markdown("**Modes by energy over all steps; choose a window to rank them within it**")
    st.dataframe(
        columns, key="residents", height=300, hide_index=True, selection_mode="multi-row",
        on_select=lambda: session.select(
            [ids[row] for row in st.session_state["residents"]["selection"]["rows"]][:MOST_MODES]
        ),
        column_order=[name for name in columns if name != "id"],
        column_config={
            name: st.column_config.NumberColumn(format="%.3g", help=TERMS.get(name))
            for name in columns if name not in ("mode", "id")
        },
        alt="Modes by the part of their energy that lies in the window, and their part of the window's energy",
    )  # fmt: skip


def _inside(window: tuple[int, int] | None, steps: int) -> tuple[int, int]:
    """(first, stop) of the window clipped to the number of steps, at least one step; all steps without a window."""
    start, stop = window or (0, steps)
    start = min(start, steps - 1)
    return start, max(min(stop, steps), start + 1)


def _window_key(dataset: Dataset) -> str:
    return f"window in {dataset.digest[:12]}"
