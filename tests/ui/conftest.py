import pytest
from streamlit import config

from kann.ui.start import service
from tests.networks import save_beats, save_lstm, save_states


@pytest.fixture(autouse=True)
def bugs_in_full():
    """Bugs show their own words here; users see only the type."""
    before = config.get_option("client.showErrorDetails")
    config.set_option("client.showErrorDetails", "full")
    yield
    config.set_option("client.showErrorDetails", before)


@pytest.fixture
def data_root(tmp_path, monkeypatch):
    """A data folder and a cache of this test's own, and a backend that knows them."""
    save_lstm(tmp_path / "model.pt")
    save_beats(tmp_path / "beats.txt")
    save_states(tmp_path / "states.npz")
    (tmp_path / "bad.pt").write_bytes(b"no model at all")
    monkeypatch.setenv("KANN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("KANN_CACHE_DIR", str(tmp_path / "cache"))
    service.cache_clear()
    yield tmp_path
    service.cache_clear()
