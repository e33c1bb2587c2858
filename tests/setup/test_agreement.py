"""pyproject.toml and environment.yml ask for the same packages within the same bounds."""

import re
import tomllib

import yaml
from packaging.requirements import Requirement

from tests.repo import ROOT

CONDA_NAMES = {"graphviz": "python-graphviz"}  # conda-forge's `graphviz` is the program, not the Python package
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def bounds(requirement):
    return {str(bound) for bound in Requirement(requirement).specifier}


def conda():
    """conda's requirements by name, those that its `pip` section asks for included."""
    asked = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
    flat = [r for entry in asked for r in (entry["pip"] if isinstance(entry, dict) else [entry])]
    return {Requirement(r).name: bounds(r) for r in flat} | {"extras": extras(flat)}


def extras(requirements):
    return {Requirement(r).name: Requirement(r).extras for r in requirements if Requirement(r).extras}


def test_conda_and_pip_agree_on_packages_and_bounds():
    pip = {CONDA_NAMES.get(name := Requirement(r).name, name): bounds(r) for r in PROJECT["dependencies"]}
    pip |= {"python": bounds(f"python{PROJECT['requires-python']}"), "pip": set()}
    assert pip | {"extras": extras(PROJECT["dependencies"])} == conda()


def test_moto_is_pinned_exactly_and_boto3_knows_function_policies():
    pins = {Requirement(r).name: Requirement(r).specifier for r in PROJECT["dependencies"]}
    assert [pin.operator for pin in pins["moto"]] == ["=="]
    for package in ("boto3", "botocore"):  # PutResourcePolicy came with 1.43.76
        assert not pins[package].contains("1.43.75")
        assert pins[package].contains("1.43.76")


def test_every_dependency_carries_a_reason():
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    block = re.search(r"^dependencies = \[\n(.*?)^\]", text, re.MULTILINE | re.DOTALL)[1].splitlines()
    for above, line in zip(["", *block], block, strict=False):
        if line.strip().startswith('"') and not line.strip().startswith('"botocore'):  # stands below boto3's reason
            assert "#" in line or above.strip().startswith("#"), f"no reason beside {line.strip()}"
