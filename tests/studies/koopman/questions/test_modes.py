"""Passes over held-out sequences: which ones they look at, that they are kept, and that all can be asked for."""

from dataclasses import replace

import numpy as np
import pytest

import kann
from kann.analyses.koopman.modes.mode_classes import dominance
from kann.analyses.koopman.spectrum.settings import Settings
from kann.backend.engine.service import Service
from kann.backend.engine.store import Store
from kann.backend.opened.library import Library
from kann.errors import UnknownNetwork
from kann.studies.koopman.questions.modes import (
    DOMINANCE,
    MODES_BY_CLASS,
    RECONSTRUCTIONS,
    TRACES,
    OfModes,
    RebuiltModes,
    Scored,
    Traced,
)
from kann.studies.koopman.questions.spectrum import OPERATOR, SPECTRUM
from tests.studies.koopman.pairs import BEATS, REBUILT, STATES, last_job

QUICK = Settings(samples=20)


def test_dominance_is_that_of_the_held_out_states(answer, opened):
    held = opened().dataset.select(opened().split(5).held_out)

    found = answer(DOMINANCE(Scored(QUICK)))

    expected = dominance(answer(OPERATOR(QUICK)), kann.hidden_states(opened().network, held))
    np.testing.assert_allclose(found.contribution, expected.contribution)
    assert found.sequences.tolist() == [6, 6]
    assert answer(DOMINANCE(Scored(QUICK, everything=True))).sequences.sum() == 60


def test_progress_counts_the_sequences_that_are_looked_at(service):
    job = last_job(service, BEATS, DOMINANCE(Scored(replace(QUICK, rank=5))))

    assert (job.done, job.total, job.counts) == (12, 12, "sequences")


def test_what_was_found_is_kept_over_a_restart(service, answer, no_unrolling):
    asked = MODES_BY_CLASS(OfModes(QUICK, modes=(0, 2))), RECONSTRUCTIONS(RebuiltModes(QUICK, modes=(0, 2)))
    before = [answer(question, REBUILT) for question in asked]
    no_unrolling()
    again = Service(Store(service.store.folder), Library(service.library.root))

    by_class, rebuilt = (again.answer(REBUILT, question) for question in asked)

    np.testing.assert_array_equal(by_class.contribution.median, before[0].contribution.median)
    np.testing.assert_array_equal(rebuilt.original.median, before[1].original.median)
    assert rebuilt.through == "decoder"
    assert rebuilt.original.median.shape == (2, 40, 1)


def test_all_modes_rebuild_what_the_whole_state_does(answer):
    found = answer(RECONSTRUCTIONS(RebuiltModes(QUICK, modes=tuple(range(12)))), REBUILT)

    np.testing.assert_allclose(found.part_error, found.full_error, rtol=1e-3)


def test_modes_are_traced_on_chosen_sequences(answer):
    found = answer(TRACES(Traced(QUICK, (3, 7), (0, 1))))

    assert [trace.name for trace in found.traces] == ["3", "7"]
    assert [trace.label for trace in found.traces] == ["class 2", "class 2"]
    assert found.traces[0].projections.shape == (40, 2)
    assert found.traces[0].signal.shape == (40, 1)
    assert found.ids == answer(SPECTRUM(QUICK)).spectrum.ids[:2]


def test_inputs_are_centred_as_they_were_fitted(answer):
    fit = replace(QUICK, inputs=True)

    found = answer(MODES_BY_CLASS(OfModes(fit, modes=(0,))))
    traces = answer(TRACES(Traced(fit, (4, 9), (0,))))

    assert np.isfinite(found.innovation.median).all()
    assert all(np.isfinite(trace.innovations).all() for trace in traces.traces)


def test_states_without_a_network_have_modes_but_no_way_out(answer):
    assert answer(DOMINANCE(Scored(QUICK)), STATES).labels.tolist() == ["all"]
    found = answer(MODES_BY_CLASS(OfModes(QUICK, modes=(0,))), STATES)
    assert np.isnan(found.innovation.median[0, 0, 0])


def test_a_network_without_a_way_out_is_one_sentence(answer):
    with pytest.raises(UnknownNetwork, match="neither a decoder nor a read-out"):
        answer(RECONSTRUCTIONS(RebuiltModes(QUICK, modes=(0,))))
