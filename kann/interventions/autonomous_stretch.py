"""Stretches of constant input, in which the network runs autonomously, and their replacement by an operator."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int

from kann.inputs.hidden_states import hidden_states
from kann.inputs.networks import Network
from kann.inputs.recurrent.network_inputs import read_inputs
from kann.inputs.recurrent.readouts import readout_of
from kann.inputs.recurrent.unrolling import unroll
from kann.numerics.operator.regression import Regression
from kann.numerics.prediction.decisions import decisions
from kann.numerics.prediction.extrapolation import extrapolated, relative_errors
from kann.records import Dataset, StateBatch

# Shorter runs of equal inputs are ignored.
SHORTEST = 5


@dataclass(frozen=True)
class Stretches:
    """Of the sequences `rows`, the steps `starts` to before `stops` in which the input stays the same."""

    rows: Int[np.ndarray, " stretches"]
    starts: Int[np.ndarray, " stretches"]
    stops: Int[np.ndarray, " stretches"]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def steps(self) -> np.ndarray:
        """Length of each stretch."""
        return self.stops - self.starts


@dataclass(frozen=True)
class Replay:
    """Errors and decisions of each sequence after its stretch.

    `e_rel` [sequences]: relative squared error of the state at the stretch's end as extrapolated by
    the operator, and `skipped_e_rel` of the state before it. The decisions at each step after the stretch, one array
    a sequence: of the `network`, of the network continued from the `operator`'s state, and of the network that
    `skipped` the stretch; None where there is no read-out. `outputs` is the number of its outputs.
    """

    steps: Int[np.ndarray, " sequences"]
    e_rel: Float[np.ndarray, " sequences"]
    skipped_e_rel: Float[np.ndarray, " sequences"]
    network: list[Int[np.ndarray, " _steps"]] | None
    operator: list[Int[np.ndarray, " _steps"]] | None
    skipped: list[Int[np.ndarray, " _steps"]] | None
    outputs: int


def constant_stretches(sequences: Sequence[np.ndarray], shortest: int = SHORTEST) -> Stretches:
    """The longest run of equal inputs of each sequence, the first of equally long ones, if it has at
    least `shortest` steps and is followed by another input."""
    runs = np.array([_longest_run(sequence) for sequence in sequences], dtype=np.int64).reshape(-1, 2)
    rows = np.flatnonzero(runs[:, 1] - runs[:, 0] >= shortest)
    return Stretches(rows, runs[rows, 0], runs[rows, 1])


def stretch_states(
    network: Network, dataset: Dataset, stretches: Stretches, batch_size: int = 256
) -> Iterator[StateBatch]:
    """The full states after each step of the stretches alone, on which an operator of the autonomous map is fitted."""
    done = 0
    for batch in hidden_states(network, _until(dataset, stretches), batch_size):
        now = slice(done, done + len(batch.lengths))
        steps = stretches.steps[now]
        places = np.minimum(stretches.starts[now, None] + np.arange(steps.max()), batch.values.shape[1] - 1)
        yield StateBatch(np.take_along_axis(batch.values, places[:, :, None], axis=1), steps)
        done += len(steps)


def replay(
    network: Network,
    dataset: Dataset,
    stretches: Stretches,
    operator: Regression,
    report: Callable[[int], None] = lambda count: None,
) -> Replay:
    """Each stretch run by the network, and replaced by the operator, applied to the state after the stretch's first
    step once for each further step. `report` is called with the number of further sequences done.
    """
    ends = []
    for batch in stretch_states(network, dataset, stretches):
        ends.append((batch.values[:, 0], batch.values[np.arange(len(batch.lengths)), batch.lengths - 1]))
        report(len(batch.lengths))
    first, last = (np.concatenate(states) for states in zip(*ends, strict=True))
    reached = extrapolated(operator, first, stretches.steps - 1)
    rest = [dataset.sequences[row][stop:] for row, stop in zip(stretches.rows, stretches.stops, strict=True)]
    said = [outputs_from(network, rest, states) for states in (last, reached, first)]
    decided = [None if outputs is None else [decisions(each) for each in outputs] for outputs in said]
    return Replay(
        stretches.steps,
        relative_errors(reached, last),
        relative_errors(first, last),
        *decided,
        outputs=0 if said[0] is None else said[0][0].shape[1],
    )


def outputs_from(
    network: Network, sequences: Sequence[np.ndarray], states: Float[np.ndarray, "sequences carried"]
) -> list[np.ndarray] | None:
    """Outputs [steps outputs] after each step of the sequences, each started from a full state."""
    readout = readout_of(network, "hidden")
    if readout is None:
        return None
    lengths = np.array([len(sequence) for sequence in sequences])
    descending = np.argsort(-lengths, kind="stable")
    with torch.inference_mode():
        inputs = read_inputs(network, [sequences[row] for row in descending])
        first = torch.from_numpy(states[descending].astype(np.float32))
        values = unroll(network.layer_maps, inputs, lengths[descending], "hidden", first)
    back = np.argsort(descending)
    outputs = readout(values.numpy()[back])
    return [row[:length] for row, length in zip(outputs, lengths, strict=True)]


def _longest_run(sequence: np.ndarray) -> tuple[int, int]:
    """First step, and the one after the last; a run at the end of the sequence does not count."""
    steps = sequence.reshape(len(sequence), -1)
    edges = np.concatenate([[0], np.flatnonzero((steps[1:] != steps[:-1]).any(axis=1)) + 1])
    if len(edges) < 2:
        return 0, 0
    longest = int(np.argmax(np.diff(edges)))
    return int(edges[longest]), int(edges[longest + 1])


def _until(dataset: Dataset, stretches: Stretches) -> Dataset:
    """The sequences that have a stretch, up to its end."""
    sequences = [dataset.sequences[row][:stop] for row, stop in zip(stretches.rows, stretches.stops, strict=True)]
    return Dataset(dataset.kind, sequences, dataset.sha256)
