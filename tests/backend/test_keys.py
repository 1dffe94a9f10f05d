"""What is found in the cache is what would be computed anew: of these bytes, by this code, at these settings."""

import threading
from dataclasses import replace

import numpy as np
import pytest

import kann
from kann.analyses.koopman.comparison import comparing as compared
from kann.analyses.koopman.controls import measured as controlled
from kann.analyses.koopman.highlights import faithfulness as deletions
from kann.analyses.koopman.spectrum.transitions import Settings
from kann.backend import comparison, koopman_states, mode_classes
from kann.backend.comparison import Contrast
from kann.backend.controls import controls_key
from kann.backend.delay_tests import delay_test_key
from kann.backend.engine.jobs import Jobs
from kann.backend.engine.store import Store
from kann.backend.faithfulness import faithfulness_key
from kann.backend.highlights import reading_key, word_effects_key
from kann.backend.opened.library import Library, Source
from kann.backend.service import Service
from kann.backend.signal_reading import segments_key
from kann.backend.waiting import settled
from tests.networks import save_beats, save_lstm
from tests.texts import save_classifier

SOURCE = Source(data="path:beats.txt", model="path:model.pt")
QUICK = Settings(twins=1, samples=20)


@pytest.fixture
def folder(tmp_path):
    save_lstm(tmp_path / "model.pt")
    save_beats(tmp_path / "beats.txt")
    return tmp_path


def service_in(folder, **more):
    return Service(Store(folder / "cache"), Library(folder), **more)


def sides(library):
    return comparison.sides(library, SOURCE, QUICK, Contrast(classes=(1, 2)))


KEYS = {
    "result": lambda library: koopman_states.result_key(library, SOURCE, QUICK, twins=False),
    "dominance": lambda library: mode_classes.key("dominance", library, SOURCE, QUICK),
    "controls": lambda library: controls_key(library, SOURCE, QUICK, controlled.Settings()),
    "delay test": lambda library: delay_test_key(library, SOURCE, QUICK),
    "faithfulness": lambda library: faithfulness_key(library, SOURCE, QUICK, [], deletions.Settings()),
    "words": lambda library: word_effects_key(library, SOURCE, QUICK, [0], None, False),
    "reading": lambda library: reading_key(library, SOURCE, QUICK, library.dataset(SOURCE.data), [0], None),
    "energy": lambda library: segments_key(library, SOURCE, QUICK, None, False),
    "comparison": lambda library: comparison.comparison_key(library, sides(library)),
    "chance": lambda library: comparison.chance_key(library, sides(library), compared.Settings()),
}


@pytest.mark.parametrize("name", KEYS)
def test_a_raised_schema_of_sums_and_operator_reaches_all_that_stands_on_them(folder, monkeypatch, name):
    library = Library(folder)
    before = KEYS[name](library)

    assert KEYS[name](library) == before
    monkeypatch.setattr(koopman_states, "SCHEMA", koopman_states.SCHEMA + 1)
    assert KEYS[name](library) != before


@pytest.mark.parametrize("name", set(KEYS) - {"controls"})
def test_what_never_looks_at_twins_is_kept_when_there_are_more_of_them(folder, monkeypatch, name):
    library = Library(folder)
    before = KEYS[name](library)

    monkeypatch.setitem(globals(), "QUICK", replace(QUICK, twins=3))

    assert KEYS[name](library) == before


def test_more_twins_are_not_answered_by_fewer(folder):
    service = service_in(folder)

    assert [settled(service, SOURCE, replace(QUICK, twins=count)).spectrum.untrained.each for count in (1, 3, 2)] == [
        1,
        3,
        2,
    ]


def test_the_same_bytes_under_another_extension_are_computed_anew_after_a_restart_too(tmp_path):
    save_classifier(tmp_path)
    table = "text\n" + "the film was good\na boring film not bad\n" * 20
    found = []
    for name in ("x.txt", "x.csv"):
        (tmp_path / name).write_text(table)
        source = Source(f"path:{name}", "path:model.pt", vocabulary="path:words.json")
        found.append(settled(service_in(tmp_path), source, QUICK))

    # As lines the heading is a text too, and other sequences are held out.
    assert found[0].accuracy != found[1].accuracy


def test_the_same_data_under_another_name_are_not_unrolled_again(folder, monkeypatch):
    service = service_in(folder)
    before = settled(service, SOURCE, QUICK)
    service.close()
    (folder / "beats.txt").rename(folder / "renamed.tsv")
    monkeypatch.setattr(koopman_states, "hidden_states", None)

    again = settled(service_in(folder), replace(SOURCE, data="path:renamed.tsv"), QUICK)

    np.testing.assert_array_equal(again.operator.eigenvalues, before.operator.eigenvalues)


def test_what_other_versions_computed_is_computed_anew(folder, monkeypatch):
    service = service_in(folder)
    settled(service, SOURCE, QUICK)
    service.close()
    assert service_in(folder).koopman_states(SOURCE, QUICK).job is None

    monkeypatch.setattr("kann.backend.engine.store.versions", lambda: {"torch": "1.0"})

    assert service_in(folder).koopman_states(SOURCE, QUICK).job is not None


def test_a_job_computes_from_the_bytes_that_its_key_was_made_of(folder):
    """Data that change while their job waits in the queue must not be kept under the key of the old ones."""
    service, gate = service_in(folder, jobs=Jobs(workers=1)), threading.Event()
    before = kann.open_dataset(folder / "beats.txt")
    service.jobs.start("in the way", lambda progress: gate.wait(30))
    job = service.koopman_states(SOURCE, QUICK).job
    save_beats(folder / "beats.txt", seed=1)
    gate.set()
    kept = job.result()

    network = kann.build_network(kann.open_checkpoint(folder / "model.pt"))
    fitted = before.select(np.flatnonzero(np.arange(60) % 5 != 4))
    direct = kann.summarise(kann.hidden_states(network, fitted)).solve()
    np.testing.assert_allclose(kept.fitted.without_inputs.solve().eigenvalues, direct.eigenvalues, atol=1e-9)
    now = settled(service, SOURCE, QUICK)
    assert np.abs(now.operator.eigenvalues - direct.eigenvalues).max() > 1e-6


def test_a_cache_that_cannot_be_written_changes_no_number(folder):
    (folder / "file").write_text("no folder")
    without = Service(Store(folder / "file" / "cache"), Library(folder))
    result, usual = (settled(service, SOURCE, QUICK) for service in (without, service_in(folder)))
    without.close()

    assert result.spectrum.eigenvalues.tobytes() == usual.spectrum.eigenvalues.tobytes()
    assert without.store.trouble.startswith("Nothing new can be kept in ")
