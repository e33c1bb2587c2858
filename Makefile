# Each target prepares its own .venv. Windows has no make as a rule: README.md has the conda and pip ways.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
LAB := $(VENV)/.installed-lab
TEST := $(VENV)/.installed-test
# In a container one is often root, where Jupyter wants to be told that this is meant.
AS_ROOT = $(if $(filter 0,$(shell id -u)),--allow-root)

.DEFAULT_GOAL := help
.PHONY: help lab test check bench instructor clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /make \1\t/' | expand -t 14

lab: $(LAB) ## open JupyterLab on the first notebook
	$(BIN)/jupyter lab notebooks/00_start_here.ipynb $(AS_ROOT)

test: $(TEST) ## the whole proof: units, laws, doctests, notebooks, a real JupyterLab in a real browser
	$(BIN)/python -m pytest -n auto

check: $(TEST) ## what CI runs, its quick part first
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(MAKE) test

bench: $(TEST) ## the measured promises: decisions/s, import times, a call, a click, memory
	$(BIN)/python -m pytest tests/benchmarks -s --benchmark-enable --benchmark-only

instructor: $(TEST) ## notebooks/instructor/ anew, from the lessons' data
	$(BIN)/python scripts/make_instructor.py

clean: ## remove .venv and what the tools left behind
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .hypothesis .benchmarks .coverage
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
