# Two commands from a fresh clone: `make run` and `make test`. Python 3.11 or newer.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501
# Gigabytes less where there is no GPU: torch from the PyTorch CPU index, then the pin is satisfied. Not where
# pip has an index or wheels of its own configured, which know better.
CPU_INDEX := https://download.pytorch.org/whl/cpu

.PHONY: run test quick lint demos clean

run: $(VENV)/installed
	$(BIN)/streamlit run app.py --server.port $(PORT)

test: $(VENV)/installed-tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest

quick: $(VENV)/installed-tests
	$(BIN)/ruff check .
	$(BIN)/python -m pytest -m "not browser"

lint: $(VENV)/installed-tests
	$(BIN)/ruff check . && $(BIN)/ruff format --check .

demos: $(VENV)/installed
	$(BIN)/python -m kann train ecg

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "kann needs Python 3.11 or newer: make PYTHON=python3.11 run")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/installed: requirements.txt pyproject.toml | $(VENV)/bin/python
	@if [ "$$(uname -sm)" = "Linux x86_64" ] && ! command -v nvidia-smi >/dev/null \
	  && ! $(BIN)/python -m pip config list | grep -E "index-url|find-links|no-index" >/dev/null; then \
	  echo "torch from the CPU index"; \
	  $(BIN)/python -m pip install --quiet "$$(grep ^torch== requirements.txt)" --index-url $(CPU_INDEX) \
	    || echo "the CPU index does not answer: torch comes with the other requirements"; \
	fi
	$(BIN)/python -m pip install --quiet -r requirements.txt
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	touch $@

$(VENV)/installed-tests: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --editable ".[test]"
	$(BIN)/python -m pip install --quiet --no-deps "neurokit2>=0.2.12"
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
	  || $(BIN)/python -m playwright install chromium >/dev/null 2>&1 \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } \
	  || echo "no Chromium found and none could be installed: the browser tests are left out; install one"
	touch $@

clean:
	rm -rf $(VENV) build *.egg-info
