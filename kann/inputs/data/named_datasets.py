"""Data sets known by name, and the folders in which they are looked for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kann.errors import UnreadableDataset

_UCR = "https://www.timeseriesclassification.com/aeon-toolkit"
_SST2 = "https://raw.githubusercontent.com/clairett/pytorch-sentiment-classification"
_SST2 += "/457ffd83de90a9d6d472d8ffc31bbffe40a8b236/data/SST2"
_SHAKESPEARE = "https://raw.githubusercontent.com/karpathy/char-rnn"
_SHAKESPEARE += "/6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e/data/tinyshakespeare/input.txt"
_IMDB = "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz"


@dataclass(frozen=True)
class Part:
    """`path` of the file, or of the folder of texts, below a data folder; one that is named for the data set
    is also found without its folder, and in a folder named in capitals, as in the original archives.

    `sha256` is the plain file's, None for a folder, which `digest` ("md5:...", of the download) vouches
    for. A download that ends in .zip or .tar.gz holds the part under its own name.
    """

    path: str
    url: str
    sha256: str | None = None
    digest: str | None = None


NAMED: Mapping[str, Mapping[str, Part]] = {
    "ecg5000": {
        "train": Part(
            "ecg5000/ECG5000_TRAIN.txt",
            f"{_UCR}/ECG5000.zip",
            "0d96aff193311a6dc6111bf0dbd2f7d2313987fbf7a1da4a383d92563876057b",
        ),
        "test": Part(
            "ecg5000/ECG5000_TEST.txt",
            f"{_UCR}/ECG5000.zip",
            "baf4ad57d28daa5e79050edd4185968181762bc83d45a757753015b4ba8ab295",
        ),
    },
    "ecg200": {
        "train": Part(
            "ecg200/ECG200_TRAIN.txt",
            f"{_UCR}/ECG200.zip",
            "ed96989ec5d5ba7d651b4a3e3e905a8e09931999ed25458914f21faac0f7b3ce",
        ),
        "test": Part(
            "ecg200/ECG200_TEST.txt",
            f"{_UCR}/ECG200.zip",
            "c665e09a1b1d2dedb37de7aef2a81866632e98f498460a0977f4d9bfebaffbb1",
        ),
    },
    "sst2": {
        "train": Part(
            "sst2/train.tsv", f"{_SST2}/train.tsv", "ec192f833a64da08f475488a77b0d0b47db47acd0f458bd18433fc793b569920"
        ),
        "dev": Part(
            "sst2/dev.tsv", f"{_SST2}/dev.tsv", "eddea6b39e601dd4e7a672b53cc40fdf6019fa80522f351206c24340ca5d9359"
        ),
        "test": Part(
            "sst2/test.tsv", f"{_SST2}/test.tsv", "831169c7e2e429d6026e1bdbb542f33b636e3e596caad9602ebc953c205928b7"
        ),
    },
    "imdb": {
        "train": Part("aclImdb/train", _IMDB, digest="md5:7c2ac02c03563afcf9b574c7e56c153a"),
        "test": Part("aclImdb/test", _IMDB, digest="md5:7c2ac02c03563afcf9b574c7e56c153a"),
    },
    "tinyshakespeare": {
        "train": Part(
            "tinyshakespeare/input.txt",
            _SHAKESPEARE,
            "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
        ),
    },
}


def is_name(name: str) -> bool:
    """Whether a data set, "ecg5000", or a part of one, "ecg5000/test", is called so."""
    return name.partition("/")[0] in NAMED


def find(name: str) -> Path:
    """The path of a data set, "ecg5000" being short for "ecg5000/train": in KANN_DATA_DIR, or among the fetched ones.

    Raises:
        UnreadableDataset: it is in neither, with the file that belongs there; or there is no such name.
    """
    part = parts_of(name)[0]
    found = where(part)
    if found is None:
        raise UnreadableDataset(
            f"{name} is not here: put it at {folders()[0] / part.path}, or fetch it: "
            f"python -m kann fetch {name.partition('/')[0]}."
        )
    return found


def where(part: Part) -> Path | None:
    """The part's file or folder, plain or gzipped, if it is here."""
    dataset, _, name = part.path.partition("/")
    paths = [part.path]
    if name.lower().startswith(dataset.lower()):
        paths += [name, f"{name[: len(dataset)]}/{name}"]
    candidates = [folder / f"{path}{ending}" for folder in folders() for path in paths for ending in ("", ".gz")]
    return next((path for path in candidates if os.path.exists(path)), None)


def parts_of(name: str) -> list[Part]:
    """All parts of "ecg5000", the one part of "ecg5000/test".

    Raises:
        UnreadableDataset: nothing is called so.
    """
    dataset, _, part = name.partition("/")
    parts = NAMED.get(dataset)
    if parts is None:
        raise UnreadableDataset(f"no data set is called {dataset[:40]!r}: choose among {', '.join(NAMED)}.")
    if part and part not in parts:
        raise UnreadableDataset(f"{dataset} has no part {part[:40]!r}: choose among {', '.join(parts)}.")
    return [parts[part]] if part else list(parts.values())


def cache_folder() -> Path:
    """Where fetched data sets are kept: `datasets` in KANN_CACHE_DIR, or in the user's cache folder."""
    return Path(os.environ.get("KANN_CACHE_DIR") or home() / ".cache" / "kann") / "datasets"


def home() -> Path:
    """The user's folder; for a user without one, as in some containers, a path where no folder can exist."""
    try:
        return Path.home()
    except RuntimeError:
        return Path(os.devnull)


def folders() -> list[Path]:
    """Where named data sets are looked for, in this order."""
    given = os.environ.get("KANN_DATA_DIR")
    return [*([Path(given)] if given else []), cache_folder()]
