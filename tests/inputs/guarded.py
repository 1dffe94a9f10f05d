"""Opens files while watching what the interpreter does, in how many steps and with how much memory."""

import codecs
import io
import sys
from contextlib import contextmanager

from kann import open_checkpoint
from tests.inputs.assembled import archive, storage, tensor
from tests.work import counted

_LISTENERS = []
_ACTS = ("import", "compile", "exec", "open", "os.", "subprocess.", "socket.", "ctypes.", "pickle.", "shutil.", "pty.")
# What any file may cost, and each of its bytes besides. The dearest files of the tests take 332,000 steps for 1,504
# bytes, 27 steps for each of 60,000 bytes, and hold 73 bytes for each of 49,000.
STEPS, STEPS_A_BYTE = 400_000, 40
PEAK, PEAK_A_BYTE = 2_000_000, 150


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


def within_bounds(length, looks=sys.maxsize):
    """Work in proportion to a file's length, however its parts refer to each other."""
    return counted(STEPS + STEPS_A_BYTE * length, looks, PEAK + PEAK_A_BYTE * length)


def opened(content):
    with within_bounds(len(content)), watched():
        return open_checkpoint(io.BytesIO(content))


# numpy, torch and the interpreter's codecs import parts of themselves on first use.
open_checkpoint(io.BytesIO(archive({"warm": tensor(of=storage(kind="BFloat16Storage", count=8))})))
codecs.lookup("raw_unicode_escape")
