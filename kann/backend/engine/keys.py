"""Keys of stored answers: digests of plain data, of package versions, and of the keys of needed answers."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from kann.backend.engine.versions import versions


def key_of(*parts: Any) -> str:
    """A digest of settings and digests, and of the versions that compute: equal parts give equal keys.

    Raises:
        TypeError: a part is neither plain data nor a record of such. An array's text leaves most of it out, so that
            different arrays would share a key: pass its digest.
    """
    plain = json.dumps([versions(), _plain(parts)], sort_keys=True)
    return hashlib.sha256(plain.encode()).hexdigest()[:32]


def _plain(part: Any) -> Any:
    if is_dataclass(part) and not isinstance(part, type):
        return {field.name: _plain(getattr(part, field.name)) for field in fields(part)}
    if isinstance(part, (list, tuple)):
        return [_plain(entry) for entry in part]
    if isinstance(part, dict) and all(type(name) is str for name in part):
        return {name: _plain(entry) for name, entry in part.items()}
    plain = part.item() if isinstance(part, np.generic) else part
    if plain is None or type(plain) in (str, int, float, bool):
        return plain
    raise TypeError(f"A key is made of plain data, not of {type(part).__name__}: pass a digest of it.")
