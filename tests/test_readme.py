"""The README's code runs."""

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


def test_every_path_that_the_readme_names_exists():
    named = re.findall(r"(?:docs|benchmarks|tests|kann)/[\w/]+\.\w+", README)

    assert named
    assert all((ROOT / path).exists() for path in named)


def test_the_commands_of_the_readme_are_the_makefile_s():
    makefile = (ROOT / "Makefile").read_text()

    for target in re.findall(r"^make (\w+)", README, re.MULTILINE):
        assert f"\n{target}:" in makefile
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert "make test" in (ROOT / ".ci" / "run").read_text()
