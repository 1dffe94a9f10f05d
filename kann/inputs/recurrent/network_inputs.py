"""What a network's recurrent layer receives of a data set: padded channels, one-hot symbols, embedded tokens."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from kann.errors import OutOfRange, UnknownNetwork
from kann.inputs.networks import Network
from kann.inputs.tensors.weights import spoken_name
from kann.records import Dataset


def check_inputs(network: Network, dataset: Dataset) -> None:
    """Whether the network reads such data.

    Raises:
        UnknownNetwork: other channels than the layer's, tokens without an embedding, or none for it.
        OutOfRange: a token without a row in the embedding, a symbol without a channel.
    """
    if dataset.kind in ("text", "symbols"):
        _check_tokens(network, dataset)
    else:
        _check_channels(network, dataset)


def read_inputs(network: Network, sequences: Sequence[np.ndarray]) -> Float[Tensor, "sequences steps channels"]:
    """The inputs of the recurrent layer, zero behind true lengths, in the order of the network's direction."""
    if network.direction == "backward":
        sequences = [sequence[::-1] for sequence in sequences]
    if sequences[0].ndim == 2:
        return torch.from_numpy(padded(sequences, np.float32))
    tokens = torch.from_numpy(padded(sequences, np.int64))
    if network.embedding is None:
        inputs = nn.functional.one_hot(tokens, network.layer.input_size).float()
    else:
        inputs = network.embedding(tokens)
    for row, sequence in zip(inputs, sequences, strict=True):
        row[len(sequence) :] = 0
    return inputs


def padded(sequences: Sequence[np.ndarray], dtype: type) -> np.ndarray:
    """[sequences steps ...], zero behind the true lengths."""
    steps = max(len(sequence) for sequence in sequences)
    batch = np.zeros((len(sequences), steps, *sequences[0].shape[1:]), dtype)
    for row, sequence in zip(batch, sequences, strict=True):
        row[: len(sequence)] = sequence
    return batch


def _check_tokens(network: Network, dataset: Dataset) -> None:
    layer, embedding = network.layer, network.embedding
    if embedding is None and dataset.kind == "text":
        raise UnknownNetwork(
            f"{spoken_name(layer)} reads {layer.input_size} channels a step, and no embedding turns token ids into "
            "them: name its tensor, as in roles={'embedding': 'embed'}, or open the data as vectors."
        )
    lowest, highest = _token_range(dataset)
    known = layer.input_size if embedding is None else embedding.num_embeddings
    if lowest < 0 or highest >= known:
        what = (
            f"{spoken_name(layer)} reads one channel a symbol, {known}"
            if embedding is None
            else f"the embedding has {known} rows"
        )
        raise OutOfRange(
            f"Token {lowest if lowest < 0 else highest} is in the data, but {what}, numbered from 0: "
            "open the data with the vocabulary that the network was trained with."
        )


def _token_range(dataset: Dataset) -> tuple[int, int]:
    filled = [tokens for tokens in dataset.sequences if len(tokens)]
    return min((int(tokens.min()) for tokens in filled), default=0), max(
        (int(tokens.max()) for tokens in filled), default=0
    )


def _check_channels(network: Network, dataset: Dataset) -> None:
    layer = network.layer
    if network.embedding is not None:
        raise UnknownNetwork(
            f"The network reads token ids through an embedding of {network.embedding.num_embeddings} rows, but "
            f"the data are of the kind {dataset.kind!r}: open them as text or symbols, or pass "
            "roles={'embedding': None} to feed the layer itself."
        )
    for width in {sequence.shape[1] for sequence in dataset.sequences} - {layer.input_size}:
        raise UnknownNetwork(
            f"{spoken_name(layer)} reads {layer.input_size} channels a step, but the data have {width}: "
            "keep in the file the columns that it was trained on, or choose another layer."
        )
