"""Work that is counted, not timed: the same on a fast machine, a slow one and a busy one."""

import sys
import tracemalloc
from contextlib import contextmanager


class TooMuchWork(AssertionError):
    """Raised in the middle of the work, so that nothing can hang."""


class Work:
    """What has been counted: `steps` are lines of Python that ran, calls and returns; `looks` are values and
    characters that one such step goes through, where somebody reports them; `peak` is in bytes."""

    def __init__(self, steps, looks):
        self.steps = self.looks = self.peak = 0
        self._most_steps, self._most_looks = steps, looks

    def step(self, *_):
        self.steps += 1
        if self.steps > self._most_steps:
            self._stop(f"more than {self._most_steps} steps")
        return self.step

    def look(self, count=1):
        self.looks += count
        if self.looks > self._most_looks:
            self._stop(f"more than {self._most_looks} looks")

    def _stop(self, what):
        sys.settrace(None)
        raise TooMuchWork(what)


@contextmanager
def counted(steps=sys.maxsize, looks=sys.maxsize, peak=sys.maxsize):
    """Counts the work inside, and fails where it is more than this."""
    work, debugger = Work(steps, looks), sys.gettrace()
    tracemalloc.start()
    sys.settrace(work.step)
    try:
        yield work
    finally:
        sys.settrace(debugger)
        work.peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    # Somebody inside may have caught the error.
    assert work.steps <= steps, f"{work.steps} steps, more than {steps}"
    assert work.looks <= looks, f"{work.looks} looks, more than {looks}"
    assert work.peak <= peak, f"{work.peak} bytes at a time, more than {peak}"
