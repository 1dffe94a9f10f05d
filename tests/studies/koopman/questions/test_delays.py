"""Delays replaced by the operator, on the networks of the copy task and on others."""

import numpy as np
import pytest
import torch
from torch import nn

import kann
from kann.analyses.koopman.controls.delay_replacement import DelayReplacement
from kann.backend.engine.record_files import read_record, write_record
from kann.backend.engine.service import Service
from kann.backend.engine.store import Store
from kann.backend.opened.library import Library
from kann.backend.opened.pair import Pair, demo
from kann.studies.koopman.questions.delays import DELAYS, Replaced
from kann.tasks.copy import ITEMS
from tests.studies.koopman.pairs import BEATS, STATES, last_job

SOLVER, GRU, RNN = (Pair(data=f"demo:copy-{name}", model=f"demo:copy-{name}") for name in ("orthogonal", "gru", "rnn"))


def replaced(service, pair, **settings):
    return service.answer(pair, DELAYS(Replaced(**settings)))


@pytest.fixture(scope="module")
def solver(service):
    return replaced(service, SOLVER)


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


def test_the_gru_waits_in_a_way_that_no_linear_operator_follows(service):
    gru = replaced(service, GRU)

    assert gru.network[0] >= 0.99
    assert gru.skipped[0] >= 0.99
    assert (gru.operator < gru.skipped).all()
    assert gru.moduli[1] < 1


def test_a_tanh_network_recalls_no_more_with_the_operator_than_by_itself(service):
    guessing = replaced(service, RNN)

    for recall in (guessing.network, guessing.operator):
        np.testing.assert_allclose(recall.mean(), 1 / 8, atol=0.05)


def test_a_smaller_rank_keeps_less_and_counts_every_sequence(service, solver):
    job = last_job(service, SOLVER, DELAYS(Replaced(rank=20)))
    cut = replaced(service, SOLVER, rank=20)

    assert len(cut.eigenvalues) == 20
    assert cut.operator[-1] < 0.6
    np.testing.assert_array_equal(cut.network, solver.network)
    assert job.done == job.total == 360


def test_the_states_that_are_fitted_are_those_of_the_delay_alone(service, solver):
    opened = service.library.open(SOLVER)
    fitted = opened.dataset.select(opened.split(5).fitted)

    operator = kann.summarise(kann.hidden_states(opened.network, fitted), steps=(ITEMS, -ITEMS - 1)).solve()

    assert solver.fitted == len(fitted)
    np.testing.assert_allclose(np.abs(operator.eigenvalues), np.abs(solver.eigenvalues), atol=1e-4)


def test_other_data_than_sequences_with_a_delay_have_nothing_to_test(service):
    for pair in (BEATS, STATES):
        assert len(replaced(service, pair)) == 0


def test_symbols_of_another_task_are_compared_by_decisions_alone(tmp_path):
    torch.manual_seed(0)
    state = {f"rnn.{n}": t for n, t in nn.GRU(4, 6).state_dict().items()} | {
        f"out.{n}": t for n, t in nn.Linear(6, 3).state_dict().items()
    }
    torch.save(state, tmp_path / "model.pt")
    random = np.random.default_rng(0)
    rows = np.concatenate([random.integers(3, size=(40, 4)), np.full((40, 12), 3), random.integers(3, size=(40, 5))], 1)
    np.savez(tmp_path / "data.npz", symbols=rows)

    found = replaced(Service(Store(tmp_path / "cache"), Library(tmp_path)), Pair("path:data.npz", "path:model.pt"))

    assert found.delays.tolist() == [12]
    assert not found.recalls
    assert 0 <= found.agreement[0] <= 1
    assert found.e_rel[0] < found.skipped_e_rel[0]


def test_few_sequences_are_fitted_and_replaced_alike(tmp_path):
    service = Service(Store(tmp_path / "cache"), Library(tmp_path))
    dataset = service.library.dataset(demo(service.library, "copy-orthogonal").data)
    np.savez(tmp_path / "few.npz", symbols=np.stack(dataset.select(np.array([0, 6, 12])).sequences))

    found = replaced(service, Pair("path:few.npz", SOLVER.model))

    assert found.in_sample
    assert found.fitted == found.sequences.sum() == 3


def test_a_replacement_comes_back_whole_from_its_file(solver, tmp_path):
    write_record(solver, tmp_path / "test.npz")

    back = read_record(DelayReplacement, tmp_path / "test.npz")

    np.testing.assert_array_equal(back.e_rel, solver.e_rel)
    assert (back.cell, back.guess, back.fitted, back.moduli) == ("orthogonal", 1 / 8, 288, solver.moduli)
