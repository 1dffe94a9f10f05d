import pytest
from streamlit import config

from kann.analyses.koopman.spectrum.settings import Settings
from kann.ui.start import service
from tests.networks import save_beats, save_lstm, save_states


@pytest.fixture(autouse=True)
def bugs_in_full():
    """Bugs show their own words here; users see only the type."""
    before = config.get_option("client.showErrorDetails")
    config.set_option("client.showErrorDetails", "full")
    yield
    config.set_option("client.showErrorDetails", before)


@pytest.fixture(autouse=True)
def few_twins(monkeypatch):
    """Two untrained networks of each kind instead of nineteen: what they say is tested elsewhere."""
    monkeypatch.setattr("kann.ui.koopman.fits.Settings", lambda: Settings(twins=2))


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    """One cache for all tests: its keys are of content, so that what one has computed the next one finds."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def data_root(tmp_path, cache, monkeypatch):
    """A data folder of this test's own, and a backend that knows it."""
    save_lstm(tmp_path / "model.pt")
    save_beats(tmp_path / "beats.txt")
    save_states(tmp_path / "states.npz")
    (tmp_path / "bad.pt").write_bytes(b"no model at all")
    monkeypatch.setenv("KANN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("KANN_CACHE_DIR", str(cache))
    service.cache_clear()
    yield tmp_path
    service.cache_clear()
