"""What is scored on which sequences, by which operator; the numbers are those of the library's own steps."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import kann
from kann.analyses.koopman.controls.measured import OWN, SHUFFLED, TWIN, Controls, ControlSettings
from kann.analyses.koopman.spectrum.settings import Settings
from kann.backend.engine.record_files import read_record, write_record
from kann.backend.engine.service import Service
from kann.backend.engine.store import Store
from kann.backend.opened import cards
from kann.backend.opened.library import Library
from kann.interventions.detection import Detection
from kann.interventions.untrained_twins import untrained_twin
from kann.studies.koopman.questions.controls import CONTROLS, Controlled
from kann.studies.koopman.questions.spectrum import BESIDE_UNTRAINED
from tests.studies.koopman.pairs import BEATS, REBUILT, STATES, TEXTS, last_job

QUICK = Settings(twins=2, samples=20)


def controls_of(service, pair=BEATS, settings=QUICK, measured=ControlSettings()):  # noqa: B008 - frozen
    return service.answer(pair, CONTROLS(Controlled(settings, measured)))


@pytest.fixture(scope="module")
def controls(service):
    return controls_of(service)


@pytest.fixture(scope="module")
def result(service):
    return service.answer(BEATS, BESIDE_UNTRAINED(QUICK))


def parts(opened, label=None):
    """Fitted and held-out sequences."""
    chosen, labels = opened.split(5), opened.dataset.labels
    rows = (chosen.fitted, chosen.held_out)
    return [opened.dataset.select(part if label is None else part[labels[part] == label]) for part in rows]


def test_the_fit_is_scored_on_what_was_held_out(controls, result, opened):
    direct = kann.score(result.operator, kann.hidden_states(opened().network, parts(opened())[1]))

    (own,) = controls.of(OWN)
    np.testing.assert_allclose([own.held_out.e_rel, own.held_out.R2], [direct.e_rel, direct.R2], rtol=1e-9)
    assert (controls.scored, controls.held_out, controls.in_sample, controls.rank) == (12, 12, False, 12)
    assert controls.decision is None


def test_figures_that_the_page_shows_already_come_out_the_same(controls, result):
    own, driven, twins = controls.of(OWN)[0], controls.of(OWN, True)[0], controls.of(TWIN)
    np.testing.assert_allclose(own.held_out.R2, result.accuracy.R2, rtol=1e-8)
    np.testing.assert_allclose(driven.held_out.R2, result.with_inputs, rtol=1e-8)
    np.testing.assert_allclose([twin.held_out.R2 for twin in twins], result.spectrum.untrained.R2, rtol=1e-8)
    largest = np.abs(result.spectrum.untrained.eigenvalues).reshape(2, 12).max(axis=1)
    np.testing.assert_allclose([twin.moduli[0] for twin in twins], largest, rtol=1e-9)


def test_a_classifier_s_decisions_are_compared_and_its_twins_too(service, opened):
    controls, result = controls_of(service, TEXTS), service.answer(TEXTS, BESIDE_UNTRAINED(QUICK))
    network, (fitted, held) = opened(TEXTS).network, parts(opened(TEXTS))

    direct = kann.score(result.operator, kann.hidden_states(network, held))

    assert controls.decision == "read-out"
    (own,) = controls.of(OWN)
    assert own.held_out.agreement == direct.agreement
    assert own.persistence.agreement == direct.persistence.agreement
    twin = untrained_twin(network, 1, result.spectrum.untrained.strictest)
    operator = kann.summarise(kann.hidden_states(twin, fitted)).solve()
    expected = kann.score(operator, kann.hidden_states(twin, held))
    second = controls.of(TWIN)[1]
    assert second.held_out.agreement == expected.agreement
    np.testing.assert_allclose(second.held_out.e_rel, expected.e_rel, rtol=1e-6)


def test_an_autoencoder_decides_by_its_card_s_threshold(service, opened, monkeypatch, tmp_path):
    few = replace(QUICK, twins=1)
    assert controls_of(service, REBUILT, few).decision is None
    network, held = opened(REBUILT).network, parts(opened(REBUILT))[1]
    (batch,) = kann.hidden_states(network, held)
    losses = [np.abs(network.decoder(torch.from_numpy(h[None]), 40).numpy() - x).sum()
              for h, x in zip(batch.values[:, -1, :6], batch.inputs, strict=True)]  # fmt: skip
    threshold = float(np.median(losses))
    monkeypatch.setattr(cards, "detector", lambda library, pair: cards.Detector(threshold, "a rule", {}))
    carded = Service(Store(tmp_path / "cache"), Library(service.library.root))

    controls = controls_of(carded, REBUILT, few, ControlSettings(sequences=100))

    decide, rows = Detection(network, threshold, "full"), np.arange(12)
    predicted = carded.answer(REBUILT, BESIDE_UNTRAINED(few)).operator.predict(batch.values[:, -2])
    equal = decide(batch, rows, predicted) == decide(batch, rows, batch.values[:, -1])
    assert controls.decision == "reconstruction"
    assert controls.of(OWN)[0].held_out.agreement == equal.mean()
    assert {twin.held_out.agreement for twin in controls.of(TWIN)} == {None}


def test_another_threshold_on_the_card_is_another_question(service, monkeypatch, tmp_path):
    asked, keys = CONTROLS(Controlled(QUICK)), set()
    for threshold in (None, 1.0, 2.0):
        detector = threshold and cards.Detector(threshold, "a rule", {})
        monkeypatch.setattr(cards, "detector", lambda library, pair, detector=detector: detector)
        keys.add(Service(Store(tmp_path), Library(service.library.root)).key(REBUILT, asked))

    assert len(keys) == 3


def test_states_without_a_network_have_controls_without_twins_or_decisions(service):
    controls = controls_of(service, STATES)

    assert [fit.kind for fit in controls.fits] == [OWN, "without an intercept", SHUFFLED]
    assert controls.of(SHUFFLED)[0].held_out.R2 < 0.2 < controls.of(OWN)[0].held_out.R2
    assert controls.decision is None


def test_a_class_of_its_own_is_scored_on_its_own_sequences(service, opened):
    settings = replace(QUICK, label=2)
    controls, result = controls_of(service, settings=settings), service.answer(BEATS, BESIDE_UNTRAINED(settings))
    network, (fitted, held) = opened().network, parts(opened(), label=2)

    direct = kann.score(result.operator, kann.hidden_states(network, held))

    assert controls.scored == controls.held_out == len(held) == 6
    np.testing.assert_allclose([controls.of(OWN)[0].held_out.R2, result.accuracy.R2], direct.R2, rtol=1e-8)
    np.testing.assert_allclose(result.accuracy.persistence, direct.persistence.R2, rtol=1e-8)
    twin = untrained_twin(network, 1, result.spectrum.untrained.strictest)
    operator = kann.summarise(kann.hidden_states(twin, fitted)).solve()
    direct = kann.score(operator, kann.hidden_states(twin, held))
    np.testing.assert_allclose(controls.of(TWIN)[1].held_out.R2, direct.R2, rtol=1e-6)


def test_where_nothing_is_held_out_that_is_said(service):
    controls = controls_of(service, settings=replace(QUICK, held_out=1000))

    assert controls.in_sample
    (own,) = controls.of(OWN)
    np.testing.assert_allclose(own.held_out.R2, own.in_sample.R2)


def test_at_most_so_many_sequences_are_tried(service):
    assert controls_of(service, measured=ControlSettings(sequences=5)).scored == 5
    assert controls_of(service, measured=ControlSettings(sequences=None)).scored == 12


def test_controls_are_kept_and_come_back_whole(service, controls, no_unrolling, tmp_path):
    write_record(controls, tmp_path / "controls.npz")
    back = read_record(Controls, tmp_path / "controls.npz")
    no_unrolling()
    again = Service(Store(service.store.folder), Library(service.library.root))

    for found in (back, controls_of(again)):
        for one, other in zip(found.fits, controls.fits, strict=True):
            assert (one.kind, one.held_out, one.persistence, one.seed) == (
                other.kind, other.held_out, other.persistence, other.seed,
            )  # fmt: skip
            np.testing.assert_array_equal(one.moduli, other.moduli)
        np.testing.assert_array_equal(found.driven_roll_outs.e_rel, controls.driven_roll_outs.e_rel)
        assert (found.decision, found.inputs, found.lag) == (None, False, 1)


def test_progress_reaches_its_end(service):
    job = last_job(service, BEATS, CONTROLS(Controlled(QUICK, ControlSettings(sequences=7))))

    assert (job.done, job.total) == (7 + 7 + 2 * 12,) * 2
