"""Opens files while watching what the interpreter does, for how long and with how much memory."""

import codecs
import io
import resource
import sys
import time
from contextlib import contextmanager

from kann import open_checkpoint
from tests.inputs.assembled import archive, storage, tensor

_LISTENERS = []
_ACTS = ("import", "compile", "exec", "open", "os.", "subprocess.", "socket.", "ctypes.", "pickle.", "shutil.", "pty.")


def _listen(event, arguments):
    if _LISTENERS and event.startswith(_ACTS):
        _LISTENERS[-1].append((event, arguments))


sys.addaudithook(_listen)


@contextmanager
def watched():
    """Fails when the interpreter imports, compiles, runs, opens or connects anything inside."""
    events = []
    _LISTENERS.append(events)
    try:
        yield
    finally:
        _LISTENERS.remove(events)
        assert not events, events


def slowness():
    """How much longer than alone on its core this process takes for its work, when others share it."""
    start = time.process_time()
    sum(number % 7 for number in range(2_000_000))
    return max(1, (time.process_time() - start) / 0.1)


@contextmanager
def within_bounds(seconds=2, megabytes=1000):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    try:
        yield
    finally:
        elapsed = time.process_time() - start
        assert elapsed < seconds or elapsed / slowness() < seconds
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < megabytes * 1024


def opened(content):
    with within_bounds(), watched():
        return open_checkpoint(io.BytesIO(content))


# numpy, torch and the interpreter's codecs import parts of themselves on first use.
open_checkpoint(io.BytesIO(archive({"warm": tensor(of=storage(kind="BFloat16Storage", count=8))})))
codecs.lookup("raw_unicode_escape")
