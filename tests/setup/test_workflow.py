"""The workflow of a public forge runs what the Makefile runs, on each Python and each system that are promised."""

import re
import tomllib

import yaml
from packaging.specifiers import SpecifierSet

from tests.repo import ROOT, recipe

WORKFLOW = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text("utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
MATRIX = WORKFLOW["jobs"]["test"]["strategy"]["matrix"]
PYTHONS = MATRIX["python"]
NEWEST, BEYOND = 14, 20  # 3.14 is the newest Python there is
PYTEST = "python -m pytest -n auto"


def steps(job):
    return [step["run"] for step in WORKFLOW["jobs"][job]["steps"] if "run" in step]


def test_every_python_that_is_promised_is_tested_and_no_other():
    promised = SpecifierSet(PROJECT["requires-python"])
    assert [f"3.{n}" for n in range(BEYOND) if f"3.{n}" in promised and n <= NEWEST] == PYTHONS
    said = [each.rpartition(" ")[2] for each in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", each)]
    assert PYTHONS == said
    assert "Operating System :: OS Independent" in PROJECT["classifiers"]


def test_every_system_is_there_and_the_browser_on_linux_only():
    assert ["macos-latest", "ubuntu-latest", "windows-latest"] == sorted(MATRIX["system"])
    # GitHub adds a row without a key of the matrix to every job, and one with such a key to those that have its value.
    everywhere, linux = MATRIX["include"]
    assert {"tests": "not exhaustive and not linux"} == everywhere
    assert {"system": "ubuntu-latest", "tests": "not exhaustive"} == linux
    browser = next(step for step in WORKFLOW["jobs"]["test"]["steps"] if "tests.browser" in step.get("run", ""))
    assert "matrix.system == 'ubuntu-latest'" == browser["if"]


def test_the_steps_are_those_of_make_test_and_need_no_make():
    *before, last = steps("test")
    assert ['python -m pip install --editable ".[test]"', "python -m tests.browser.program"] == before
    assert f'{PYTEST} -m "${{{{ matrix.tests }}}}"' == last
    assert [before[1], PYTEST] == [command.replace("$(BIN)/", "") for command in recipe("test")]


def test_the_exhaustive_part_is_proven_on_one_of_them():
    job = WORKFLOW["jobs"]["proof"]
    assert ["make proof"] == steps("proof")
    assert job["steps"][1]["with"]["python-version"] in PYTHONS
    assert "ubuntu-latest" == job["runs-on"]


def test_it_runs_on_a_push_and_on_a_pull_request_and_may_only_read():
    assert {"push", "pull_request", "workflow_dispatch"} == set(WORKFLOW[True])  # YAML 1.1 reads `on` as true
    assert {"contents": "read"} == WORKFLOW["permissions"]
