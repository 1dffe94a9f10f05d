from dataclasses import replace

import numpy as np
import pytest
import torch

import kann
from kann.analyses.koopman.controls.measured import OWN, SHUFFLED, TWIN, Controls
from kann.analyses.koopman.controls.measured import Settings as Controlled
from kann.analyses.koopman.spectrum.transitions import Settings
from kann.backend.controls import compute_controls
from kann.backend.engine.jobs import Job
from kann.backend.engine.record_files import read_record, write_record
from kann.backend.engine.store import Store
from kann.backend.opened import cards
from kann.backend.opened.library import Library, Source
from kann.backend.service import Service
from kann.interventions.detection import Detection
from kann.interventions.untrained_twins import untrained_twin
from tests.networks import save_autoencoder, save_beats, save_lstm, save_states
from tests.texts import save_classifier

BEATS = Source(data="path:beats.txt", model="path:model.pt")
TEXTS = Source(data="path:texts.csv", model="path:classifier/model.pt", vocabulary="path:classifier/words.json")
QUICK = Settings(twins=2)


@pytest.fixture
def service(tmp_path):
    save_lstm(tmp_path / "model.pt")
    save_beats(tmp_path / "beats.txt")
    save_states(tmp_path / "states.npz")
    save_autoencoder(tmp_path / "autoencoder.pt")
    (tmp_path / "classifier").mkdir()
    (save_classifier(tmp_path / "classifier") / "texts.csv").rename(tmp_path / "texts.csv")
    return Service(Store(tmp_path / "cache"), Library(tmp_path))


def settle(ask):
    """Asks again until the answer is no job, as a page does."""
    for _ in range(10):
        answer = ask()
        job = answer if isinstance(answer, Job) else getattr(answer, "job", None) or getattr(answer, "twins", None)
        if not isinstance(job, Job):
            return answer
        job.result()
    raise AssertionError("the service never settles")


def result_of(service, source, settings=QUICK):
    return settle(lambda: service.koopman_states(source, settings)).result


def controls_of(service, source, settings=QUICK, asked=Controlled()):  # noqa: B008 - frozen
    result = result_of(service, source, settings)
    return settle(lambda: service.controls(source, settings, result, asked))


def test_the_fit_is_scored_on_what_was_held_out(service, tmp_path):
    controls = controls_of(service, BEATS)
    dataset = kann.open_dataset(tmp_path / "beats.txt")
    network = kann.build_network(kann.open_checkpoint(tmp_path / "model.pt"))
    held = dataset.select(np.flatnonzero(np.arange(60) % 5 == 4))

    direct = kann.score(result_of(service, BEATS).operator, kann.hidden_states(network, held))

    (own,) = controls.of(OWN)
    np.testing.assert_allclose([own.held_out.e_rel, own.held_out.R2], [direct.e_rel, direct.R2], rtol=1e-9)
    assert (controls.scored, controls.held_out, controls.in_sample, controls.rank) == (12, 12, False, 12)
    assert controls.decision is None


def test_figures_that_the_page_shows_already_come_out_the_same(service):
    result, controls = result_of(service, BEATS), controls_of(service, BEATS)

    np.testing.assert_allclose(controls.of(OWN)[0].held_out.R2, result.accuracy.R2, rtol=1e-8)
    np.testing.assert_allclose(controls.of(OWN, True)[0].held_out.R2, result.with_inputs, rtol=1e-8)
    np.testing.assert_allclose(
        [twin.held_out.R2 for twin in controls.of(TWIN)], result.spectrum.untrained.R2, rtol=1e-8
    )
    largest = np.abs(result.spectrum.untrained.eigenvalues).reshape(2, 12).max(axis=1)
    np.testing.assert_allclose([twin.moduli[0] for twin in controls.of(TWIN)], largest, rtol=1e-9)


def test_a_classifier_s_decisions_are_compared_and_its_twins_too(service):
    controls = controls_of(service, TEXTS)
    network = service.library.network(TEXTS)
    dataset = service.library.dataset(TEXTS.data, TEXTS.vocabulary)
    held = dataset.select(np.flatnonzero(np.arange(80) % 5 == 4))

    direct = kann.score(result_of(service, TEXTS).operator, kann.hidden_states(network, held))

    assert controls.decision == "read-out"
    (own,) = controls.of(OWN)
    assert own.held_out.agreement == direct.agreement
    assert own.persistence.agreement == direct.persistence.agreement
    fitted = dataset.select(np.flatnonzero(np.arange(80) % 5 != 4))
    twin = untrained_twin(network, 1, result_of(service, TEXTS).spectrum.untrained.strictest)
    operator = kann.summarise(kann.hidden_states(twin, fitted)).solve()
    expected = kann.score(operator, kann.hidden_states(twin, held))
    assert controls.of(TWIN)[1].held_out.agreement == expected.agreement
    np.testing.assert_allclose(controls.of(TWIN)[1].held_out.e_rel, expected.e_rel, rtol=1e-6)


def test_an_autoencoder_decides_by_its_card_s_threshold(service, monkeypatch):
    source = replace(BEATS, model="path:autoencoder.pt")
    assert controls_of(service, source).decision is None
    network, dataset = service.library.network(source), service.library.dataset(source.data)
    (batch,) = kann.hidden_states(network, dataset.select(np.arange(4, 60, 5)))
    losses = [np.abs(network.decoder(torch.from_numpy(h[None]), 40).numpy() - x).sum()
              for h, x in zip(batch.values[:, -1, :6], batch.inputs, strict=True)]  # fmt: skip
    threshold = float(np.median(losses))
    monkeypatch.setattr(cards, "detector", lambda library, source: cards.Detector(threshold, "a rule", {}))

    controls = controls_of(service, source, asked=Controlled(sequences=100))

    decide, rows = Detection(network, threshold, "full"), np.arange(12)
    predicted = result_of(service, source).operator.predict(batch.values[:, -2])
    equal = decide(batch, rows, predicted) == decide(batch, rows, batch.values[:, -1])
    assert controls.decision == "reconstruction"
    assert controls.of(OWN)[0].held_out.agreement == equal.mean()
    assert {twin.held_out.agreement for twin in controls.of(TWIN)} == {None}


def test_states_without_a_network_have_controls_without_twins_or_decisions(service):
    controls = controls_of(service, Source(data="path:states.npz"))

    assert [fit.kind for fit in controls.fits] == [OWN, "without an intercept", SHUFFLED]
    assert controls.of(SHUFFLED)[0].held_out.R2 < 0.2 < controls.of(OWN)[0].held_out.R2
    assert controls.decision is None


def test_a_class_of_its_own_is_scored_on_its_own_sequences(service, tmp_path):
    settings = replace(QUICK, label=2)
    controls, result = controls_of(service, BEATS, settings), result_of(service, BEATS, settings)
    dataset = kann.open_dataset(tmp_path / "beats.txt")
    network = kann.build_network(kann.open_checkpoint(tmp_path / "model.pt"))
    fitted, held = (np.flatnonzero((np.arange(60) % 5 == 4) == out) for out in (False, True))
    fitted, held = (dataset.select(rows[dataset.labels[rows] == 2]) for rows in (fitted, held))

    direct = kann.score(result.operator, kann.hidden_states(network, held))

    assert controls.scored == controls.held_out == len(held)
    np.testing.assert_allclose([controls.of(OWN)[0].held_out.R2, result.accuracy.R2], direct.R2, rtol=1e-8)
    np.testing.assert_allclose(result.accuracy.persistence, direct.persistence.R2, rtol=1e-8)
    twin = untrained_twin(network, 1, result.spectrum.untrained.strictest)
    operator = kann.summarise(kann.hidden_states(twin, fitted)).solve()
    direct = kann.score(operator, kann.hidden_states(twin, held))
    np.testing.assert_allclose(controls.of(TWIN)[1].held_out.R2, direct.R2, rtol=1e-6)


def test_where_nothing_is_held_out_that_is_said(service):
    settings = replace(QUICK, held_out=1000)
    controls = controls_of(service, BEATS, settings)

    assert controls.in_sample
    (own,) = controls.of(OWN)
    np.testing.assert_allclose(own.held_out.R2, own.in_sample.R2)


def test_at_most_so_many_sequences_are_tried(service):
    assert controls_of(service, BEATS, asked=Controlled(sequences=5)).scored == 5
    assert controls_of(service, BEATS, asked=Controlled(sequences=None)).scored == 12


def test_controls_are_kept_and_come_back_whole(service, monkeypatch, tmp_path):
    controls = controls_of(service, BEATS)
    write_record(controls, tmp_path / "controls.npz")
    back = read_record(Controls, tmp_path / "controls.npz")
    monkeypatch.setattr("kann.backend.controls.hidden_states", None)
    again = Service(Store(service.store.folder), Library(service.library.root))

    for found in (back, controls_of(again, BEATS)):
        assert [fit.kind for fit in found.fits] == [fit.kind for fit in controls.fits]
        for one, other in zip(found.fits, controls.fits, strict=True):
            assert (one.held_out, one.persistence, one.seed) == (other.held_out, other.persistence, other.seed)
            np.testing.assert_array_equal(one.moduli, other.moduli)
        np.testing.assert_array_equal(found.driven_roll_outs.e_rel, controls.driven_roll_outs.e_rel)
        assert (found.decision, found.inputs, found.lag) == (None, False, 1)


def test_progress_reaches_its_end(service):
    result, seen = result_of(service, BEATS), []
    compute_controls(
        service.library,
        service.store,
        BEATS,
        QUICK,
        Controlled(),
        result,
        lambda done, total: seen.append((done, total)),
    )

    assert seen[-1] == (48 + 12 + 2 * 12,) * 2
