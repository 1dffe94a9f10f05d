"""Files given by paths -> a library and the pair of network and data; and the start of the dashboard on them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlencode

from kann.backend.opened.library import Library, Words, data_root
from kann.backend.opened.pair import Pair, with_own_words
from kann.errors import KannError, OutOfRange
from kann.inputs.data.named_datasets import home, is_name

APP = Path(__file__).parents[3] / "app.py"
_PORTS = range(8501, 8601)
_WHATS = ("model", "data", "vocabulary")


@dataclass(frozen=True)
class Launch:
    """How to start the dashboard: the command, its environment and its working `folder`, in which Streamlit looks for
    its configuration; `address`: the address of the page that shows the pair."""

    command: list[str]
    environment: dict[str, str]
    folder: Path
    address: str


def open_files(
    data: str,
    model: str | None = None,
    vocabulary: str | None = None,
    root: str | Path | None = None,
    **rebuilt: Any,
) -> tuple[Library, Pair]:
    """A library below the folder that all files share (or `root`), and the references of the files in it.

    `data` may be the name of a data set, "ecg5000/test". Model and data are opened, so that their errors
    are raised here. Without a vocabulary a model's own is taken where its metadata hold one. `rebuilt` says how
    the network is rebuilt: `layer`, `roles`, `nonlinearity`, `direction` of a `Pair`.

    Raises:
        OutOfRange: a file is missing, or lies outside the root; a nonlinearity or direction of another name.
        UnreadableCheckpoint, UnreadableDataset: a file cannot be opened.
        UnknownNetwork: sequences without a network, or states with one; or it cannot be rebuilt as asked.
    """
    given = {what: name for what, name in zip(_WHATS, (model, data, vocabulary), strict=True) if name is not None}
    paths = {what: _path(what, name) for what, name in given.items() if not _is_named(what, name)}
    folder = Path(root).resolve() if root else _common_folder(list(paths.values()))
    references = {what: _reference(path, folder) for what, path in paths.items()}
    if "vocabulary" in references:
        rebuilt["vocabulary"] = Words(references.pop("vocabulary"))
    library = Library(folder)
    pair = with_own_words(library, Pair(**{"data": f"named:{data}"} | references | rebuilt))
    library.open(pair)
    return library, pair


def dashboard_on_files(
    data: str, model: str | None, vocabulary: str | None, port: int | None, **rebuilt: Any
) -> Launch:
    """The dashboard on these files; where KANN_DATA_DIR is not set, it is set to their common folder.

    Raises:
        KannError: as `open_files` and `dashboard`; or the common folder is the whole disk or the folder of all users.
    """
    library, pair = open_files(data, model, vocabulary, data_root(), **rebuilt)
    if library.root is not None and not data_root() and _is_wide(library.root):
        raise OutOfRange(
            f"The files share no folder but {library.root}, and all below it would open by path: put them into one "
            "folder, or set KANN_DATA_DIR."
        )
    return dashboard(pair, library.root, port)


def dashboard(pair: Pair, root: Path | None, port: int | None = None) -> Launch:
    """The dashboard on a pair, its paths below `root`, at a port of this machine or the first free one.

    Raises:
        KannError: the app or Streamlit is not installed here.
        OutOfRange: the port is in use or is not a valid number.
    """
    if not APP.exists():
        raise KannError("The library is installed without the dashboard's app.py: run this in a checkout of kann.")
    if find_spec("streamlit") is None:
        raise KannError("The dashboard needs Streamlit, and it is not installed: pip install -r requirements.txt.")
    port = _free_port(port)
    return Launch(
        command=[sys.executable, "-m", "streamlit", "run", str(APP), "--server.port", str(port)],
        environment=_environment(root),
        folder=APP.parent,
        address=f"http://127.0.0.1:{port}/spectrum?{urlencode(pair.address(), safe=':/')}",
    )


def start(launch: Launch) -> NoReturn:
    """Replaces this process by the dashboard, so that signals reach it; on Windows, runs it and waits for its end."""
    if os.name == "nt":
        sys.exit(subprocess.call(launch.command, env=launch.environment, cwd=launch.folder))
    os.chdir(launch.folder)
    os.execve(launch.command[0], launch.command, launch.environment)


def _is_named(what: str, name: str) -> bool:
    """Whether the name is that of a data set; a file of the same name takes precedence, as in `open_dataset`."""
    return what == "data" and is_name(name) and not os.path.exists(name)


def _path(what: str, name: str) -> Path:
    path = Path(os.path.realpath(name))
    if not os.path.exists(path):
        raise OutOfRange(f"There is no {what} file {name}: check the path.")
    return path


def _common_folder(paths: list[Path]) -> Path | None:
    if len({path.anchor for path in paths}) > 1:
        raise OutOfRange("The files lie on different drives: put them into one folder.")
    return Path(os.path.commonpath([path.parent for path in paths])) if paths else None


def _reference(path: Path, folder: Path) -> str:
    if not path.is_relative_to(folder):
        raise OutOfRange(
            f"{path.name} lies outside KANN_DATA_DIR ({folder}): put it there, or unset KANN_DATA_DIR, and the files' "
            "own folder opens."
        )
    return f"path:{path.relative_to(folder).as_posix()}"


def _is_wide(folder: Path) -> bool:
    """Whether the folder is the whole disk, or contains the user's home folder."""
    return folder == Path(folder.anchor) or (folder != home() and home().is_relative_to(folder))


def _environment(root: Path | None) -> dict[str, str]:
    """The environment of this process, with absolute paths, since the dashboard runs in another folder."""
    own = {
        name: str(Path(value).resolve()) if name in ("KANN_CACHE_DIR", "KANN_DATA_DIR") and value else value
        for name, value in os.environ.items()
    }
    return own if root is None else own | {"KANN_DATA_DIR": str(root)}


def _free_port(wanted: int | None) -> int:
    if wanted is not None and not 1 <= wanted <= 65535:
        raise OutOfRange(f"A port lies between 1 and 65535, not at {wanted}.")
    ports = _PORTS if wanted is None else [wanted]
    free = next((port for port in ports if _is_free(port)), None)
    if free is None:
        which = f"Port {ports[0]} is" if len(ports) == 1 else f"The ports {ports[0]} to {ports[-1]} are"
        raise OutOfRange(f"{which} in use: choose another with --port.")
    return free


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        if os.name != "nt":  # there it would let two servers share a port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
