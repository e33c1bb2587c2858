"""The files around the package: what they promise is there, and what they show runs."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.repo import ROOT, recipe

README = (ROOT / "README.md").read_text("utf-8")
FENCED = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)\s#]+)")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
PYTEST_TARGETS = ["quick", "test", "proof", "cover", "bench"]


def script(name):
    return (ROOT / name).read_text("utf-8").splitlines()


@pytest.mark.parametrize("command", ["make lab", "make test", "conda env create", "pip install --editable ."])
def test_the_readme_names(command):
    assert command in README


@pytest.mark.parametrize("name", ["README.md", "LIMITS.md", "CHANGELOG.md", "CONTRIBUTING.md"])
def test_links_lead_somewhere(name):
    assert [] == [link for link in LINK.findall((ROOT / name).read_text("utf-8")) if not (ROOT / link).exists()]


@pytest.mark.process
@pytest.mark.parametrize("source", FENCED, ids=["the engine", "a check", "the cloud", "an event"])
def test_the_readme_examples_run_and_print_what_they_say(source):
    ran = subprocess.run([sys.executable, "-W", "error", "-c", source], cwd=ROOT, capture_output=True, text=True)
    assert "" == ran.stderr
    promised = re.findall(r"^print\(.*\)\s+# (.*)$", source, re.MULTILINE)
    assert promised[:1] == ran.stdout.splitlines()[: len(promised[:1])]


def test_every_limit_has_its_reason_and_what_would_change_it():
    rows = [line for line in script("LIMITS.md") if line.startswith("|")]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert ["limit", "why", "what would change it"] == cells[0]
    assert len(cells) > 2
    assert [] == [row for row in cells if len(row) != 3 or not all(row)]


@pytest.mark.parametrize("name", [".ci/run", "binder/postBuild"])
def test_scripts_stop_at_the_first_failure(name):
    lines = script(name)
    assert lines[0] == "#!/usr/bin/env bash"
    assert "set -euo pipefail" in lines


def test_ci_runs_all_of_the_proof_and_needs_nothing_else():
    assert ["make test", "make proof"] == script(".ci/run")[-2:]
    assert 'cd "$(dirname "$0")/.."' == script(".ci/run")[-4]


@pytest.mark.parametrize("target", ["lab", *PYTEST_TARGETS, "check"])
def test_each_target_prepares_its_own_environment(target):
    assert re.search(rf"^{target}: \$\((LAB|TEST)\) ##", MAKEFILE, re.MULTILINE)


@pytest.mark.parametrize("target", PYTEST_TARGETS)
def test_a_target_that_opens_pages_sees_to_the_browser_first(target):
    needed = target != "quick"
    assert needed == (recipe(target)[0] == "$(BIN)/python -m tests.browser.program")


def test_quick_test_and_proof_leave_nothing_out():
    options = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["pytest"]["ini_options"]
    assert ["-m not exhaustive"] == [each for each in options["addopts"] if each.startswith("-m")]
    assert "$(BIN)/python -m pytest -n auto" == recipe("test")[-1]
    assert "$(BIN)/python -m pytest -n auto -m exhaustive" == recipe("proof")[-1]
    assert ["perm_lab", "tests"] == options["testpaths"]
    [quick] = re.findall(r"^QUICK := (.*)$", MAKEFILE, re.MULTILINE)
    assert [] == [path for path in quick.split() if not (ROOT / path).is_dir()]


@pytest.mark.parametrize("target", re.findall(r"^([a-z]+):.*##", MAKEFILE, re.MULTILINE))
def test_each_target_is_explained(target):
    told = README + (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    assert f"make {target}" in told


def test_make_lab_opens_the_first_notebook():
    opened = re.search(r"jupyter lab (\S+)", MAKEFILE)[1]
    assert (ROOT / opened).exists()
    assert Path(opened).name == "00_start_here.ipynb"
