import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def made_by_torch(tmp_path_factory):
    """A folder of model files, written by a process whose classes cannot be imported here."""
    folder = tmp_path_factory.mktemp("made_by_torch")
    maker = Path(__file__).with_name("made_by_torch.py")
    subprocess.run([sys.executable, "-W", "ignore", str(maker), str(folder)], check=True)
    return folder
