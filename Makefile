# Each target prepares its own .venv. Windows has no make as a rule: README.md has the conda and pip ways.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
LAB := $(VENV)/.installed-lab
TEST := $(VENV)/.installed-test
QUICK := perm_lab tests/iam tests/catalog tests/setup
# In a container one is often root, where Jupyter wants to be told that this is meant.
AS_ROOT = $(if $(filter 0,$(shell id -u)),--allow-root)

.DEFAULT_GOAL := help
.PHONY: help lab quick test proof check cover bench instructor clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /make \1\t/' | expand -t 14

lab: $(LAB) ## open JupyterLab on the first notebook
	$(BIN)/jupyter lab notebooks/00_start_here.ipynb $(AS_ROOT)

quick: $(TEST) ## a minute: the law, the catalogue, the doctests, the repository's own order
	$(BIN)/python -m pytest -n auto $(QUICK) -m "not exhaustive and not process"

test: $(TEST) ## minutes: every room, every notebook, and a look at each lesson in a real JupyterLab and browser
	$(BIN)/python -m tests.browser.program
	$(BIN)/python -m pytest -n auto

proof: $(TEST) ## the rest of the proof: what is tried in every state, tab, theme and width
	$(BIN)/python -m tests.browser.program
	$(BIN)/python -m pytest -n auto -m exhaustive

check: $(TEST) ## what the linter, the formatter and the type checker say; `make test` asks them too
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy

cover: $(TEST) ## `make test` with the lines and branches of perm_lab/ that it reaches
	$(BIN)/python -m tests.browser.program
	$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run -m pytest -n auto
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report

bench: $(TEST) ## the measured promises: decisions/s, import times, a call, a click, memory
	$(BIN)/python -m tests.browser.program
	$(BIN)/python -m pytest tests/benchmarks -s --benchmark-enable --benchmark-only

instructor: $(TEST) ## notebooks/instructor/ anew, from the lessons' data
	$(BIN)/python scripts/make_instructor.py

clean: ## remove .venv and what the tools left behind
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .mypy_cache .hypothesis .benchmarks .coverage .coverage.*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || \
		{ echo 'perm_lab needs Python 3.11 or newer; `$(PYTHON)` is not on the PATH (make PYTHON=/path/to/python3 …)' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "perm_lab needs Python 3.11 or newer; \`$(PYTHON)\` is $$($(PYTHON) -V 2>&1) (make PYTHON=/path/to/python3 …)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# A stamp is newer than pyproject.toml when the environment holds what pyproject.toml asks for.
$(LAB): pyproject.toml | $(BIN)/python
	$(PIP) install --editable .
	@touch $@

$(TEST): pyproject.toml | $(BIN)/python
	$(PIP) install --editable '.[test]'
	@touch $(LAB) $@
