"""Integrated gradients: the contribution of each input step to the evidence for a class."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from kann.errors import MissingPackage, OutOfRange, UnknownNetwork
from kann.inputs.networks import Network
from kann.inputs.recurrent.network_inputs import check_inputs, read_inputs
from kann.numerics.prediction.decisions import evidence_weights
from kann.records import Dataset

# Memory of autograd for one pass: about ten numbers a unit, and three copies of the inputs.
GRAPH_BYTES = 256 * 2**20


def integrated_gradients(
    network: Network,
    dataset: Dataset,
    classes: Int[np.ndarray, " sequences"],
    baseline: Float[np.ndarray, " channels"] | None = None,
    points: int = 32,
) -> Iterator[np.ndarray]:
    """For each sequence, the contribution of each of its steps [steps] to the final evidence for its class.

    The steps of a sequence sum to its evidence less that of as many steps of the `baseline`, an input [channels];
    by default the mean input of these sequences: for text an average word, where the zero vector would be a
    word that the network has never read. The path between is integrated by a Gauss-Legendre rule of `points`. Where
    the network is discontinuous on that path (modReLU with a positive bias), the sum lacks the discontinuity. Steps
    of a backward network are in its own time, like its states.

    Raises:
        MissingPackage: captum is not installed.
        UnknownNetwork: there is no read-out, or the data are not what the network reads.
        OutOfRange: a class that the read-out does not know.

    Source: Sundararajan, Taly and Yan (2017), "Axiomatic attribution for deep networks", Eq. 1.
    """
    _attribute()
    if network.readout is None:
        raise UnknownNetwork(
            "Integrated gradients follow an output back to the input, and this network has no read-out: "
            "name its tensor, as in roles={'readout': 'fc'}."
        )
    if len(classes) != len(dataset):
        raise OutOfRange(f"{len(classes)} classes stand beside {len(dataset)} sequences: give one for each.")
    check_inputs(network, dataset)
    mean = mean_input(network, dataset) if baseline is None else np.asarray(baseline, np.float32)
    weights = [torch.from_numpy(evidence_weights(_outputs(network), int(wanted))).float() for wanted in classes]
    return (
        _of_one(network, sequence, torch.from_numpy(mean), weight, points)
        for sequence, weight in zip(dataset.sequences, weights, strict=True)
    )


def available() -> bool:
    """Whether captum is installed."""
    return find_spec("captum") is not None


def mean_input(network: Network, dataset: Dataset) -> Float[np.ndarray, " channels"]:
    """The mean over all true steps of what the recurrent layer reads."""
    total = np.zeros(network.layer.input_size)
    for sequence in dataset.sequences:
        if len(sequence):
            total += read_inputs(network, [sequence])[0].double().sum(dim=0).numpy()
    return (total / max(dataset.lengths.sum(), 1)).astype(np.float32)


def _of_one(network: Network, sequence: np.ndarray, mean: Tensor, weights: Tensor, points: int) -> np.ndarray:
    """One sequence at a time: its points are a batch without padding."""
    if not len(sequence):
        return np.zeros(0)

    def evidence(inputs: Float[Tensor, "rows steps channels"]) -> Float[Tensor, " rows"]:
        return network.readout(network.module(inputs)[0][:, -1]) @ weights

    inputs = read_inputs(network, [sequence])
    layer = network.layer
    row = 4 * len(sequence) * (10 * layer.hidden_size * layer.layers + 3 * layer.input_size)
    found = _attribute()(evidence).attribute(
        inputs,
        baselines=mean.expand_as(inputs),
        n_steps=points,
        internal_batch_size=min(max(GRAPH_BYTES // row, 1), points),
    )
    return found[0].double().sum(dim=-1).numpy()


def _outputs(network: Network) -> int:
    return network.readout(torch.zeros(1, network.layer.hidden_size)).shape[-1]


def _attribute() -> type:
    try:
        from captum.attr import IntegratedGradients
    except ImportError:
        raise MissingPackage("Integrated gradients need the package captum: pip install captum.") from None
    return IntegratedGradients
