"""The direction of imports is the house's plan: this table is the one of the design, and holds."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# jaxtyping only names shapes in annotations; every room may.
EVERYWHERE = {"jaxtyping", "kann.errors"}
MAY_IMPORT = {
    "app": {"kann.ui", "kann.figures", "kann.analyses", "streamlit", "starlette"},
    "pages": {"kann.ui", "kann.figures", "kann.analyses", "streamlit"},
    "kann.ui": {"kann.backend", "kann.figures", "kann.analyses", "kann.records", "streamlit"},
    "kann.__main__": {"kann.backend", "kann.tasks", "kann.figures", "kann.analyses", "kann.records"},
    "kann.backend": {
        "kann.inputs", "kann.analyses", "kann.interventions", "kann.tasks", "kann.cluster", "kann.records",
        "numpy", "torch", "threadpoolctl",
    },
    "kann.interventions": {"kann.inputs", "kann.numerics", "kann.records", "numpy", "torch", "captum"},
    "kann.tasks": {"kann.inputs", "kann.numerics", "kann.records", "numpy", "torch", "safetensors"},
    "kann.figures": {"kann.analyses", "kann.records", "numpy", "plotly"},
    "kann.analyses": {"kann.numerics", "kann.records", "numpy"},
    "kann.inputs": {
        "kann.records", "numpy", "scipy.io", "pandas", "safetensors", "torch", "wfdb", "tokenizers", "pooch",
        "neurokit2",
    },
    "kann.numerics": {"numpy", "scipy"},
    "kann.records": {"numpy"},
    "kann.errors": set(),
    "kann": set(),
}  # fmt: skip
TORCH_IN_NUMERICS = {"aelle", "losses"}
FILES = sorted([ROOT / "app.py", *(ROOT / "pages").rglob("*.py"), *(ROOT / "kann").rglob("*.py")])


def module_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module):
    """The longest room of the table that the module lies in."""
    return max((room for room in MAY_IMPORT if within(module, room)), key=len, default=None)


def within(module, room):
    return module == room or (module.startswith(room + ".") and room != "kann")


def imports_of(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are written from the top"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def allowed(name, room, module):
    if name.split(".")[0] in sys.stdlib_module_names or any(within(name, near) for near in EVERYWHERE):
        return True
    if room == "kann.numerics" and name.split(".")[0] == "torch":
        return module.rpartition(".")[2] in TORCH_IN_NUMERICS
    return any(within(name, other) for other in MAY_IMPORT[room] | {room})


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_import_follows_the_plan(path):
    module = module_of(path)
    room = room_of(module)
    assert room is not None, f"{module} lies in no room of the plan"

    forbidden = [name for name in imports_of(path) if not allowed(name, room, module)]

    assert not forbidden


def test_the_plan_forbids_what_it_should():
    assert not allowed("streamlit", "kann.numerics", "kann.numerics.moments.frames")
    assert not allowed("torch", "kann.numerics", "kann.numerics.moments.frames")
    assert not allowed("kann.backend.engine.store", "kann.figures", "kann.figures.style")
    assert not allowed("kann.analyses.lyapunov", "kann.inputs", "kann.inputs.networks")
    assert allowed("kann.errors.KannError", "kann.numerics", "kann.numerics.moments.frames")


def test_analyses_of_different_methods_never_import_each_other():
    methods = {"koopman_states", "lyapunov", "aelle", "koopman_training", "descrambling"}
    for path in (ROOT / "kann" / "analyses").glob("*.py"):
        others = methods - {path.stem}
        if path.stem in methods:
            assert not [name for name in imports_of(path) if any(within(name, f"kann.analyses.{m}") for m in others)]


def test_no_page_lies_directly_in_pages():
    # Streamlit would run it without app.py on the first deep link after a start.
    assert not list((ROOT / "pages").glob("*.py"))
