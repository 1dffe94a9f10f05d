"""What every question shares: results from memory, from the disk, or the job that computes them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from kann.analyses.koopman.spectrum.koopman_states import Result, follow
from kann.analyses.koopman.spectrum.transitions import Settings, Transitions
from kann.backend import koopman_states
from kann.backend.engine.jobs import Job, Jobs, Progress
from kann.backend.engine.memory import Recent
from kann.backend.engine.prefetch import Foresight
from kann.backend.engine.record_files import read_record, write_record
from kann.backend.engine.store import Store, default_folder
from kann.backend.opened.library import Library, Source, data_root

P = ParamSpec("P")
T = TypeVar("T")
# Results are a megabyte or less, sums may be a hundred.
MOST_RESULTS = 256
MOST_SUMS = 8
MOST_READINGS = 16


def one_look(method: Callable[Concatenate[Any, P], T]) -> Callable[Concatenate[Any, P], T]:
    """A question whose key and whose answer, a job's too, are of the same bytes, even if a file changes meanwhile."""

    @wraps(method)
    def looking(self: Any, *given: P.args, **named: P.kwargs) -> T:
        with self.library.look():
            return method(self, *given, **named)

    return looking


@dataclass(frozen=True)
class Answer:
    """A result, or the job that is to give it; and the job of the twins while the result lacks them."""

    result: Result | None = None
    job: Job | None = None
    twins: Job | None = None


class CachedBackend:
    """Store, library and jobs of one process, and in memory what was asked for last: operators of hidden states,
    and any second pass over them."""

    def __init__(self, store: Store | None = None, library: Library | None = None, jobs: Jobs | None = None):
        self.store = store or Store(default_folder())
        self.library = library or Library(data_root())
        self.jobs = jobs or Jobs()
        self._results, self._sums = Recent(MOST_RESULTS), Recent(MOST_SUMS)
        self._readings = Recent(MOST_READINGS)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="kann-writer")
        self._foresight = Foresight()

    @one_look
    def koopman_states(self, source: Source, settings: Settings, twins: bool = True) -> Answer:
        """The result where its sums are at hand, else the job under way; never waits for an unrolling. Untrained twins
        cost some seventy networks: without `twins` they come along only where they have been computed already.

        Raises:
            KannError: what opening, rebuilding, unrolling or solving has to say; asking again tries again.
        """
        answer = self._answer(source, settings, twins)
        if answer.result is not None and answer.twins is None and settings.rank is not None:
            ranks = (settings.rank - 1, settings.rank + 1)
            self._foresight.wish(partial(self._foresee, source, replace(settings, rank=rank)) for rank in ranks)
        return answer

    def _answer(self, source: Source, settings: Settings, twins: bool) -> Answer:
        keys = [koopman_states.result_key(self.library, source, settings, beside) for beside in (True, False)]
        found = self._results.get(keys[0]) or self.store.find(keys[0], koopman_states.read_result)
        if found is not None:
            self._results.put(keys[0], found)
            return Answer(found)
        sums_key = koopman_states.transitions_key(self.library, source, settings)
        sums = self._sums_at_hand(sums_key, source, settings, koopman_states.compute_transitions)
        if isinstance(sums, Job):
            return Answer(job=sums)
        twins_key = koopman_states.twins_key(self.library, source, settings)
        beside = self._sums.get(twins_key)
        if twins:
            beside = self._sums_at_hand(twins_key, source, settings, koopman_states.compute_twins)
        missing = beside if isinstance(beside, Job) else None
        known = None if missing else beside
        key = keys[known is None]
        result = self._results.get(key)
        if result is None:
            result = koopman_states.solve(sums, known, settings, self.library.dataset(source.data, source.vocabulary))
            self._results.put(key, result)
            if known is not None:
                self._writer.submit(self.store.write, key, result, koopman_states.write_result)
        return Answer(result, twins=missing)

    @one_look
    def _foresee(self, source: Source, settings: Settings) -> None:
        """The result at these settings into memory, where nothing but solving is left to do."""
        sums_key = koopman_states.transitions_key(self.library, source, settings)
        twins_key = koopman_states.twins_key(self.library, source, settings)
        sums, twins = self._sums.get(sums_key), self._sums.get(twins_key)
        key = koopman_states.result_key(self.library, source, settings, twins is not None)
        if sums is None or self._results.get(key) is not None:
            return
        dataset = self.library.dataset(source.data, source.vocabulary)
        self._results.put(key, koopman_states.solve(sums, twins, settings, dataset))

    def close(self) -> None:
        """Waits until every result has been written."""
        self._foresight.close()
        self._writer.shutdown(wait=True)

    @one_look
    def follow(self, source: Source, settings: Settings, names: list[str], result: Result) -> dict[str, int | None]:
        """Where the modes of these ids stand in the result: their index, or None where they are gone.

        Raises:
            OutOfRange: a name that is no mode's id.
        """
        places = {name: index for index, name in enumerate(result.spectrum.ids)}
        missing = [name for name in names if name not in places]
        sums = self._stored_sums(source, settings) if missing else None
        for name in missing:
            places[name] = None if sums is None else follow(sums, settings, name, result)
        return {name: places[name] for name in names}

    def _stored_sums(self, source: Source, settings: Settings) -> Transitions | None:
        key = koopman_states.transitions_key(self.library, source, settings)
        found = self._sums.get(key) or self.store.find(key, koopman_states.read_transitions)
        if found is not None:
            self._sums.put(key, found)
        return found

    def _sums_for_inputs(self, source: Source, settings: Settings) -> Transitions | None:
        return self._stored_sums(source, settings) if settings.inputs else None

    def second_pass(self, key: str, kind: type[T], work: Callable[[Progress], T]) -> T | Job:
        """A frozen record of this key: from memory, from the disk, or else the job that makes and keeps it.

        `work` runs in a job's thread and reports its progress; for what the sums cannot answer.

        Raises:
            KannError: what the work had to say; asking again tries again.
        """
        found = self._results.get(key) or self.store.find(key, partial(read_record, kind))
        if found is not None:
            self._results.put(key, found)
            return found
        read = partial(read_record, kind)
        return self._at_hand(
            key, lambda progress: self.store.remember(key, lambda: work(progress), read, write_record), self._results
        )

    def _sums_at_hand(self, key: str, source: Source, settings: Settings, compute: Callable) -> Any:
        return self._at_hand(
            key, lambda progress: compute(self.library, self.store, source, settings, progress), self._sums
        )

    def _at_hand(self, key: str, work: Callable[[Progress], T], kept: Recent) -> T | Job:
        """What is kept under this key, or the job that makes it; a job's error is raised once, then tried anew."""
        found = kept.get(key)
        if found is not None:
            return found
        job = self.jobs.find(key) or self.jobs.start(key, self.library.same_look(work))
        if not job.finished or job.cancelled:
            return job
        self.jobs.forget(key)
        found = job.result()
        kept.put(key, found)
        return found
