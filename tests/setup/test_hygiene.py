"""Nothing of one machine, nothing unfinished, and nothing that a tool would find out of place."""

import re
import subprocess
import sys

import pytest

from tests.repo import ROOT, files, recipe, texts

LOCK_FILES = {"uv.lock", "package-lock.json", "yarn.lock", "pnpm-lock.yaml", "Pipfile.lock", "poetry.lock", "pdm.lock"}
# Each pattern is written so that it does not match its own line.
REGISTRIES = re.compile(
    r"pypi\.(org|python)|python[h]osted|registry\.npm[j]s|npmjs\.(org|com)|(repo|conda)\.ana[c]onda|deb\.deb[i]an"
)
MACHINE_PATHS = re.compile(r"(?<![\w:}.-])/(?:work|farm|root|home|Users)/|[A-Z]:\\[U]sers")
UNFINISHED = re.compile(r"TO[D]O|FIX[M]E|[X]XX\b|xfai[l]\b|pytest\.ski[p]|skipi[f]|nbval-ski[p]|NotImplemente[d]Error")


@pytest.mark.parametrize("pattern", [REGISTRIES, MACHINE_PATHS], ids=["registry hosts", "machine paths"])
def test_no_file_names(pattern):
    assert [] == [(name, found[0]) for name, text in texts() for found in pattern.finditer(text)]


def test_nothing_is_unfinished_or_skipped():
    found = [(name, mark[0]) for name, text in texts() for mark in UNFINISHED.finditer(text)]
    assert [] == [(name, mark) for name, mark in found if name.startswith(("perm_lab", "tests", "notebooks"))]


def test_no_lock_file():
    assert set() == LOCK_FILES & {path.name for path in files()}


def test_text_files_end_their_lines_in_one_way():
    assert [] == [name for name, text in texts() if "\r" in text or (text and not text.endswith("\n"))]


@pytest.mark.process
@pytest.mark.parametrize("tool", recipe("check"), ids=lambda tool: tool.split()[2])
def test_each_tool_of_make_check_finds_nothing(tool):
    python, *arguments = tool.split()
    assert "$(BIN)/python" == python
    ran = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True)
    assert 0 == ran.returncode, ran.stdout + ran.stderr
