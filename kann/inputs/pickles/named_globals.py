"""The globals that checkpoints name: which the readers understand, which would be dangerous to call."""

from __future__ import annotations

import re
from collections.abc import Iterable

from kann.inputs.tensors import element_types

# torch's storage classes by the type of their elements; an untyped one leaves that to the tensor.
STORAGES = {
    "FloatStorage": "float32",
    "DoubleStorage": "float64",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "int64",
    "IntStorage": "int32",
    "ShortStorage": "int16",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "BoolStorage": "bool",
    "ComplexFloatStorage": "complex64",
    "ComplexDoubleStorage": "complex128",
    "UntypedStorage": None,
    **{f"{name}Storage": name for name in ("QInt8", "QUInt8", "QInt32", "QUInt4x2", "QUInt2x4")},
}
_UNDERSTOOD = re.compile(
    r"torch\._utils\._rebuild_\w+"
    r"|torch\._tensor\._rebuild_from_type(_v2)?"
    r"|torch\.(cuda\.|storage\.)?\w+Storage|torch\.storage\._load_from_bytes"
    r"|torch\.(Size|device|Tensor|serialization\._get_layout)"
    r"|torch\.(nn\.parameter\.(Parameter|Buffer)|autograd\.variable\.Variable)"
    r"|numpy\.(_?core\.multiarray\.(_reconstruct|scalar)|_?core\.numeric\._frombuffer|ndarray|dtype)"
    r"|_codecs\.encode|copyreg\._reconstructor|collections\.(OrderedDict|defaultdict|Counter|deque)"
    r"|builtins\.(object|set|frozenset|list|dict|tuple|int|long|float|complex|bool|str|unicode|bytes"
    r"|bytearray|slice|range|xrange)"
    rf"|torch\.({'|'.join(element_types.SIZES)}|q\w+|per_\w+)"
)
_DANGEROUS_MODULES = re.compile(
    r"os|posix|nt|ntpath|posixpath|subprocess|_posixsubprocess|sys|importlib|imp|runpy|pkgutil|pydoc|shutil|socket|_socket"
    r"|ctypes|_ctypes|pty|pip|setuptools|distutils|ensurepip|venv|code|codeop|pdb|bdb|profile|cProfile|trace|timeit"
    r"|doctest|unittest|webbrowser|antigravity|pickle|_pickle|dill|cloudpickle|joblib|marshal|shelve|types|inspect|gc"
    r"|operator|_operator|functools|_functools|asyncio|multiprocessing|concurrent|threading|_thread|signal|commands"
    r"|tempfile|fileinput|glob|linecache|io|_io|codecs|mmap|urllib|http|ftplib|smtplib|telnetlib|requests|aiohttp|httpx"
    r"|ssl|platform|site|sysconfig|zipimport|zipfile|tarfile|idlelib|lib2to3|xmlrpc|logging|copyreg|atexit|weakref"
)
_DANGEROUS_PATHS = re.compile(
    r"builtins\..*|torch\.(load|hub\..*|jit\..*|package\..*|utils\.(cpp_extension|collect_env)\..*)"
    r"|torch\._(inductor|dynamo)\..*|numpy\.(load|fromfile|memmap|save|testing\..*|f2py\..*|distutils\..*)"
    r"|pandas\.(read_\w+|eval|io\..*)|.*\.(system|popen|exec|eval|__\w+__)"
)


def not_understood(names: Iterable[str]) -> tuple[str, ...]:
    """Those that are not part of rebuilding tensors and plain containers, in order."""
    return tuple(name for name in names if not _UNDERSTOOD.fullmatch(name))


def dangerous(names: Iterable[str]) -> tuple[str, ...]:
    """Those that read files, run code or reach the network when called; a checkpoint has no use for them.

    A list of known functions, not a proof: a name that it lacks may be dangerous too.
    """
    return tuple(name for name in not_understood(names) if _is_dangerous(name))


def _is_dangerous(name: str) -> bool:
    return bool(_DANGEROUS_MODULES.fullmatch(name.partition(".")[0]) or _DANGEROUS_PATHS.fullmatch(name))
