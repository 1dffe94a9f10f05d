"""Small networks and data that tests write to disk: what a user would bring."""

import numpy as np
import torch
from torch import nn


def save_lstm(path, inputs=1, hidden=6, seed=0, cell=nn.LSTM):
    """A bare state dict of a recurrent layer, as `torch.save` writes it."""
    torch.manual_seed(seed)
    torch.save({f"rnn.{name}": tensor for name, tensor in cell(inputs, hidden).state_dict().items()}, path)
    return path


def save_beats(path, sequences=60, steps=40, seed=0, classes=2):
    """A UCR table of noisy waves, label first."""
    random = np.random.default_rng(seed)
    labels = 1 + np.arange(sequences) % classes
    time = np.arange(steps) / 6
    waves = np.sin(time * labels[:, None]) + 0.3 * random.standard_normal((sequences, steps))
    np.savetxt(path, np.c_[labels, waves], fmt="%.6e")
    return path


def save_states(path, sequences=60, steps=30, units=5, seed=0):
    """Hidden states without a network, as another framework would leave them."""
    random = np.random.default_rng(seed)
    weights = 0.9 * np.linalg.qr(random.standard_normal((units, units)))[0]
    states, state = np.zeros((sequences, steps, units), np.float32), random.standard_normal((sequences, units))
    for step in range(steps):
        state = state @ weights + 0.3 * random.standard_normal(state.shape)
        states[:, step] = state
    np.savez(path, states=states, lengths=np.full(sequences, steps))
    return path


def save_autoencoder(path, inputs=1, hidden=6, seed=0):
    """An LSTM autoencoder as people save it: the encoder's last h, repeated, drives the decoder."""
    torch.manual_seed(seed)
    parts = {
        "encoder": nn.LSTM(inputs, hidden),
        "decoder": nn.LSTM(hidden, hidden + 2),
        "out": nn.Linear(hidden + 2, inputs),
    }
    torch.save({f"{part}.{name}": tensor for part in parts for name, tensor in parts[part].state_dict().items()}, path)
    return path
