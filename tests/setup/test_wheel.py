"""The wheel holds the package as it is in the repository, and says that it is typed."""

import tomllib
from zipfile import ZipFile

import pytest
from hatchling.builders.wheel import WheelBuilder

from tests.repo import PACKAGE, ROOT, files


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel that `pip install .` would build."""
    [path] = WheelBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("dist")), versions=["standard"])
    with ZipFile(path) as wheel:
        yield wheel


def test_it_holds_every_file_of_the_package_and_py_typed(wheel):
    held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert held == {path.relative_to(ROOT).as_posix() for path in files(PACKAGE)}
    assert "perm_lab/py.typed" in held


def test_its_licences_and_its_readme_are_there(wheel):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    [metadata] = [wheel.read(name).decode("utf-8") for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    assert f"License-Expression: {project['license']}\n" in metadata
    assert "Classifier: Typing :: Typed\n" in metadata
    assert (ROOT / "README.md").read_text("utf-8") in metadata
    licences = {name.rpartition("/")[2] for name in wheel.namelist() if "/licenses/" in name}
    assert set(project["license-files"]) == licences
