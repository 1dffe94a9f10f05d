"""Highlights of a signal: when the modes in use are at work, which live in a window, energy by wave and class."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from kann.analyses.koopman.highlights.signal_highlights import SignalReading, Waves, modes_in_window, segment_finding
from kann.analyses.koopman.modes.mode_findings import used_sentence
from kann.analyses.koopman.spectrum.koopman_states import Result
from kann.analyses.koopman.spectrum.transitions import Settings
from kann.backend.opened.library import Source
from kann.figures.koopman.beats import Shown
from kann.records import Dataset
from kann.ui import session, widgets
from kann.ui.guard import guard
from kann.ui.koopman import modes
from kann.ui.koopman.selection import MOST_MODES
from kann.ui.progress import settled
from kann.ui.start import service
from kann.ui.words import plain

_KEPT = {"persist_state": "session"}
_MEASURES = {"contribution": "part of the state", "innovation": "innovation"}
# Sequences side by side; where no sampling rate is known, that of most recordings of hearts.
_MOST, _RATE = 4, 250.0


@dataclass(frozen=True)
class View:
    """How signals are looked at: by a `measure` of energy, in a `channel`, with waves at a sampling `rate` (None: cut
    into fifths), within a `window` of steps (None: all)."""

    measure: str
    channel: int
    rate: float | None
    window: tuple[int, int] | None


def signal_reading(
    source: Source, settings: Settings, result: Result, dataset: Dataset, chosen: list[int], colours: Any,
    draw: tuple[Callable, Callable], head: Any,
) -> None:  # fmt: skip
    """All of the page below its settings; `draw` are the figures of a beat and of the energy by segment, `head`
    takes the finding."""
    everything = modes.all_sequences(dataset, settings)
    found = settled(service().dominance(source, settings, result, everything), "Measuring every mode")
    if found is None:
        return
    used = modes.in_use(chosen, result, found)
    rows, view = _choices(source, dataset)
    waves = None
    if view.rate is not None and rows:
        waves = settled(service().waves(source, settings, rows, view.rate), "Finding waves")
        if waves is None:
            return
    with guard():
        _signals(source, settings, result, dataset, rows, waves, view, used[0], colours, draw[0])
    st.subheader("Energy by wave and class" if view.rate else "Energy by stretch of time and class")
    asked = source, settings, result, view.rate, everything
    energy = settled(service().energy_by_segment(*asked), "Measuring all segments")
    with head:
        _finding(energy, view, used, source)
    if energy is not None:
        figure = draw[1](energy, view.measure, used[0], service().class_names(source), colours)
        st.plotly_chart(figure, key="segments", alt="Energy of the modes in use by segment and class")


def _signals(source, settings, result, dataset, rows, waves: Waves | None, view: View, used, colours, draw) -> None:
    """The signals side by side, and the modes that live in the window."""
    if not rows:
        st.caption("Choose at least one sequence.")
        return
    readings = service().signal_readings(source, settings, result, rows, waves)
    side_by_side = st.container(horizontal=True, key="views")
    for row, reading in zip(rows, readings, strict=True):
        figure = draw(reading, Shown(view.measure, used, view.window, view.channel), dataset.sampling_rate, colours)
        with side_by_side.container():
            _brushable(figure, f"signal-{row}", _window_key(dataset), f"Signal {reading.name} shaded by mode energy")
    st.caption(
        "Ground: energy of the modes in use. Coloured lines: where 80 % of each mode's energy lies. Draw a box (the "
        "chart's tool bar) or move the slider to ask which modes live in a window; click a row to see its mode's own."
    )
    _window_slider(dataset, readings)
    _residents(readings, view, result)


def _choices(source: Source, dataset: Dataset) -> tuple[list[int], View]:
    names = [
        widgets.sequence_name(dataset, row, service().class_names(source))
        for row in range(min(len(dataset), widgets.MOST_LISTED))
    ]
    line = st.container(horizontal=True, vertical_alignment="bottom", gap="medium")
    rows = line.container().multiselect(
        "Signals", range(len(names)), default=dataset.examples(each=1, classes=2), max_selections=_MOST,
        format_func=lambda row: names[row], key=f"signals-{dataset.sha256[:12]}", **_KEPT,
    )  # fmt: skip
    measure = line.segmented_control(
        "Energy of", list(_MEASURES), default="contribution", required=True, key="energy", format_func=_MEASURES.get,
        help="part of the state: squared norm of what the modes carry; innovation: of what each step added to them",
        **_KEPT,
    )  # fmt: skip
    count = dataset.width if dataset.kind in ("signal", "vectors") else 1
    channel = int(line.number_input("Channel", 1, count, 1, key="channel", **_KEPT)) - 1 if count > 1 else 0
    return rows, View(measure, channel, _rate(source, dataset, line), st.session_state.get(_window_key(dataset)))


def _rate(source: Source, dataset: Dataset, line) -> float | None:
    """Samples per second where waves are wanted and can be found, else None."""
    hearts = service().are_heartbeats(source)
    if not service().waves_can_be_found(source):
        if hearts:
            st.caption("P, QRS and T are delineated where NeuroKit2 is installed: pip install 'kann[ecg]'.")
        return None
    if not line.toggle("P, QRS and T", hearts, key=f"waves-{dataset.sha256[:12]}", help=_WAVES_HELP, **_KEPT):
        return None
    known = service().sampling_rate(source)
    if known is not None:
        return known
    return line.number_input("Samples per second", 1.0, 100_000.0, _RATE, key="rate of waves", **_KEPT)


_WAVES_HELP = (
    "Waves of a heartbeat, by NeuroKit2. A single beat is delineated between copies of itself; it counts as found only "
    "where every copy agrees and QRS holds the steepest step."
)


def _finding(energy, view: View, used: tuple[list[int], bool], source: Source) -> None:
    if energy is None:
        return
    headline, support = segment_finding(energy, view.measure, used[0], service().class_names(source))
    with st.container(key="finding"):
        st.markdown(f"**{plain(headline)}** {plain(used_sentence(*used))} {plain(support if view.rate else '')}")


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
    """An empty selection is what a redrawn chart reports, not a wish."""
    boxes = selection.get("box") or []
    if boxes:
        first, last = sorted(boxes[-1]["x"])[:2]
        st.session_state[window] = (max(int(first + 0.5), 0), max(int(last + 0.5) + 1, 1))


def _window_slider(dataset: Dataset, readings: list[SignalReading]) -> None:
    """The same window by keyboard; it is all steps until one is chosen."""
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


def _residents(readings: list[SignalReading], view: View, result: Result) -> None:
    """Modes by how much they live in the window; a row selects its mode."""
    steps = max(len(reading.signal) for reading in readings)
    start, stop = _inside(view.window, steps)
    columns = modes_in_window(readings, view.measure, start, stop, result.spectrum)
    ids = columns["id"]
    asked = f"in steps {start} to {stop - 1}, most at home first" if view.window else "anywhere: choose a window"
    st.markdown(f"**Modes that live {asked}**")
    st.dataframe(
        columns, key="residents", height=300, hide_index=True, selection_mode="multi-row",
        on_select=lambda: session.select(
            [ids[row] for row in st.session_state["residents"]["selection"]["rows"]][:MOST_MODES]
        ),
        column_order=[name for name in columns if name != "id"],
        column_config={
            name: st.column_config.NumberColumn(format="%.3g") for name in columns if name not in ("mode", "id")
        },
        alt="Modes by the part of their energy that lies in the window, and their part of the window's energy",
    )  # fmt: skip


def _inside(window: tuple[int, int] | None, steps: int) -> tuple[int, int]:
    """The window as far as it lies within so many steps, one at the least; without one all of them."""
    start, stop = window or (0, steps)
    start = min(start, steps - 1)
    return start, max(min(stop, steps), start + 1)


def _window_key(dataset: Dataset) -> str:
    return f"window in {dataset.sha256[:12]}"
