"""The direction of imports is the house's plan: these tables are those of the design, and hold."""

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# jaxtyping only names shapes in annotations, and `bounded` only bounds in settings; every room may.
EVERYWHERE = {"jaxtyping", "kann.errors", "kann.settings"}
# pages -> ui -> studies -> backend | figures -> analyses, interventions -> inputs, numerics -> records, errors
MAY_IMPORT = {
    "app": {"kann.ui", "streamlit", "starlette"},
    "pages": {"kann.ui", "kann.studies", "kann.figures", "kann.analyses", "streamlit"},
    "kann.ui": {
        "kann.studies", "kann.backend", "kann.figures", "kann.analyses", "kann.tasks", "kann.records", "streamlit",
    },
    "kann.__main__": {"kann.studies", "kann.backend", "kann.tasks"},
    "kann.reports": {"kann.studies", "kann.backend"},
    "kann.studies": {
        "kann.backend", "kann.figures", "kann.analyses", "kann.interventions", "kann.inputs", "kann.numerics",
        "kann.tasks", "kann.records", "numpy", "torch",
    },
    "kann.backend": {"kann.inputs", "kann.records", "numpy", "torch", "threadpoolctl"},
    "kann.backend.opened": {"kann.backend", "kann.inputs", "kann.tasks", "kann.records", "numpy"},
    "kann.cluster": {"kann.backend", "kann.records", "dask", "distributed"},
    "kann.figures": {"kann.analyses", "kann.records", "numpy", "plotly"},
    "kann.analyses": {"kann.numerics", "kann.records", "numpy"},
    "kann.interventions": {"kann.inputs", "kann.numerics", "kann.records", "numpy", "torch", "captum"},
    "kann.tasks": {"kann.inputs", "kann.numerics", "kann.records", "numpy", "torch", "safetensors"},
    # The doors stand at the top, what they are made of in folders.
    "kann.inputs": {"kann.records", "numpy", "safetensors", "torch"},
    "kann.inputs.data": {
        "kann.records", "numpy", "scipy.io", "pandas", "safetensors", "wfdb", "tokenizers", "pooch", "neurokit2",
    },
    "kann.inputs.files": {
        "kann.inputs.pickles", "kann.inputs.tensors", "kann.records", "numpy", "safetensors", "torch",
    },
    "kann.inputs.pickles": {"kann.inputs.tensors", "kann.records", "numpy", "torch"},
    # A network's read-out and what it can read are asked of the network that the door has built.
    "kann.inputs.recurrent": {"kann.inputs.tensors", "kann.inputs.networks.Network", "kann.records", "numpy", "torch"},
    "kann.inputs.tensors": {"kann.inputs.pickles", "kann.records", "numpy", "torch"},
    "kann.numerics": {"numpy", "scipy"},
    "kann.records": {"numpy"},
    "kann.settings": set(),
    "kann.errors": set(),
    "kann": set(),
}  # fmt: skip
# Each has a folder of its name in each of these rooms.
SYSTEMS = ("koopman", "lyapunov", "training", "layers")
ROOMS_OF_SYSTEMS = ("kann.analyses", "kann.figures", "kann.numerics", "kann.studies", "kann.ui")
# What a person takes in at a glance, and a little more.
MOST_IN_A_FOLDER = 14
FILES = sorted([ROOT / "app.py", *(ROOT / "pages").rglob("*.py"), *(ROOT / "kann").rglob("*.py")])


def module_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def within(module, room):
    return module == room or (module.startswith(room + ".") and room != "kann")


def room_of(module):
    """The longest room of the table that the module lies in."""
    return max((room for room in MAY_IMPORT if within(module, room)), key=len, default=None)


def system_of(module):
    """The system whose folder the module lies in; None where it is shared."""
    for room in ROOMS_OF_SYSTEMS:
        found = re.match(rf"{re.escape(room)}\.({'|'.join(SYSTEMS)})(\.|$)", module)
        if found:
            return found[1]
    return None


def imports_of(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are written from the top"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def allowed(name, module):
    """Whether a module may import a name: what the room that it lies in names, and the room itself."""
    room = room_of(module)
    if name.split(".")[0] in sys.stdlib_module_names or any(within(name, near) for near in EVERYWHERE):
        return True
    if not any(within(name, other) for other in MAY_IMPORT[room] | {room}):
        return False
    return system_of(name) is None or system_of(module) is None or system_of(name) == system_of(module)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_import_follows_the_plan(path):
    module = module_of(path)
    assert room_of(module) is not None, f"{module} lies in no room of the plan"

    assert not [name for name in imports_of(path) if not allowed(name, module)]


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("streamlit", "kann.numerics.moments.frames"),
        ("streamlit", "kann.studies.koopman.exhibits"),
        ("torch", "kann.numerics.moments.frames"),
        ("torch", "kann.analyses.koopman.spectrum.findings"),
        ("numpy", "pages.states.spectrum"),
        ("kann.backend.engine.store.Store", "kann.figures.style"),
        ("kann.backend.engine.store.Store", "pages.states.spectrum"),
        ("kann.analyses.koopman.spectrum.settings.Fit", "kann.backend.engine.task"),
        ("kann.figures.style.PALETTE", "kann.backend.opened.pair"),
        ("kann.studies.koopman.facts.units", "kann.backend.opened.pair"),
        ("kann.interventions.detection.detection", "kann.backend.opened.cards"),
        ("kann.interventions.detection.detection", "kann.analyses.koopman.controls.measured"),
        ("kann.tasks.demos.demos", "kann.backend.engine.service"),
        ("kann.ui.guard.guard", "kann.studies.koopman.study"),
        ("kann.analyses.lyapunov.spectrum", "kann.inputs.networks"),
        ("kann.inputs.checkpoints.open_checkpoint", "kann.inputs.files.archives"),
        ("kann.inputs.networks.build_network", "kann.inputs.recurrent.readouts"),
        ("kann.inputs.recurrent.layers.find", "kann.inputs.data.columns"),
    ],
)
def test_the_plan_forbids_what_it_should(name, module):
    assert not allowed(name, module)


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("kann.errors.KannError", "kann.numerics.moments.frames"),
        ("kann.tasks.demos.demos", "kann.backend.opened.library"),
        ("kann.figures.koopman.beats.draw", "kann.ui.koopman.highlights.signal_reading"),
        ("kann.figures.koopman.beats.draw", "kann.studies.koopman.exhibits"),
        ("kann.backend.opened.pair.Pair", "kann.studies.lyapunov.questions"),
        ("kann.inputs.recurrent.layers.find", "kann.inputs.networks"),
    ],
)
def test_the_plan_allows_what_it_should(name, module):
    assert allowed(name, module)


@pytest.mark.parametrize("room", ROOMS_OF_SYSTEMS)
@pytest.mark.parametrize("one", SYSTEMS)
@pytest.mark.parametrize("other", SYSTEMS)
def test_two_systems_never_import_each_other_and_share_what_stands_beside_them(room, one, other):
    assert allowed(f"{room}.{other}.thing.Name", f"{room}.{one}.module") == (one == other)
    assert allowed(f"{room}.shared.Name", f"{room}.{one}.module")


def test_one_system_s_figures_do_not_draw_another_s_results():
    assert not allowed("kann.analyses.lyapunov.spectrum.Result", "kann.figures.koopman.beats")
    assert not allowed("kann.figures.training.rates.draw", "kann.studies.koopman.exhibits")


def test_a_shared_module_may_list_all_systems_where_it_may_import_any():
    for system in SYSTEMS:
        assert allowed(f"kann.studies.{system}.study.STUDY", "kann.studies.study")


def test_no_page_lies_directly_in_pages():
    # Streamlit would run it without app.py on the first deep link after a start.
    assert not list((ROOT / "pages").glob("*.py"))


def test_no_folder_holds_more_than_can_be_seen_at_a_glance():
    folders = {}
    for path in FILES:
        if path.name != "__init__.py":
            folders.setdefault(path.parent, []).append(path.name)

    crowded = {str(folder.relative_to(ROOT)): len(names) for folder, names in folders.items()}
    assert not {folder: count for folder, count in crowded.items() if count > MOST_IN_A_FOLDER}


def test_no_module_is_a_bag():
    assert not [path for path in FILES if path.stem in ("utils", "helpers", "misc", "common")]
