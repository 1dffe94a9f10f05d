"""An analysis as users see it: its question, the exhibits of the answer, and its JSON document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kann.backend.engine.question import Asked, Question
from kann.figures.style import LIGHT, Palette
from kann.records import Spectrum


@dataclass(frozen=True)
class View:
    """Options of drawing: the figures' `palette`; indices of the `chosen` modes; the `unit` of a step; names of the
    `classes` by label; the `sampling_rate` in Hz, or None; the `spectrum` that the modes belong to; the `measure` and
    `part` of a mode, the `channel` of a signal, and the `window` of steps (first, stop; None: all)."""

    palette: Palette = LIGHT
    chosen: list[int] = field(default_factory=list)
    unit: str = "steps"
    classes: Mapping[str, str] = field(default_factory=dict)
    sampling_rate: float | None = None
    spectrum: Spectrum | None = None
    measure: str = "contribution"
    part: str = "real part"
    channel: int = 0
    window: tuple[int, int] | None = None


@dataclass(frozen=True)
class Exhibit:
    """A figure or table: its `title`, its `alternative` text for screen readers, and `draw(answer, view)`, which
    returns a figure, or the columns of a table by name. `asks(settings)`: the question whose answer it draws, where the
    settings of the study determine it; `key`: the key of its element on a page."""

    key: str
    title: str
    alternative: str
    draw: Callable[[Any, View], Any]
    asks: Callable[[Any], Asked] | None = None


@dataclass(frozen=True)
class Study:
    """One system, for the command line, settings files, documents and reports.

    `question`: its main question; `begin(opened, settings)`: the settings completed with the defaults of the page;
    `document(library, pair, settings, answer)`: the answer in plain values with stable names; `exhibits()`: its
    exhibits, imported at the first call, since plotly is slow to import.
    """

    name: str
    title: str
    question: Question
    begin: Callable[[Any, Any], Any]
    document: Callable[[Any, Any, Any, Any], dict[str, Any]]
    exhibits: Callable[[], tuple[Exhibit, ...]]
