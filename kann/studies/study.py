"""What people meet of an analysis: what is asked, what is shown of the answer, and what is written of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kann.backend.engine.question import Asked, Question
from kann.figures.style import LIGHT, Palette
from kann.records import Spectrum


@dataclass(frozen=True)
class View:
    """How answers are looked at: the figures' colours; `chosen` modes; the `unit` of a step; names of the `classes`
    by their labels; the sampling rate in Hz, or None; the `spectrum` that modes belong to; which `measure` and `part`
    of a mode, which `channel` of a signal, within which `window` of steps (first, behind the last; None: all)."""

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
    """One thing to show: its `title`, what it is called where it cannot be seen (`alternative`), and the figure that
    `draw(answer, view)` makes, or columns of a table by their names. `asks(settings)` is the question whose answer it
    draws, where the settings of the study are all that it takes; `key` names its place on a page."""

    key: str
    title: str
    alternative: str
    draw: Callable[[Any, View], Any]
    asks: Callable[[Any], Asked] | None = None


@dataclass(frozen=True)
class Study:
    """One system as the command line, settings files, documents and reports see it.

    `question` is what is asked; `begin(opened, settings)` completes settings as a page begins with them;
    `document(library, pair, settings, answer)` is the answer in plain values with stable names; `exhibits()` what is
    shown of it, imported when somebody looks.
    """

    name: str
    title: str
    question: Question
    begin: Callable[[Any, Any], Any]
    document: Callable[[Any, Any, Any, Any], dict[str, Any]]
    exhibits: Callable[[], tuple[Exhibit, ...]]
