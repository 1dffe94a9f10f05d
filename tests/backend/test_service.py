import numpy as np
import pytest

import kann
from kann.analyses.koopman.spectrum.koopman_states import Result
from kann.analyses.koopman.spectrum.transitions import Settings
from kann.backend.engine.record_files import read_record, write_record
from kann.backend.engine.store import Store
from kann.backend.opened.library import Library, Source
from kann.backend.service import Service
from kann.errors import OutOfRange, UnknownNetwork
from tests.networks import save_beats, save_lstm, save_states

SOURCE = Source(data="path:beats.txt", model="path:model.pt")
QUICK = Settings(twins=2)


@pytest.fixture
def service(tmp_path):
    save_lstm(tmp_path / "model.pt")
    save_beats(tmp_path / "beats.txt")
    save_states(tmp_path / "states.npz")
    return Service(Store(tmp_path / "cache"), Library(tmp_path))


def settle(service, source=SOURCE, settings=QUICK, twins=True):
    """Asks again until nothing is missing, as a page does."""
    for _ in range(10):
        answer = service.koopman_states(source, settings)
        job = answer.job or (answer.twins if twins else None)
        if job is None:
            return answer.result
        job.result()
    raise AssertionError("the service never settles")


def forbid_unrolling(monkeypatch):
    def unrolled(*arguments, **keywords):
        raise AssertionError("unrolled again")

    monkeypatch.setattr("kann.backend.koopman_states.hidden_states", unrolled)


def test_the_result_is_that_of_the_library_s_own_steps(service, tmp_path):
    result = settle(service)
    dataset = kann.open_dataset(tmp_path / "beats.txt")
    network = kann.build_network(kann.open_checkpoint(tmp_path / "model.pt"))
    fitted = dataset.select(np.flatnonzero(np.arange(60) % 5 != 4))

    direct = kann.summarise(kann.hidden_states(network, fitted)).solve()

    np.testing.assert_allclose(result.operator.eigenvalues, direct.eigenvalues, atol=1e-9)


def test_eigenvalues_come_before_the_twins(service):
    first = settle(service, twins=False)

    assert first.spectrum.untrained is None
    assert settle(service).spectrum.untrained.each == 2


def test_a_new_rank_never_unrolls(service, monkeypatch):
    settle(service)
    forbid_unrolling(monkeypatch)

    assert settle(service, settings=Settings(twins=2, rank=3)).spectrum.untrained.each == 2
    for changes in ({"intercept": False}, {"inputs": True}):  # untrained networks follow in a job
        assert settle(service, settings=Settings(twins=2, **changes), twins=False).operator.rank == 12


def test_the_same_pair_does_not_unroll_after_a_restart(service, monkeypatch):
    before = settle(service)
    forbid_unrolling(monkeypatch)
    again = Service(Store(service.store.folder), Library(service.library.root))

    np.testing.assert_array_equal(settle(again).operator.eigenvalues, before.operator.eigenvalues)
    assert settle(again, settings=Settings(twins=2, rank=4)).operator.rank == 4


def test_two_fresh_services_give_the_same_bytes(service, tmp_path):
    other = Service(Store(tmp_path / "other cache"), Library(tmp_path))
    for one in (service, other):
        write_record(settle(one), tmp_path / "result")
        (tmp_path / "result").rename(tmp_path / f"result of {one.store.folder.name}")

    assert (tmp_path / "result of cache").read_bytes() == (tmp_path / "result of other cache").read_bytes()


def test_a_result_comes_back_whole_from_its_file(service, tmp_path):
    result = settle(service)
    write_record(result, tmp_path / "r.npz")

    back = read_record(Result, tmp_path / "r.npz")

    assert back.spectrum.ids == result.spectrum.ids
    assert back.accuracy == result.accuracy
    assert back.notes == result.notes
    np.testing.assert_array_equal(back.operator.predict(np.ones((2, 12))), result.operator.predict(np.ones((2, 12))))
    for late in ("condition", "eigenfunctions", "modes", "shares"):
        assert getattr(back.operator, late).tobytes() == getattr(result.operator, late).tobytes()


def test_states_have_a_spectrum_without_a_network_or_twins(service):
    result = settle(service, Source(data="path:states.npz"))

    assert np.abs(result.operator.eigenvalues).max() == pytest.approx(0.9, abs=0.03)
    assert result.spectrum.untrained is None


def test_an_error_is_raised_once_and_then_tried_again(service, tmp_path):
    save_lstm(tmp_path / "model.pt", inputs=3)

    for _ in range(2):
        with pytest.raises(UnknownNetwork, match="channel"):
            settle(service)


def test_modes_are_traced_on_chosen_sequences(service):
    result = settle(service)

    traces = service.traces(SOURCE, QUICK, result, [3, 7], [0, 1])

    assert [trace.name for trace in traces.traces] == ["3", "7"]
    assert traces.traces[0].projections.shape == (40, 2)
    assert traces.traces[0].signal.shape == (40, 1)


def test_modes_are_followed_over_ranks(service):
    full, cut = settle(service), settle(service, settings=Settings(twins=2, rank=11))
    names = list(full.spectrum.ids[:2])

    found = service.follow(SOURCE, QUICK, names, full)
    followed = service.follow(SOURCE, Settings(twins=2, rank=11), names, cut)

    assert list(found.values()) == [0, 1]
    assert set(followed) == set(names)


def test_classes_and_units_are_known_before_anything_runs(service):
    assert service.classes(SOURCE) == [1, 2]
    assert service.units(SOURCE, Settings()) == 12
    assert service.units(SOURCE, Settings(state="hidden", delays=1)) == 12


def test_a_page_begins_at_a_rank_that_its_sequences_can_bear(service, tmp_path):
    save_beats(tmp_path / "few.txt", sequences=10, steps=31)
    few = Source(data="path:few.txt", model="path:model.pt")

    assert service.page_settings(SOURCE, Settings(lag=2)) == Settings(rank=12, lag=2)
    assert service.page_settings(few, Settings()).rank == 3
    assert service.page_settings(few, Settings(label=1)).rank == 1
    assert service.page_settings(few, Settings(rank=5)).rank == 5


def test_untrained_twins_start_only_for_those_who_speak_of_them(service):
    def asked():
        return service.koopman_states(SOURCE, QUICK, twins=False)

    asked().job.result()
    alone = asked()
    beside = settle(service)

    assert (alone.twins, alone.result.spectrum.untrained) == (None, None)
    assert beside.spectrum.untrained.each == 2
    assert asked().result.spectrum.untrained.each == 2


def test_a_label_is_found_however_it_is_written(service):
    for label in (2, "2"):  # a settings file or an address may have it as a text
        assert service.page_settings(SOURCE, Settings(label=label)).label == 2

    with pytest.raises(OutOfRange, match="No sequence has the label 7; there are 1, 2"):
        service.page_settings(SOURCE, Settings(label="7"))
