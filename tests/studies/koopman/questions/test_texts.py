"""Readings and word effects of a small text classifier."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from kann.analyses.koopman.spectrum.settings import Settings
from kann.backend.engine.service import Service
from kann.backend.engine.store import Store
from kann.backend.engine.task import Task
from kann.backend.opened.library import Library, Words
from kann.backend.opened.pair import Pair
from kann.errors import NotEnoughData, UnreadableDataset
from kann.records import Dataset
from kann.studies.koopman.questions import texts
from kann.studies.koopman.questions.texts import (
    DECISIVE,
    READING,
    WORD_EFFECTS,
    Decided,
    Effects,
    ReadBy,
    rows_read,
)
from tests.studies.koopman.pairs import STATES, TEXTS, last_job
from tests.texts import WORDS, save_classifier

QUICK = Settings(samples=20)
ALL = tuple(range(12))


def test_all_modes_together_are_the_network_s_own_log_odds(answer, opened):
    reading, network = answer(READING(ReadBy(QUICK, 1, ALL, row=3)), TEXTS), opened(TEXTS).network
    with torch.inference_mode():
        embedded = network.embedding(torch.from_numpy(opened(TEXTS).dataset.sequences[3]))
        outputs = network.readout(network.module(embedded[None])[0])[0].double().numpy()

    np.testing.assert_allclose(reading.evidence, outputs[:, 1] - outputs[:, 0], atol=1e-5)
    np.testing.assert_allclose(reading.alone, reading.evidence, atol=1e-5)
    assert reading.decided == outputs[-1].argmax()


def test_what_is_asked_twice_is_unrolled_once(answer, no_unrolling):
    first = answer(READING(ReadBy(QUICK, 1, (0,), row=4)), TEXTS)
    no_unrolling()

    assert answer(READING(ReadBy(QUICK, 1, (0,), row=4)), TEXTS) is first


def test_a_typed_sentence_is_read_like_one_of_the_data(answer):
    typed = answer(READING(ReadBy(QUICK, 1, (0,), text="the film was very good the film was very good")), TEXTS)

    np.testing.assert_allclose(
        typed.evidence, answer(READING(ReadBy(QUICK, 1, (0,), row=0)), TEXTS).evidence, atol=1e-6
    )


def test_a_blank_sentence_is_refused(answer):
    with pytest.raises(UnreadableDataset, match="type a sentence"):
        answer(READING(ReadBy(QUICK, 1, (0,), text=" ")), TEXTS)


def test_a_sentence_is_read_up_to_the_length_of_the_fit(answer):
    cut = replace(QUICK, max_length=4)

    assert len(answer(READING(ReadBy(cut, 1, (0,), text="the film was very good")), TEXTS).evidence) == 4


def test_effects_of_words_are_the_innovations_of_their_readings(answer, opened):
    effects = answer(WORD_EFFECTS(Effects(QUICK, 1, (0,))), TEXTS)
    reading = answer(READING(ReadBy(QUICK, 1, (0,), row=3)), TEXTS)

    start = effects.lengths[:3].sum()
    assert effects.rows.tolist() == list(range(80))
    own = effects.effects[start : start + len(reading.evidence)]
    np.testing.assert_allclose(own, reading.shades["innovation"], atol=1e-6)
    good = WORDS.index("good")
    (row,) = np.flatnonzero((effects.table.tokens == [good, -1, -1]).all(axis=1))
    ids = np.concatenate(list(opened(TEXTS).dataset.sequences))
    assert effects.table.effects[row] == pytest.approx(effects.effects[ids == good].mean(dtype=np.float64), abs=1e-6)


def test_every_token_of_each_text_has_an_effect_and_padding_none(answer, opened):
    effects = answer(WORD_EFFECTS(Effects(QUICK, 0, (0,))), TEXTS)

    assert len(effects.effects) == effects.lengths.sum() == opened(TEXTS).dataset.lengths.sum()
    assert np.isfinite(effects.effects).all()


def test_a_table_comes_back_after_a_restart(service, answer, no_unrolling):
    asked = WORD_EFFECTS(Effects(QUICK, 1, (0,)))
    before = answer(asked, TEXTS)
    no_unrolling()

    after = Service(Store(service.store.folder), Library(service.library.root)).answer(TEXTS, asked)

    np.testing.assert_array_equal(after.table.p, before.table.p)
    assert after.signed is True


def test_with_inputs_all_that_a_word_does_is_still_counted(service):
    asked = WORD_EFFECTS(Effects(replace(QUICK, inputs=True), 1, (0,)))
    job = last_job(service, TEXTS, asked)
    effects = service.answer(TEXTS, asked)

    assert job.done == job.total == 80
    assert np.isfinite(effects.effects).all()
    assert np.abs(effects.effects).max() > 0


def test_states_are_read_without_a_direction(answer):
    reading = answer(READING(ReadBy(QUICK, None, (0,), row=2)), STATES)

    assert not reading.signed
    assert np.isnan(reading.shades["innovation"][0])


def test_the_decisive_mode_is_the_one_that_carries_most(answer):
    for pair, target in ((STATES, None), (TEXTS, 1), (TEXTS, None)):
        found = answer(DECISIVE(Decided(QUICK, target)), pair)

        assert 0 <= found.mode < 12
        assert 0 < found.share <= 1


def test_a_read_out_that_is_not_linear_has_its_mean_gradient(tmp_path):
    save_classifier(tmp_path)
    torch.manual_seed(1)
    tensors = {f"fc.{name}": tensor for name, tensor in torch.nn.Linear(6, 4).state_dict().items()}
    tensors |= {f"out.{name}": tensor for name, tensor in torch.nn.Linear(4, 2).state_dict().items()}
    state = torch.load(tmp_path / "model.pt")
    torch.save({name: t for name, t in state.items() if not name.startswith("fc")} | tensors, tmp_path / "model.pt")
    service = Service(Store(tmp_path / "cache"), Library(tmp_path))
    pair = Pair("path:texts.csv", "path:model.pt", roles=(("readout", "fc+out"),), vocabulary=Words("path:words.json"))

    reading = service.answer(pair, READING(ReadBy(QUICK, 1, ALL, row=3)))

    assert not isinstance(service.library.network(pair).readout, torch.nn.Linear)
    np.testing.assert_allclose(reading.alone, reading.evidence, atol=1e-5)
    assert np.isfinite(reading.shades["innovation"]).all()


def test_an_empty_sequence_is_refused_in_a_sentence(answer, opened):
    empty = replace(opened(TEXTS), dataset=Dataset("text", [np.zeros(0, np.int64)], "x", tokens=[[]]))
    task = Task(empty, lambda need: answer(need, TEXTS), lambda subject: empty, lambda done, total: None)

    with pytest.raises(NotEnoughData, match="no step to read"):
        texts.read_sequence(task, ReadBy(QUICK, None, (0,), row=0))


def test_few_sequences_are_all_read_and_of_many_those_held_out(opened, monkeypatch):
    assert rows_read(opened(TEXTS), Effects(QUICK)).tolist() == list(range(80))

    monkeypatch.setattr(texts, "MOST_SCORED", 79)

    assert rows_read(opened(TEXTS), Effects(QUICK)).tolist() == opened(TEXTS).split(5).held_out.tolist()
    assert len(rows_read(opened(TEXTS), Effects(QUICK, everything=True))) == 80
