"""Network + Dataset -> stream of StateBatch in bounded memory, in the data set's order, with true lengths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from kann.errors import OutOfRange, UnknownNetwork
from kann.inputs.module_states import states_from_module
from kann.inputs.networks import Network
from kann.inputs.recurrent.network_inputs import check_inputs, padded, read_inputs
from kann.inputs.recurrent.readouts import Readout, readout_of
from kann.inputs.recurrent.unrolling import state_units, unroll
from kann.records import Dataset, StateBatch

# Both functions that give hidden states are imported from here.
__all__ = ["hidden_states", "states_from_module"]

# A batch is cut so that its padded states and inputs stay within this, one sequence at the least.
BATCH_BYTES = 64 * 2**20


def hidden_states(
    network: Network | None, dataset: Dataset, batch_size: int = 256, state: str = "full"
) -> Iterator[StateBatch]:
    """The states after each step of each sequence, from a state of zeros, batch by batch as they are asked for.

    `state` "full" is all that the network carries from step to step, side by side: h of the first
    layer, then its c where it has one, h of the second layer and so on; "hidden" is h of the last layer.
    A batch's inputs are what the recurrent layer received: the embedding for token ids, one channel a
    symbol for "symbols" without an embedding. A backward network reads each sequence from its true
    end, and its states, inputs and steps are in its own time. States that come as a data set pass through
    as they are, with or without a network.

    Raises:
        UnknownNetwork: the data are not what the network reads.
        OutOfRange: a token without a row in the embedding; a batch size or a state that there is not.
    """
    if batch_size < 1:
        raise OutOfRange(f"A batch holds at least 1 sequence, not {batch_size}.")
    if state not in ("full", "hidden"):
        raise OutOfRange(f"The state is 'full' (all that is carried) or 'hidden' (the last layer's h), not {state!r}.")
    if dataset.kind == "states":
        return _stored(dataset, batch_size)
    if network is None:
        raise UnknownNetwork(f"Data of the kind {dataset.kind!r} are read by a network: give one, or a file of states.")
    check_inputs(network, dataset)
    return _unrolled(network, dataset, batch_size, state)


def _unrolled(network: Network, dataset: Dataset, batch_size: int, state: str) -> Iterator[StateBatch]:
    maps, readout = network.layer_maps, readout_of(network, state)
    width = state_units(maps, state) + network.layer.input_size
    for rows in _batches(dataset.lengths, batch_size, width):
        sequences, lengths = dataset.sequences[rows], dataset.lengths[rows]
        descending = np.argsort(-lengths, kind="stable")
        with torch.inference_mode():
            inputs = read_inputs(network, [sequences[row] for row in descending])
            values = unroll(maps, inputs, lengths[descending], state)
        back = slice(None) if lengths.min() == lengths.max() else np.argsort(descending)
        yield _batch(dataset, rows, values.numpy()[back], inputs.numpy()[back], readout)


def _stored(dataset: Dataset, batch_size: int) -> Iterator[StateBatch]:
    width = sum(given[0].shape[1] for given in (dataset.sequences, dataset.inputs) if given)
    for rows in _batches(dataset.lengths, batch_size, width):
        inputs = None if dataset.inputs is None else padded(dataset.inputs[rows], precision(dataset.inputs))
        yield _batch(dataset, rows, padded(dataset.sequences[rows], precision(dataset.sequences)), inputs)


def precision(arrays: Sequence[np.ndarray]) -> type:
    """float64 where any of the arrays has it, else float32: stored states keep their digits."""
    return np.float64 if any(array.dtype.itemsize > 4 for array in arrays) else np.float32


def _batches(lengths: np.ndarray, batch_size: int, width: int) -> Iterator[slice]:
    """Neighbours in the data set, as many as fit when each is padded to the longest."""
    steps_that_fit = BATCH_BYTES // (4 * width)
    start, longest = 0, 0
    for stop, length in enumerate(lengths):
        longest = max(longest, length)
        count = stop + 1 - start
        if count > 1 and (count > batch_size or count * longest > steps_that_fit):
            yield slice(start, stop)
            start, longest = stop, length
    if len(lengths):
        yield slice(start, len(lengths))


def _batch(
    dataset: Dataset, rows: slice, values: np.ndarray, inputs: np.ndarray | None, readout: Readout | None = None
) -> StateBatch:
    labels = None if dataset.labels is None else dataset.labels[rows]
    return StateBatch(values, dataset.lengths[rows], inputs, labels, dataset.ids[rows], readout)
