"""Imports run downwards only, the engine needs the standard library only, and importing loads nothing early."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.repo import PACKAGE, ROOT, dotted, files, imports, modules

BELOW = {
    "display": set(),
    "iam": {"catalog", "display"},
    "catalog": {"display"},
    "cloud": {"catalog", "iam", "display"},
    "scenarios": {"cloud", "catalog", "iam", "display"},
    "challenges": {"scenarios", "cloud", "catalog", "iam", "display"},
    "ui": {"challenges", "scenarios", "cloud", "catalog", "iam", "display"},
}
FLOORS = ("internals", "gate", "core", "functions", "events")  # of `cloud`; its own files are below or above them
GROUND = {"function_name"}
STANDARD_LIBRARY_ONLY = ("display", "iam", "catalog")
POSIX_ONLY = {"crypt", "fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}
POSIX_CALLS = re.compile(
    r"\b(os\.(fork|forkpty|getuid|geteuid|killpg|wait)|signal\.(SIGALRM|SIGKILL|alarm|setitimer))\b"
)


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def in_rooms() -> list[Path]:
    """All modules but the package's own `__init__`, which is the door to every room."""
    return [path for path in modules() if path.parent != PACKAGE or path.name != "__init__.py"]


def test_every_room_has_its_floor():
    assert set(BELOW) == {room(path) for path in in_rooms()}


@pytest.mark.parametrize("path", in_rooms(), ids=dotted)
def test_imports_run_downwards_only(path):
    here = room(path)
    used = {name.split(".")[1] for name in imports(path) if name.startswith("perm_lab.")}
    assert set() == used - BELOW[here] - {here}


def floor(name: str) -> int:
    """How high a module of `cloud` stands: 0 for the ground, then the floors, and what a person holds on top."""
    part = name.split(".")[2]
    return 0 if part in GROUND else 1 + (FLOORS.index(part) if part in FLOORS else len(FLOORS))


@pytest.mark.parametrize("path", [p for p in in_rooms() if room(p) == "cloud" and p.name != "__init__.py"], ids=dotted)
def test_the_floors_of_cloud_rest_on_those_below(path):
    used = {name for name in imports(path) if name.startswith("perm_lab.cloud.")}
    assert [] == sorted(name for name in used if floor(name) > floor(dotted(path)))


@pytest.mark.parametrize("path", [p for p in in_rooms() if room(p) in STANDARD_LIBRARY_ONLY], ids=dotted)
def test_the_ground_floor_needs_the_standard_library_only(path):
    assert set() == {name.split(".")[0] for name in imports(path)} - sys.stdlib_module_names - {"perm_lab"}


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_the_package_runs_on_windows(path):
    assert set() == {name.split(".")[0] for name in imports(path)} & POSIX_ONLY
    assert [] == POSIX_CALLS.findall(path.read_text("utf-8"))


def distributions(*extras: str) -> set[str]:
    """The distributions that pyproject.toml asks for: what the package needs, and these extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = project["dependencies"] + [r for extra in extras for r in project["optional-dependencies"][extra]]
    return {re.match(r"[\w.-]+", requirement)[0].lower().replace("_", "-") for requirement in asked}


@pytest.mark.parametrize(("top", "extras"), [("perm_lab", ()), ("tests", ("test", "bench"))], ids=["perm_lab", "tests"])
def test_every_import_is_a_declared_dependency(top, extras):
    homes = packages_distributions()
    declared = distributions(*extras)
    used = {name.split(".")[0] for path in files(ROOT / top, ".py") for name in imports(path)}
    used -= sys.stdlib_module_names | {"perm_lab", "tests"}
    undeclared = {name for name in used if not declared & {home.lower().replace("_", "-") for home in homes[name]}}
    assert set() == undeclared


@pytest.mark.process
@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("perm_lab", {"boto3", "botocore", "moto", "ipywidgets", "IPython", "perm_lab.iam"}),
        ("perm_lab.iam", {"boto3", "botocore", "moto", "ipywidgets", "IPython", "perm_lab.cloud", "perm_lab.catalog"}),
        ("perm_lab.catalog", {"boto3", "botocore", "moto", "ipywidgets", "IPython", "perm_lab.cloud", "perm_lab.iam"}),
        ("perm_lab.cloud", {"ipywidgets", "perm_lab.ui"}),
        ("perm_lab.challenges", {"ipywidgets", "perm_lab.ui"}),
    ],
)
def test_an_import_loads_what_it_needs_and_no_more(module, unwanted):
    program = f"import sys, {module}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert module in loaded.stdout.split()
    assert set() == unwanted & set(loaded.stdout.split())
