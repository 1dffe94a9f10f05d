"""The last results of the benchmarks in docs/results/NAME.json, and the documents made from them."""

import json
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDER, DEMOS = ROOT / "docs" / "results", ROOT / "kann" / "demos"
DIGITS = 12


def keep(name, figures):
    """Writes figures by name into docs/results/NAME.json, keeping those not measured this time; then into README.md and
    docs/results.md."""
    path = FOLDER / f"{name}.json"
    before = json.loads(path.read_text())["figures"] if path.exists() else {}
    document = {
        "command": f"python benchmarks/{Path(sys.argv[0]).name}",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in ("torch", "numpy", "scipy")},
        "figures": before | rounded(figures),
    }
    FOLDER.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    from benchmarks import documents

    try:
        documents.refresh()
    except KeyError as missing:
        print(f"README.md and docs/results.md stay as they are: docs/results lacks {missing}.", file=sys.stderr)


def rounded(value):
    """The same with twelve significant digits, as plain values; None for NaN."""
    if isinstance(value, dict):
        return {str(name): rounded(part) for name, part in value.items()}
    if isinstance(value, str | bool) or value is None:
        return value
    if hasattr(value, "__len__"):
        return [rounded(part) for part in value]
    if float(value) == int(value) if abs(value) < 1e15 else False:
        return int(value)
    return float(f"{value:.{DIGITS}g}") if value == value else None


def figures():
    """All kept figures by the name of their file, and under "cards" what the demos' cards say."""
    files = {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}
    kept = {name: document["figures"] for name, document in files.items() if "figures" in document}
    cards = {path.stem: json.loads(path.read_text()) for path in sorted(DEMOS.glob("*.json"))}
    for scores in cards["ecg"]["scores"].values():
        classes = {name: part["beats"] for name, part in scores["per_class"].items()}
        scores["normal_under"] = _exact(scores["normal_under"], classes["1"])
        scores["anomalies_over"] = _exact(scores["anomalies_over"], sum(classes.values()) - classes["1"])
    return kept | {"cards": cards}


def _exact(share, count):
    """A share of so many that a card keeps to four digits: to be rounded once only."""
    return round(share * count) / count
