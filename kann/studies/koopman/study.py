"""The study of the Koopman operator of the hidden states."""

from __future__ import annotations

from kann.studies.koopman.document import document
from kann.studies.koopman.facts import page_settings
from kann.studies.koopman.questions.spectrum import BESIDE_UNTRAINED
from kann.studies.study import Exhibit, Study


def _exhibits() -> tuple[Exhibit, ...]:
    from kann.studies.koopman.exhibits import ON_MODES, ON_SPECTRUM

    return ON_SPECTRUM + ON_MODES


KOOPMAN = Study(
    name="koopman",
    title="the Koopman operator of the hidden states",
    question=BESIDE_UNTRAINED,
    begin=page_settings,
    document=document,
    exhibits=_exhibits,
)
