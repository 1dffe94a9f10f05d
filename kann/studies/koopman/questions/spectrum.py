"""The operator of the hidden states and its spectrum, solved from the sums in milliseconds at any rank."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kann.analyses.koopman.spectrum.koopman_states import Result, analyse, follow
from kann.analyses.koopman.spectrum.settings import Drawn, Fit, Settings
from kann.analyses.koopman.spectrum.untrained import compare_with_untrained
from kann.backend.engine.question import Asked, Question
from kann.backend.engine.task import Task
from kann.numerics.operator.koopman import Operator
from kann.studies.koopman.questions.states import SUMS
from kann.studies.koopman.questions.untrained import untrained_beside


@dataclass(frozen=True)
class Followed:
    """Ids of modes, and the fit in which they are searched."""

    fit: Fit
    ids: tuple[str, ...]


def _sums(opened: object, fit: Fit) -> tuple[Asked, ...]:
    return (SUMS(fit),)


def solve(task: Task, fit: Fit) -> Operator:
    """The operator alone, which other questions need.

    Raises:
        KannError: the sums lack this rank or label.
    """
    fitted = task.answer(SUMS(fit)).fitted
    fitted = fitted if fit.inputs else fitted.without_inputs
    return fitted.solve(fit.rank, fit.intercept, fit.label)


def solve_spectrum(task: Task, drawn: Drawn) -> Result:
    """The operator with its modes, their intervals and their predictions."""
    return analyse(task.answer(SUMS(drawn)), drawn, sampling_rate=task.opened.dataset.sampling_rate)


def set_beside_untrained(task: Task, settings: Settings) -> Result:
    """The same result, with the comparison with untrained networks."""
    result, twins = task.answer(SPECTRUM(settings)), task.answer(untrained_beside(settings))
    longest, operator = result.spectrum.longest, result.operator
    untrained = compare_with_untrained(operator.eigenvalues, twins, longest, operator.lag)
    return replace(result, spectrum=replace(result.spectrum, untrained=untrained))


def find_modes(task: Task, asked: Followed) -> tuple[int | None, ...]:
    """Indices in the fit of the modes with these ids; None where no mode continues them.

    Raises:
        OutOfRange: a text is not the id of a mode.
    """
    sums, operator = task.answer(SUMS(asked.fit)), task.answer(OPERATOR(asked.fit))
    return tuple(follow(sums, asked.fit, name, operator) for name in asked.ids)


OPERATOR = Question("koopman/operator", 6, Fit, Operator, solve, _sums, at_once=True, stored=False)
SPECTRUM = Question("koopman/spectrum", 6, Drawn, Result, solve_spectrum, _sums, at_once=True)
BESIDE_UNTRAINED = Question(
    "koopman/spectrum beside untrained networks", 6, Settings, Result, set_beside_untrained,
    lambda opened, settings: (SPECTRUM(settings), untrained_beside(settings)), at_once=True, beside=True,
)  # fmt: skip
FOLLOWED = Question(
    "koopman/modes at another rank", 6, Followed, tuple, find_modes,
    lambda opened, asked: (SUMS(asked.fit), OPERATOR(asked.fit)), at_once=True, stored=False,
)  # fmt: skip
