"""Properties of a pair known before any computation: width of the states, ranks, classes, available figures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from kann.analyses.koopman.spectrum.settings import Settings, States
from kann.analyses.wording import class_name
from kann.backend.opened.pair import OpenedPair
from kann.inputs.data.waves import can_find_waves
from kann.inputs.recurrent.readouts import readout_of
from kann.inputs.recurrent.unrolling import state_units
from kann.interventions.reconstruction import way_out
from kann.interventions.untrained_twins import kinds_of

PAIRS_A_DIRECTION = 100


def units(opened: OpenedPair, states: States) -> int:
    """Width of the states at these settings, with delays: the largest rank."""
    network = opened.network
    width = (opened.dataset.width or 1) if network is None else state_units(network.layer_maps, states.state)
    return width * (states.delays + 1)


def starting_rank(opened: OpenedPair, states: States, label: int | str | None) -> int:
    """The rank that a page begins with: the largest with PAIRS_A_DIRECTION pairs of states for each direction.

    At larger ranks modes fit chance variation of few sequences: intervals widen, and one mode of a lower rank splits
    into several.
    """
    lengths = opened.dataset.lengths
    lengths = lengths if label is None else lengths[opened.dataset.labels == label]
    return affordable_rank(lengths, states, units(opened, states))


def affordable_rank(lengths: np.ndarray, states: States, most: int) -> int:
    """The largest rank for which each direction has PAIRS_A_DIRECTION pairs of states; at least 1."""
    lengths = lengths if states.max_length is None else np.minimum(lengths, states.max_length)
    pairs = np.maximum(lengths - states.lag - states.delays, 0).sum()
    return int(np.clip(pairs // PAIRS_A_DIRECTION, 1, most))


def page_settings(opened: OpenedPair, settings: Settings) -> Settings:
    """The settings that a page begins with: the label as the data hold it, and the `starting_rank` if none is given.

    Raises:
        OutOfRange: no sequence has the label.
    """
    settings = replace(settings, label=opened.own_label(settings.label))
    if settings.rank is not None:
        return settings
    return replace(settings, rank=starting_rank(opened, settings, settings.label))


def outcomes(opened: OpenedPair, state: str) -> list[str]:
    """Names of the classes of a read-out, by the labels of the data if there are as many; empty without a read-out."""
    readout = readout_of(opened.network, state)
    if readout is None:
        return []
    count = max(readout(np.zeros((1, readout.width))).shape[1], 2)
    labels = opened.dataset.labels
    found = [] if labels is None else np.unique(labels).tolist()
    told = found if len(found) == count else range(count)
    return [class_name(str(label), opened.class_names) for label in told]


def shown_through(opened: OpenedPair) -> str | None:
    """The part of the network that maps states to outputs: "decoder", "readout", or None."""
    return way_out(opened.network)


def twin_kinds(opened: OpenedPair) -> tuple[str, ...]:
    """Kinds of untrained twins that are possible for the network; none without a network."""
    return () if opened.network is None else kinds_of(opened.network)


def waves_can_be_found(opened: OpenedPair) -> bool:
    """Whether NeuroKit2 is installed and the data are one-channel signals."""
    return can_find_waves() and opened.dataset.kind == "signal" and opened.dataset.width == 1
