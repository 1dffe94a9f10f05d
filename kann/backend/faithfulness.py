"""How much each shading can be believed, by deleting what it marks: a second pass over held-out sequences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from kann.analyses.koopman.highlights import faithfulness
from kann.analyses.koopman.highlights.faithfulness import INTEGRATED, RANDOM
from kann.analyses.koopman.highlights.shadings import SHADINGS, shadings
from kann.analyses.koopman.highlights.text_highlights import Unrolling
from kann.analyses.koopman.spectrum.koopman_states import Result
from kann.analyses.koopman.spectrum.transitions import Settings, Transitions
from kann.backend.engine.jobs import Progress
from kann.backend.engine.store import key_of
from kann.backend.engine.versions import version_of
from kann.backend.highlights import aimed_at, outcomes
from kann.backend.koopman_states import operator_key, sampled, shortened
from kann.backend.opened.library import Library, Source
from kann.errors import MissingPackage, NotEnoughData, UnknownNetwork
from kann.inputs.hidden_states import hidden_states
from kann.inputs.networks import Network
from kann.interventions.deletion import as_read, decided, evidence_left
from kann.interventions.integrated_gradients import available, integrated_gradients
from kann.records import Dataset

# Raised whenever the numbers behind a stored record change their meaning.
SCHEMA = 2
# Sequences whose scores are made at once, and whose deletions are read at once: between them a job can stop.
_AT_ONCE = 16


def faithfulness_key(
    library: Library, source: Source, settings: Settings, modes: Sequence[int], asked: faithfulness.Settings
) -> str:
    operator = operator_key(library, source, settings)
    return key_of("faithfulness", SCHEMA, operator, tuple(modes), asked, available() and version_of("captum"))


def compute_faithfulness(
    library: Library, source: Source, settings: Settings, result: Result, modes: Sequence[int],
    asked: faithfulness.Settings, sums: Transitions | None, progress: Progress,
) -> faithfulness.Result:  # fmt: skip
    """Deletion curves of all shadings by the chosen modes (none: by all), of integrated gradients and of chance.

    `sums` of an operator that was fitted with inputs. The progress counts a sequence once a method.

    Raises:
        UnknownNetwork: there is no network, or none with a read-out.
        NotEnoughData: fewer than 8 sequences.
    """
    network, dataset = _measured(library, source, settings, asked)
    toward = decided(network, dataset)
    pace = _Pace(progress, len(dataset) * (len(SHADINGS) + asked.orders + 2))
    scores, notes = _scores(library, source, settings, result, modes, sums, network, dataset, toward), ()
    try:
        gradients = integrated_gradients(network, dataset, toward, points=asked.points)
        scores[INTEGRATED] = [pace.passed(steps) for steps in gradients]
    except MissingPackage as missing:
        notes = (str(missing),)
    left = {name: _left(network, dataset, toward, given, asked, pace) for name, given in scores.items()}
    chance = [_left(network, dataset, toward, given, asked, pace) for given in _random_orders(dataset, asked)]
    return faithfulness.analyse(left | {RANDOM: np.mean(chance, axis=0)}, asked, notes)


class _Pace:
    """Counts sequences; each is reported as it goes by."""

    def __init__(self, progress: Progress, total: int):
        self._progress, self._done, self._total = progress, 0, total

    def passed(self, what: np.ndarray, count: int = 1) -> np.ndarray:
        self._done += count
        self._progress(min(self._done, self._total), self._total)
        return what


def _measured(
    library: Library, source: Source, settings: Settings, asked: faithfulness.Settings
) -> tuple[Network, Dataset]:
    """The network and the sequences to delete from: held out from the fit, of the fitted class, none empty, in the
    order in which the network reads them."""
    network, dataset = library.network(source), library.dataset(source.data, source.vocabulary)
    if network is None:
        raise UnknownNetwork(
            "What is left after a deletion only the network can say, and these are states without one: open its "
            "checkpoint and what it reads."
        )
    rows = np.arange(len(dataset))
    chosen = (rows % settings.held_out == settings.held_out - 1) & (dataset.lengths > 0)
    if settings.label is not None:
        chosen &= dataset.labels == settings.label
    if not chosen.any():
        raise NotEnoughData(f"None of {len(dataset)} sequences was held out from the fit: give more.")
    part = dataset.select(rows[chosen])
    part = part if asked.sequences is None else sampled(part, asked.sequences)
    return as_read(network, shortened(part, settings.max_length))


def _scores(
    library: Library, source: Source, settings: Settings, result: Result, modes: Sequence[int],
    sums: Transitions | None, network: Network, dataset: Dataset, toward: np.ndarray,
) -> dict[str, list[np.ndarray]]:  # fmt: skip
    classes = range(len(outcomes(library, source, settings)))
    aims = [aimed_at(library, source, settings, wanted) for wanted in classes]
    mean = None if sums is None else sums.fitted.factors(settings.intercept, settings.label).mean_inputs
    chosen = list(modes) or list(range(result.operator.rank))
    scores: dict[str, list[np.ndarray]] = {name: [] for name in SHADINGS}
    for batch in hidden_states(network, dataset, _AT_ONCE, settings.state):
        start = len(scores[SHADINGS[0]])
        of_batch = toward[start : start + len(batch.lengths)]
        for name, found in shadings(result.operator, batch, aims, of_batch, chosen, Unrolling(mean)).items():
            scores[name] += found
    return scores


def _random_orders(dataset: Dataset, asked: faithfulness.Settings) -> Iterator[list[np.ndarray]]:
    for order in range(asked.orders):
        yield [
            np.random.default_rng([asked.seed, order, row]).random(length) for row, length in enumerate(dataset.lengths)
        ]


def _left(
    network: Network, dataset: Dataset, toward: np.ndarray, scores: list[np.ndarray], asked: faithfulness.Settings,
    pace: _Pace,
) -> np.ndarray:  # fmt: skip
    """Evidence [sequences shares] that is left, a few sequences at a time."""
    parts = []
    for start in range(0, len(dataset), _AT_ONCE):
        rows = np.arange(start, min(start + _AT_ONCE, len(dataset)))
        part = [scores[row] for row in rows]
        left = evidence_left(network, dataset.select(rows), toward[rows], part, asked.shares)
        parts.append(pace.passed(left, len(rows)))
    return np.concatenate(parts)
