"""The operator and its spectrum: what is unrolled, what is only solved again, and what is kept."""

from dataclasses import replace

import numpy as np
import pytest

import kann
from kann.analyses.koopman.spectrum.koopman_states import Result
from kann.analyses.koopman.spectrum.settings import Settings
from kann.backend.engine.record_files import read_record, write_record
from kann.backend.engine.service import Service
from kann.backend.engine.store import Store
from kann.backend.opened.library import Library
from kann.errors import NotEnoughData, OutOfRange, UnknownNetwork
from kann.studies.koopman.questions.spectrum import BESIDE_UNTRAINED, FOLLOWED, OPERATOR, SPECTRUM, Followed
from kann.studies.koopman.questions.states import SUMS
from tests.studies.koopman.pairs import BEATS, REBUILT, STATES, TEXTS, last_job

QUICK = Settings(twins=2, samples=20)


def test_the_result_is_that_of_the_library_s_own_steps(answer, opened):
    fitted = opened().dataset.select(opened().split(5).fitted)

    direct = kann.summarise(kann.hidden_states(opened().network, fitted)).solve()

    found = answer(SPECTRUM(QUICK))
    np.testing.assert_allclose(found.operator.eigenvalues, direct.eigenvalues, atol=1e-9)
    np.testing.assert_array_equal(answer(OPERATOR(QUICK)).eigenvalues, found.operator.eigenvalues)


def test_the_spectrum_comes_without_twins_and_then_beside_them(answer):
    alone, beside = answer(SPECTRUM(QUICK)), answer(BESIDE_UNTRAINED(QUICK))

    assert alone.spectrum.untrained is None
    assert beside.spectrum.untrained.each == 2
    np.testing.assert_array_equal(beside.spectrum.trust, alone.spectrum.trust)


def test_a_new_rank_never_unrolls(answer, no_unrolling):
    answer(BESIDE_UNTRAINED(QUICK))
    no_unrolling()

    assert answer(BESIDE_UNTRAINED(replace(QUICK, rank=3))).spectrum.untrained.each == 2
    for changed in (replace(QUICK, intercept=False), replace(QUICK, inputs=True), replace(QUICK, label=2)):
        assert answer(SPECTRUM(changed)).operator.rank == 12


def test_the_same_pair_does_not_unroll_after_a_restart(service, answer, no_unrolling):
    before = answer(BESIDE_UNTRAINED(QUICK))
    no_unrolling()
    again = Service(Store(service.store.folder), Library(service.library.root))

    found = again.answer(BEATS, BESIDE_UNTRAINED(QUICK))

    np.testing.assert_array_equal(found.operator.eigenvalues, before.operator.eigenvalues)
    assert again.answer(BEATS, BESIDE_UNTRAINED(replace(QUICK, rank=4))).operator.rank == 4


def test_two_fresh_services_give_the_same_bytes_and_one_that_cannot_write_too(service, answer, tmp_path):
    (tmp_path / "file").write_text("no folder")
    without = Service(Store(tmp_path / "file" / "cache"), Library(service.library.root))

    for name, found in (
        ("one", answer(BESIDE_UNTRAINED(QUICK))),
        ("two", without.answer(BEATS, BESIDE_UNTRAINED(QUICK))),
    ):
        write_record(found, tmp_path / name)

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    without.close()
    assert without.store.trouble.startswith("Nothing new can be kept in ")


def test_a_result_comes_back_whole_from_its_file(answer, tmp_path):
    result = answer(BESIDE_UNTRAINED(QUICK))
    write_record(result, tmp_path / "r.npz")

    back = read_record(Result, tmp_path / "r.npz")

    assert back.spectrum.ids == result.spectrum.ids
    assert back.accuracy == result.accuracy
    assert back.notes == result.notes
    np.testing.assert_array_equal(back.operator.predict(np.ones((2, 12))), result.operator.predict(np.ones((2, 12))))
    for late in ("condition", "eigenfunctions", "modes", "shares"):
        assert getattr(back.operator, late).tobytes() == getattr(result.operator, late).tobytes()


def test_states_have_a_spectrum_without_a_network_or_twins(answer):
    result = answer(BESIDE_UNTRAINED(QUICK), STATES)

    assert np.abs(result.operator.eigenvalues).max() == pytest.approx(0.9, abs=0.03)
    assert result.spectrum.untrained is None


def test_inputs_that_the_network_does_not_read_are_refused_each_time(answer):
    for _ in range(2):
        with pytest.raises(UnknownNetwork, match="channel"):
            answer(SPECTRUM(QUICK), replace(BEATS, model="path:wide.pt"))


def test_a_rank_or_a_label_that_there_is_not_is_refused(answer):
    for settings in (replace(QUICK, rank=99), replace(QUICK, label=7)):
        with pytest.raises((OutOfRange, NotEnoughData), match=r"99|label"):
            answer(OPERATOR(settings))


def test_modes_are_followed_over_ranks(answer):
    full, cut = answer(SPECTRUM(QUICK)), answer(SPECTRUM(replace(QUICK, rank=11)))
    ids = full.spectrum.ids[:2]

    assert answer(FOLLOWED(Followed(QUICK, ids))) == (0, 1)
    found = answer(FOLLOWED(Followed(replace(QUICK, rank=11), (*ids, cut.spectrum.ids[4]))))
    assert len(found) == 3
    assert found[2] == 4
    for name, place in zip(ids, found, strict=False):
        before = full.spectrum.eigenvalues[ids.index(name)]
        assert place is None or abs(cut.spectrum.eigenvalues[place] - before) < 0.1


def test_no_mode_has_such_a_name(answer):
    with pytest.raises(OutOfRange):
        answer(FOLLOWED(Followed(QUICK, ("mode 3",))))


def test_more_twins_are_not_answered_by_fewer(answer):
    counts = (1, 3, 2)

    assert [answer(BESIDE_UNTRAINED(replace(QUICK, twins=count))).spectrum.untrained.each for count in counts] == [
        1, 3, 2,
    ]  # fmt: skip


def test_progress_counts_every_sequence_that_is_unrolled(service):
    job = last_job(service, REBUILT, SUMS(replace(QUICK, lag=2)))

    # Those held out are read once more, to see how far modes are predicted.
    assert (job.doing, job.done, job.total) == ("Unrolling the network", 72, 72)


def test_the_same_data_under_another_name_have_the_same_key(service, tmp_path):
    library = Library(tmp_path)
    for name in ("model.pt", "beats.txt"):
        (tmp_path / name).write_bytes((service.library.root / name).read_bytes())
    (tmp_path / "renamed.tsv").write_bytes((tmp_path / "beats.txt").read_bytes())
    other = Service(Store(tmp_path / "cache"), library)

    assert other.key(replace(BEATS, data="path:renamed.tsv"), SUMS(QUICK)) == service.key(BEATS, SUMS(QUICK))


def test_the_same_bytes_under_another_extension_have_another_key(service, tmp_path):
    folder = tmp_path
    for name in ("model.pt", "words.json"):
        (folder / name).write_bytes((service.library.root / "texts" / name).read_bytes())
    for name in ("x.txt", "x.csv"):
        (folder / name).write_text("text\n" + "the film was good\na boring film not bad\n" * 20)
    words = replace(TEXTS.vocabulary, reference="path:words.json")
    fresh = Service(Store(folder / "cache"), Library(folder))

    pairs = [
        replace(TEXTS, data=f"path:{name}", model="path:model.pt", vocabulary=words) for name in ("x.txt", "x.csv")
    ]

    # As lines the heading is a text too, and other sequences are held out.
    assert len({fresh.key(pair, SUMS(QUICK)) for pair in pairs}) == 2
    assert len({fresh.answer(pair, SPECTRUM(QUICK)).accuracy.R2 for pair in pairs}) == 2
