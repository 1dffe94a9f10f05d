"""Error rates of guessed roles on networks of many architectures, saved in order, sorted by name, and whole.

    python -m benchmarks.roles

A guess is wrong where it names another layer's tensor, and missed where there is one and none is guessed. The rules
were developed on these architectures. Results go to docs/results/roles.json."""

from __future__ import annotations

import io
from collections import Counter

import torch
from torch import nn

from benchmarks import results
from kann.inputs.checkpoints import open_checkpoint
from kann.inputs.recurrent.roles import guess_roles
from kann.records import Checkpoint
from tests.inputs.architectures import ARCHITECTURES
from tests.inputs.saved_networks import saved, saved_by_name


def whole(module: nn.Module) -> Checkpoint:
    """As torch.save keeps the module itself."""
    file = io.BytesIO()
    torch.save(module, file)
    file.seek(0)
    return open_checkpoint(file)


def verdict(guessed: str | None, right: str | None) -> str:
    if guessed == right:
        return "rightly none" if right is None else "right"
    return "missed" if guessed is None else "wrong"


def main() -> None:
    found: dict[str, Counter[str]] = {}
    for form, save in (("in order", saved), ("sorted by name", saved_by_name), ("whole module", whole)):
        counts = found.setdefault(form, Counter(wrong=0))
        for name, (build, roles) in ARCHITECTURES.items():
            checkpoint = save(build())
            for layer in checkpoint.recurrent_layers:
                for role, guessed in guess_roles(checkpoint, layer).items():
                    right = roles[layer.name].get(role)
                    counts[verdict(guessed, right)] += 1
                    if verdict(guessed, right) == "wrong":
                        print(f"{form}: {role} of {layer.name} in {name} is {right}, not {guessed}")
        print(f"{form}:", ", ".join(f"{count} {what}" for what, count in sorted(counts.items())))
    results.keep(
        "roles", {"architectures": len(ARCHITECTURES)} | {form: dict(counts) for form, counts in found.items()}
    )


if __name__ == "__main__":
    main()
