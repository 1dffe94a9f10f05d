"""Readings and word effects of a small text classifier, through the backend."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import kann
from kann.analyses.koopman.spectrum.transitions import Settings
from kann.backend.engine.store import Store
from kann.backend.highlights import MOST_READ, rows_read
from kann.backend.opened.library import Library, Source
from kann.backend.service import Service
from kann.errors import NotEnoughData
from kann.records import Dataset
from tests.networks import save_states
from tests.texts import WORDS, save_classifier

SOURCE = Source(data="path:texts.csv", model="path:model.pt", vocabulary="path:words.json")
QUICK = Settings(twins=0)


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    folder = save_classifier(tmp_path_factory.mktemp("texts"))
    save_states(folder / "states.npz")
    return Service(Store(folder / "cache"), Library(folder))


def settle(ask):
    """Asks again until there is no job left, as a page does."""
    for _ in range(10):
        answer = ask()
        job = getattr(answer, "job", None) or (answer if hasattr(answer, "future") else None)
        if job is None:
            return answer
        job.result()
    raise AssertionError("the service never settles")


def result_of(service, source=SOURCE, settings=QUICK):
    return settle(lambda: service.koopman_states(source, settings)).result


def sequence(service, row=3, source=SOURCE):
    return service.library.dataset(source.data, source.vocabulary).select(np.array([row]))


def test_all_modes_together_are_the_network_s_own_log_odds(service):
    result = result_of(service)
    reading = service.reading(SOURCE, QUICK, result, sequence(service), list(range(12)), 1)
    network = service.library.network(SOURCE)
    with torch.inference_mode():
        embedded = network.embedding(torch.from_numpy(sequence(service).sequences[0]))
        outputs = network.readout(network.module(embedded[None])[0])[0].double().numpy()

    np.testing.assert_allclose(reading.evidence, outputs[:, 1] - outputs[:, 0], atol=1e-5)
    np.testing.assert_allclose(reading.alone, reading.evidence, atol=1e-5)
    assert reading.decided == outputs[-1].argmax()


def test_what_is_asked_twice_is_unrolled_once(service, monkeypatch):
    result = result_of(service)
    first = service.reading(SOURCE, QUICK, result, sequence(service, 4), [0], 1)
    monkeypatch.setattr("kann.backend.highlights.hidden_states", None)

    assert service.reading(SOURCE, QUICK, result, sequence(service, 4), [0], 1) is first


def test_a_typed_sentence_is_read_like_one_of_the_data(service):
    result = result_of(service)
    typed = service.typed(SOURCE, "the film was very good the film was very good")

    read, own = (service.reading(SOURCE, QUICK, result, given, [0], 1) for given in (typed, sequence(service, 0)))

    np.testing.assert_allclose(read.evidence, own.evidence, atol=1e-6)


def test_effects_of_words_are_the_innovations_of_their_readings(service):
    result = result_of(service)
    effects = settle(lambda: service.word_effects(SOURCE, QUICK, result, [0], 1))
    reading = service.reading(SOURCE, QUICK, result, sequence(service, 3), [0], 1)

    start = effects.lengths[:3].sum()
    assert effects.rows.tolist() == list(range(80))
    own = effects.effects[start : start + len(reading.evidence)]
    np.testing.assert_allclose(own, reading.shades["innovation"], atol=1e-6)
    good = WORDS.index("good")
    (row,) = np.flatnonzero((effects.table.tokens == [good, -1, -1]).all(axis=1))
    dataset = service.library.dataset(SOURCE.data, SOURCE.vocabulary)
    ids = np.concatenate(list(dataset.sequences))
    assert effects.table.effects[row] == pytest.approx(effects.effects[ids == good].mean(dtype=np.float64), abs=1e-6)


def test_a_table_comes_back_after_a_restart(service, monkeypatch):
    result = result_of(service)
    before = settle(lambda: service.word_effects(SOURCE, QUICK, result, [0], 1))
    again = Service(Store(service.store.folder), Library(service.library.root))
    monkeypatch.setattr("kann.backend.highlights.hidden_states", None)

    after = again.word_effects(SOURCE, QUICK, result, [0], 1)

    np.testing.assert_array_equal(after.table.p, before.table.p)
    assert after.signed is True


def test_with_inputs_all_that_a_word_does_is_still_counted(service):
    settings = replace(QUICK, inputs=True)
    result = result_of(service, settings=settings)
    effects = settle(lambda: service.word_effects(SOURCE, settings, result, [0], 1))

    assert np.isfinite(effects.effects).all()
    assert np.abs(effects.effects).max() > 0


def test_the_classes_of_a_read_out_are_called_by_the_data_s_labels(service):
    assert service.outcomes(SOURCE, QUICK) == ["class 0", "class 1"]
    assert service.outcomes(Source(data="path:states.npz"), QUICK) == []


def test_states_are_read_without_a_direction(service):
    source = Source(data="path:states.npz")
    result = result_of(service, source)

    reading = service.reading(source, QUICK, result, sequence(service, 2, source), [0], None)

    assert not reading.signed
    assert np.isnan(reading.shades["innovation"][0])
    assert service.decisive_mode(source, QUICK, result, None)[1] > 0


def test_a_read_out_that_is_not_linear_has_its_mean_gradient(tmp_path):
    save_classifier(tmp_path)
    torch.manual_seed(1)
    tensors = {f"fc.{name}": tensor for name, tensor in torch.nn.Linear(6, 4).state_dict().items()}
    tensors |= {f"out.{name}": tensor for name, tensor in torch.nn.Linear(4, 2).state_dict().items()}
    state = torch.load(tmp_path / "model.pt")
    torch.save({name: t for name, t in state.items() if not name.startswith("fc")} | tensors, tmp_path / "model.pt")
    service = Service(Store(tmp_path / "cache"), Library(tmp_path))
    source = replace(SOURCE, roles=(("readout", "fc+out"),))
    result = result_of(service, source)

    reading = service.reading(source, QUICK, result, sequence(service, 3), list(range(12)), 1)

    assert not isinstance(service.library.network(source).readout, torch.nn.Linear)
    np.testing.assert_allclose(reading.alone, reading.evidence, atol=1e-5)
    assert np.isfinite(reading.shades["innovation"]).all()


def test_an_empty_sequence_is_refused_in_a_sentence(service):
    empty = Dataset("text", [np.zeros(0, np.int64)], "x", tokens=[[]])

    with pytest.raises(NotEnoughData, match="no step to read"):
        service.reading(SOURCE, QUICK, result_of(service), empty, [0], 1)


def test_few_sequences_are_all_read_and_of_many_those_held_out():
    assert rows_read(100, QUICK, False).tolist() == list(range(100))
    many = rows_read(10_000, QUICK, False)
    assert len(many) == MOST_READ
    assert (many % 5 == 4).all()
    assert len(rows_read(1000, QUICK, False)) == 200
    assert len(rows_read(10_000, QUICK, True)) == 10_000


def test_the_last_token_of_each_text_has_an_effect_and_padding_none(service):
    effects = settle(lambda: service.word_effects(SOURCE, QUICK, result_of(service), [0], 0))

    assert (
        len(effects.effects)
        == effects.lengths.sum()
        == sum(
            kann.open_dataset(
                service.library.root / "texts.csv", vocabulary=service.library.root / "words.json"
            ).lengths
        )
    )
    assert np.isfinite(effects.effects).all()
