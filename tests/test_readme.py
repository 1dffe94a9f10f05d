"""The README's code runs, and what README and docs name exists."""

import os
import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", README, re.DOTALL))
def test_the_code_of_the_readme_runs(code, tmp_path, monkeypatch, capsys):
    shutil.copytree(ROOT / "kann" / "demos", tmp_path / "kann" / "demos")
    monkeypatch.chdir(tmp_path)

    exec(compile(code, "README.md", "exec"), {})

    assert capsys.readouterr().out


DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_that_a_document_names_exists(path):
    named = re.findall(r"(?:docs|benchmarks|tests|kann)/[\w/]+\.\w+", path.read_text())

    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_of_a_document_leads_to_a_file_and_a_heading(path):
    for target, anchor in re.findall(r"\]\((?!http)([^)#]*)#?([^)]*)\)", path.read_text()):
        led = path.parent / target if target else path
        assert led.exists(), f"{path.name} links {target}"
        headings = re.findall(r"^#+ (.+)$", led.read_text(), re.MULTILINE) if anchor else []
        assert not anchor or anchor in map(anchor_of, headings), f"{path.name} links {target}#{anchor}"


def anchor_of(heading):
    """The anchor that a rendered heading gets."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_the_commands_of_the_readme_are_the_makefile_s():
    makefile = (ROOT / "Makefile").read_text()

    for target in re.findall(r"^make (\w+)", README, re.MULTILINE):
        assert f"\n{target}:" in makefile
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert "make test" in (ROOT / ".ci" / "run").read_text()
