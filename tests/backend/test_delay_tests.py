import numpy as np
import pytest
import torch
from torch import nn

import kann
from kann.analyses.koopman.controls.delay_replacement import DelayReplacement
from kann.analyses.koopman.spectrum.transitions import Settings
from kann.backend.delay_tests import compute_delay_test, delay_test_key
from kann.backend.engine.jobs import Jobs
from kann.backend.engine.record_files import read_record, write_record
from kann.backend.engine.store import Store
from kann.backend.opened.library import Library, Source
from kann.backend.service import Service
from kann.tasks.copy import ITEMS
from tests.networks import save_beats, save_lstm, save_states

SOLVER = Source(data="demo:copy-orthogonal", model="demo:copy-orthogonal")


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """As in a job: two that fight over the cores take ten times as long."""
    Jobs()


def outcome(source, library=None, settings=Settings()):  # noqa: B008 - frozen
    return compute_delay_test(library or Library(), source, settings, lambda done, total: None)


@pytest.fixture(scope="module")
def solver():
    return outcome(SOLVER)


def test_the_operator_can_stand_in_for_every_delay_of_the_solver(solver):
    assert solver.delays.tolist() == [10, 20, 50, 100, 150, 200]
    assert solver.network.min() >= 0.99
    assert solver.operator.min() >= 0.99
    assert not solver.in_sample


def test_recall_is_lax_and_skipping_the_delay_is_no_way_to_get_it(solver):
    assert (np.diff(solver.e_rel) > 0).all()
    assert 0.05 < solver.e_rel[-1] < 0.3
    np.testing.assert_allclose(solver.skipped, 1 / 8, atol=0.06)
    assert solver.guess == 1 / 8


def test_the_solvers_delay_has_its_eigenvalues_on_the_unit_circle(solver):
    moduli = np.abs(solver.eigenvalues)

    # One direction in which no symbol lies fades faster.
    assert np.count_nonzero((moduli < 0.97) | (moduli > 1.03)) <= 1
    assert 1.003 < solver.moduli[1] < 1.02


def test_the_solver_turns_by_tenths_so_that_ten_blanks_change_nothing(solver):
    lasting = solver.eigenvalues[np.abs(solver.eigenvalues) > 1.002]
    turns = 10 * np.angle(lasting) / (2 * np.pi)

    assert np.median(np.abs(turns - np.round(turns))) < 0.02


def test_the_gru_waits_in_a_way_that_no_linear_operator_follows():
    gru = outcome(Source(data="demo:copy-gru", model="demo:copy-gru"))

    assert gru.network[0] >= 0.99
    assert gru.skipped[0] >= 0.99
    assert (gru.operator < gru.skipped).all()
    assert gru.moduli[1] < 1


def test_a_tanh_network_recalls_no_more_with_the_operator_than_by_itself():
    guessing = outcome(Source(data="demo:copy-rnn", model="demo:copy-rnn"))

    for recall in (guessing.network, guessing.operator):
        np.testing.assert_allclose(recall.mean(), 1 / 8, atol=0.05)


def test_a_smaller_rank_keeps_less(solver):
    cut = outcome(SOLVER, settings=Settings(rank=20))

    assert len(cut.eigenvalues) == 20
    assert cut.operator[-1] < 0.6
    np.testing.assert_array_equal(cut.network, solver.network)


def test_the_states_that_are_fitted_are_those_of_the_delay_alone(solver):
    library = Library()
    dataset = library.dataset(SOLVER.data)
    fitted = dataset.select(np.flatnonzero(np.arange(len(dataset)) % 5 != 4))
    batches = kann.hidden_states(library.network(SOLVER), fitted)

    operator = kann.summarise(batches, steps=(ITEMS, -ITEMS - 1)).solve()

    assert solver.fitted == len(fitted)
    np.testing.assert_allclose(np.abs(operator.eigenvalues), np.abs(solver.eigenvalues), atol=1e-4)


def test_other_data_than_sequences_with_a_delay_have_nothing_to_test(tmp_path):
    save_lstm(tmp_path / "model.pt")
    save_beats(tmp_path / "beats.txt")
    save_states(tmp_path / "states.npz")
    library = Library(tmp_path)

    for source in (Source("path:beats.txt", "path:model.pt"), Source("path:states.npz")):
        assert len(outcome(source, library)) == 0


def test_symbols_of_another_task_are_compared_by_decisions_alone(tmp_path):
    torch.manual_seed(0)
    state = {f"rnn.{n}": t for n, t in nn.GRU(4, 6).state_dict().items()} | {
        f"out.{n}": t for n, t in nn.Linear(6, 3).state_dict().items()
    }
    torch.save(state, tmp_path / "model.pt")
    random = np.random.default_rng(0)
    rows = np.concatenate([random.integers(3, size=(40, 4)), np.full((40, 12), 3), random.integers(3, size=(40, 5))], 1)
    np.savez(tmp_path / "data.npz", symbols=rows)

    found = outcome(Source("path:data.npz", "path:model.pt"), Library(tmp_path))

    assert found.delays.tolist() == [12]
    assert not found.recalls
    assert 0 <= found.agreement[0] <= 1
    assert found.e_rel[0] < found.skipped_e_rel[0]


def test_few_sequences_are_fitted_and_replaced_alike(tmp_path):
    library = Library(tmp_path)
    dataset = library.dataset(SOLVER.data)
    np.savez(tmp_path / "few.npz", symbols=np.stack(dataset.select(np.array([0, 6, 12])).sequences))

    found = outcome(Source("path:few.npz", SOLVER.model), library)

    assert found.in_sample
    assert found.fitted == found.sequences.sum() == 3


def test_the_service_keeps_the_test_and_forgets_what_it_does_not_heed(tmp_path):
    service = Service(Store(tmp_path / "cache"), Library())
    job = service.delay_test(SOLVER, Settings(rank=16))
    job.result()

    found = service.delay_test(SOLVER, Settings(rank=16, lag=3, samples=7))

    assert isinstance(found, DelayReplacement)
    keys = [delay_test_key(service.library, SOLVER, settings) for settings in (Settings(rank=16), Settings(rank=15))]
    assert keys[0] != keys[1]
    assert job.done == job.total == 360


def test_a_test_comes_back_whole_from_its_file(solver, tmp_path):
    write_record(solver, tmp_path / "test.npz")

    back = read_record(DelayReplacement, tmp_path / "test.npz")

    np.testing.assert_array_equal(back.e_rel, solver.e_rel)
    assert (back.cell, back.guess, back.fitted, back.moduli) == ("orthogonal", 1 / 8, 288, solver.moduli)
