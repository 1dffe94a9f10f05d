"""Model cards: plain JSON beside a checkpoint with its recipe, data and scores."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import save
from torch import Tensor

Card = dict[str, Any]


def write_checkpoint(tensors: Mapping[str, Tensor], metadata: Mapping[str, str], path: Path) -> str:
    """Write safetensors whose bytes depend only on the arguments; returns their sha256.

    The library puts metadata in an order that changes from call to call, and tensors in alphabetical
    order; here metadata are sorted and tensors keep the network's order, the encoder before the decoder.
    """
    header: dict[str, Any] = {"__metadata__": dict(sorted(metadata.items()))}
    body = b""
    for name, tensor in tensors.items():
        described, content = _described(tensor)
        header[name] = described | {"data_offsets": [len(body), len(body) + len(content)]}
        body += content
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + body)
    return sha256(path)


def write_card(card: Card, path: Path) -> None:
    """Write a card for people to read: indented, lists of numbers on one line, no date."""
    text = json.dumps(card, indent=2, ensure_ascii=False)
    text = re.sub(r"\[\s+(-?[\d.][^\[\]{}\"]*?)\s+\]", lambda found: f"[{' '.join(found[1].split())}]", text)
    path.write_text(text + "\n", encoding="utf-8")


def read_card(path: Path) -> Card:
    """The card as it was written."""
    return json.loads(path.read_text(encoding="utf-8"))


def sha256(path: Path) -> str:
    """The digest of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _described(tensor: Tensor) -> tuple[dict[str, Any], bytes]:
    """What the library's header says about a tensor, and its bytes."""
    written = save({"": tensor.contiguous()})
    length = int.from_bytes(written[:8], "little")
    return json.loads(written[8 : 8 + length])[""], written[8 + length :]
