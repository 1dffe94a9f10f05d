"""Values of a pickle that report what is gone through in them: to copy a list is one step, and a look at each."""

import re
import sys

from kann.inputs.pickles import reading as pickles

LONG = 1000


def report_looks(monkeypatch, work):
    """From now on lists, tuples, dictionaries and long texts in pickles report to `work`, and so do the patterns of
    the reader about the text that they are given."""
    lists, tuples, dictionaries, texts = (reporting(kind, work) for kind in (list, tuple, dict, str))
    handlers = {
        "EMPTY_LIST": lambda machine, _: machine.push(lists()),
        "EMPTY_DICT": lambda machine, _: machine.push(dictionaries()),
        "TUPLE": lambda machine, _: machine.push(tuples(machine.since_mark())),
        "BINUNICODE": lambda machine, text: machine.push(texts(text) if len(text) > LONG else text),
    }
    for name, handler in handlers.items():
        monkeypatch.setitem(pickles._HANDLERS, name, handler)
    as_key = pickles._as_key
    monkeypatch.setattr(pickles, "_as_key", lambda key: key if isinstance(key, texts) else as_key(key))
    for name, module in list(sys.modules.items()):
        for attribute, value in list(vars(module).items()) if name.startswith("kann.inputs.") else ():
            if isinstance(value, re.Pattern):
                monkeypatch.setattr(module, attribute, ReportingPattern(value, work))


def reporting(kind, work):
    """The class, with a look at each member whenever the members are asked for."""

    def whole(name):
        method = getattr(kind, name)

        def looked(self, *arguments):
            work.look(len(self))
            return method(self, *arguments)

        return looked

    def members(self):
        for member in kind.__iter__(self):
            work.look()
            yield member

    def part(self, key):
        work.look(len(range(*key.indices(len(self)))) if isinstance(key, slice) else 1)
        return kind.__getitem__(self, key)

    names = {
        list: ("copy", "index", "count", "__add__", "__contains__"),
        tuple: ("index", "count", "__add__", "__contains__"),
        dict: ("copy", "keys", "values", "items", "__or__"),
        str: ("encode", "__format__", "__add__", "partition", "rpartition", "split", "rsplit"),
    }[kind]
    body = {name: whole(name) for name in names} | {"__iter__": members, "__getitem__": part}
    return type(f"Reporting{kind.__name__}", (kind,), body)


class ReportingPattern:
    def __init__(self, pattern, work):
        self._pattern, self._work = pattern, work

    def __getattr__(self, name):
        def looked(*arguments):
            self._work.look(len(arguments[-1]))
            return getattr(self._pattern, name)(*arguments)

        return looked
