"""Errors of a fit with one-hot inputs where symbols never occur, and of its note on them.

Untrained GRUs of 6 units read 120 x 40 of 82 symbols; the reference is numpy's least squares of full column rank,
unused symbols and one redundant column left out by hand. `python benchmarks/unused_symbols.py` prints, and writes to
docs/results/unused_symbols.json, the largest errors over the seeds, and in how many of them a note names the count.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import kann  # noqa: E402
from kann.numerics.prediction.score import explained  # noqa: E402
from kann.records import StateBatch  # noqa: E402

SYMBOLS, UNITS, SEQUENCES, STEPS, SEEDS = 82, 6, 120, 40, 12


def reading(seed: int, unused: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One-hot inputs, the states of a GRU that reads them, and the symbols that occur."""
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    support = np.sort(random.permutation(SYMBOLS)[unused:])
    inputs = np.eye(SYMBOLS, dtype=np.float32)[random.choice(support, (SEQUENCES, STEPS))]
    with torch.no_grad():
        states = torch.nn.GRU(SYMBOLS, UNITS, batch_first=True)(torch.from_numpy(inputs))[0].numpy()
    return inputs, states, support


def reference(inputs: np.ndarray, states: np.ndarray, support: np.ndarray) -> tuple[np.ndarray, float]:
    """Eigenvalues and in-sample R2 of least squares."""
    before, after = (part.reshape(-1, UNITS).astype(float) for part in (states[:, :-1], states[:, 1:]))
    drive = inputs[:, 1:].reshape(len(before), -1)[:, support[1:]]
    regressors = np.hstack([before, drive, np.ones((len(before), 1))])
    coefficients = np.linalg.lstsq(regressors, after, rcond=None)[0]
    wrong = np.square(after - regressors @ coefficients).sum()
    return np.linalg.eigvals(coefficients[:UNITS].T), 1 - wrong / np.square(after - after.mean(axis=0)).sum()


def main() -> None:
    written = {"seeds": SEEDS}
    for unused in (0, 1, 10, 60):
        eigenvalues, scores, noted = [], [], 0
        for seed in range(SEEDS):
            inputs, states, support = reading(seed, unused)
            batch = StateBatch(states, np.full(SEQUENCES, STEPS), inputs=inputs)
            statistic = kann.summarise([batch], inputs=True)
            operator, (expected, R2) = statistic.solve(), reference(inputs, states, support)
            eigenvalues.append(np.abs(operator.eigenvalues[:, None] - expected).min(axis=0).max())
            scores.append(abs(explained(operator, statistic).R2 - R2))
            noted += any(f"{unused} of {SYMBOLS} inputs" in note for note in operator.notes)
        largest = {"eigenvalue": float(f"{max(eigenvalues):.1e}"), "R2": float(f"{max(scores):.1e}")}
        written[f"{unused} of {SYMBOLS} unused"] = largest | {"noted": noted}
        print(
            f"{unused:2d} of {SYMBOLS} symbols unused: largest error of an eigenvalue {max(eigenvalues):.1e}, of R2 "
            f"{max(scores):.1e}, noted in {noted} of {SEEDS} seeds"
        )
    target = ROOT / "docs" / "results" / "unused_symbols.json"
    target.write_text(json.dumps(written, indent=1) + "\n")


if __name__ == "__main__":
    main()
