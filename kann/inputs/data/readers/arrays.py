"""Named arrays, from `.npz`, `.npy` or `.safetensors` -> a data set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kann.errors import UnreadableDataset
from kann.inputs.data import cells
from kann.inputs.data.options import ReadOptions
from kann.inputs.data.sources import Source
from kann.records import Dataset

_SIGNALS = ("signals", "signal", "sequences", "x", "data", "values", "inputs", "arr_0")
_SYMBOLS = ("symbols", "token_ids")
_LABELS = ("labels", "label", "y", "targets")
_BESIDE = frozenset((*_LABELS, "lengths", "sampling_rate", "tokens", "ids", "token_names"))

Arrays = Mapping[str, Any]


def dataset_of_arrays(arrays: Arrays, source: Source, options: ReadOptions) -> Dataset:
    """`states` [n steps units], `symbols` [n steps] of whole numbers, or signals [n steps (channels)].

    Optional, one entry a sequence: `lengths`, `labels`, `ids`; one a step: `tokens`, and with states
    `inputs`; `sampling_rate` in Hz; `token_names`. Without `lengths`, NaN in all channels at the end of a
    signal is padding.
    """
    arrays = {name.lower(): array for name, array in arrays.items()}
    key, kind = _main(arrays, options)
    main = _shaped(arrays[key], key, kind)
    lengths = _lengths(arrays, main, kind)
    cut = np.minimum(lengths, options.max_length or lengths.max(initial=0))
    return Dataset(
        kind=kind,
        sequences=[_checked(main[row, :length], row, key) for row, length in enumerate(cut)],
        sha256=source.sha256,
        name=source.name,
        labels=_labels(arrays, len(main)),
        ids=_one_a_sequence(arrays, "ids", len(main)),
        tokens=_tokens(arrays, main, cut),
        inputs=_inputs(arrays, main, cut, kind),
        sampling_rate=_sampling_rate(arrays),
        token_names=[str(name) for name in arrays["token_names"]] if "token_names" in arrays else None,
    )


def _main(arrays: Arrays, options: ReadOptions) -> tuple[str, str]:
    """The array that holds the sequences, and of what kind they are."""
    wanted = options.roles.get("values")
    known = (("states", "states"), *((key, "symbols") for key in _SYMBOLS), *((key, "signal") for key in _SIGNALS))
    found = next(((key, kind) for key, kind in known if key in arrays), None)
    if wanted is not None:
        found = (str(wanted).lower(), "signal")
    others = [key for key in arrays if key not in _BESIDE]
    if found is None and len(others) == 1:
        found = (others[0], "signal")
    if found is None or found[0] not in arrays:
        raise UnreadableDataset(
            f"no array is called {wanted or 'signals or states'}; there are {', '.join(arrays) or 'none'}: "
            "rename one, or name it in columns={'values': ...}."
        )
    return found[0], options.kind or found[1]


def _shaped(main: np.ndarray, key: str, kind: str) -> np.ndarray:
    """[n steps channels] of floats, or [n steps] of int64 for token ids."""
    if main.dtype.kind not in "fiub":
        raise UnreadableDataset(f"array {key} holds {main.dtype.name}, not real numbers: save it as float32.")
    if kind in ("symbols", "text"):
        return _whole(main, key)
    if kind == "states" and main.ndim == 2:
        main = main[None]
    if main.ndim == 2:
        main = main[:, :, None]
    if main.ndim != 3 or 0 in main.shape:
        raise UnreadableDataset(
            f"array {key} has the shape {main.shape}: sequences, steps and channels are expected, none of them 0."
        )
    if kind == "states" and main.dtype.kind == "f":
        return main
    with np.errstate(over="ignore"):
        return main.astype(np.float32, copy=False)


def _whole(main: np.ndarray, key: str) -> np.ndarray:
    if main.ndim != 2 or 0 in main.shape:
        raise UnreadableDataset(
            f"array {key} has the shape {main.shape}: symbols are sequences x steps, none of them 0."
        )
    if main.dtype.kind not in "iub" and not (np.isfinite(main) & (main == np.round(main))).all():
        raise UnreadableDataset(f"array {key} holds fractions: symbols are whole numbers.")
    return main.astype(np.int64)


def _lengths(arrays: Arrays, main: np.ndarray, kind: str) -> np.ndarray:
    given = _one_a_sequence(arrays, "lengths", len(main))
    if given is None:
        padded = kind not in ("states", "symbols", "text") and np.isnan(main[:, -1]).any()
        given = np.array([cells.true_length(row) if padded else main.shape[1] for row in main])
    if given.dtype.kind not in "iu" or given.min() < 1 or given.max() > main.shape[1]:
        raise UnreadableDataset(
            f"lengths run from {given.min()} to {given.max()}: they must be whole numbers, "
            f"from 1 to the {main.shape[1]} steps that there are."
        )
    return given.astype(np.int64)


def _checked(sequence: np.ndarray, row: int, key: str) -> np.ndarray:
    if not np.isfinite(sequence).all():
        where = np.argwhere(~np.isfinite(sequence))[0]
        raise UnreadableDataset(
            f"array {key} is not finite in sequence {row}, step {where[0]} (from 0): "
            "correct it, or give true lengths in an array called lengths."
        )
    return sequence


def _one_a_sequence(arrays: Arrays, key: str, count: int) -> np.ndarray | None:
    if key not in arrays:
        return None
    if arrays[key].shape != (count,):
        raise UnreadableDataset(
            f"array {key} has the shape {arrays[key].shape}: give one for each of the {count} sequences."
        )
    return arrays[key]


def _labels(arrays: Arrays, count: int) -> np.ndarray | None:
    key = next((key for key in _LABELS if key in arrays), None)
    if key is None:
        return None
    return cells.labels([str(label) for label in _one_a_sequence({key: _flat(arrays[key])}, key, count)])


def _flat(column: np.ndarray) -> np.ndarray:
    return column[:, 0] if column.ndim == 2 and column.shape[1] == 1 else column


def _tokens(arrays: Arrays, main: np.ndarray, lengths: np.ndarray) -> list[list[str]] | None:
    if "tokens" not in arrays:
        return None
    tokens = arrays["tokens"]
    flat = isinstance(tokens, np.ndarray) and tokens.ndim != 2
    if flat or len(tokens) != len(main) or any(len(row) < length for row, length in zip(tokens, lengths, strict=True)):
        raise UnreadableDataset(f"tokens do not fit the {main.shape[:2]} sequences and steps: give one word a step.")
    return [[str(word) for word in row[:length]] for row, length in zip(tokens, lengths, strict=True)]


def _inputs(arrays: Arrays, main: np.ndarray, lengths: np.ndarray, kind: str) -> list[np.ndarray] | None:
    if kind != "states" or "inputs" not in arrays:
        return None
    inputs = _shaped(arrays["inputs"], "inputs", "signal")
    if inputs.shape[:2] != main.shape[:2]:
        raise UnreadableDataset(f"array inputs has the shape {inputs.shape}: {main.shape[:2]} is expected, one a step.")
    return [_checked(inputs[row, :length], row, "inputs") for row, length in enumerate(lengths)]


def _sampling_rate(arrays: Arrays) -> float | None:
    if "sampling_rate" not in arrays:
        return None
    rate: Any = arrays["sampling_rate"]
    if rate.size != 1 or rate.dtype.kind not in "fiu" or not 0 < float(rate.item()) < np.inf:
        raise UnreadableDataset("sampling_rate must be one positive number, in Hz.")
    return float(rate.item())
