"""What Binder would build, told by repo2docker itself: a Python that is tested, and the kit with all that it asks for.

No image is built: that takes Docker and minutes. https://repo2docker.readthedocs.io/en/latest/configuration/development/
"""

import os
import re
import subprocess
import sys

import pytest

from tests.repo import ROOT, files
from tests.setup.test_workflow import PYTHONS

pytestmark = [pytest.mark.process, pytest.mark.linux]
INSTALLS = 'RUN ${KERNEL_PYTHON_PREFIX}/bin/pip install --no-cache-dir -r "binder/requirements.txt"'


def image(folder):
    """The Dockerfile that repo2docker makes of a folder, and what it says meanwhile."""
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--user-id", "1000", "--user-name", "jovyan", "."]
    made = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return made.stdout.splitlines(), made.stderr


@pytest.fixture(scope="module")
def ours():
    return image(ROOT)


def test_the_python_is_one_that_is_tested(ours):
    _, said = ours
    assert "Python version unspecified" not in said
    [version] = re.findall(r"Building conda environment for python=(\S+)", said)
    assert version in PYTHONS
    assert f"python-{version}\n" == (ROOT / "binder" / "runtime.txt").read_text("utf-8")


def test_the_kit_is_installed_once_it_is_there(ours):
    steps, _ = ours
    [copied] = [n for n, step in enumerate(steps) if re.match(r"COPY .* src/ \$\{REPO_DIR\}/$", step)]
    installed, built = steps.index(INSTALLS), steps.index("RUN ./binder/postBuild")
    assert copied < installed < built
    assert ["./"] == [
        line for line in (ROOT / "binder" / "requirements.txt").read_text("utf-8").splitlines() if line[0] != "#"
    ]


def test_nothing_else_is_configured():
    assert {"postBuild", "requirements.txt", "runtime.txt"} == {path.name for path in files(ROOT / "binder")}
    assert os.access(ROOT / "binder" / "postBuild", os.X_OK)


def test_a_version_that_repo2docker_cannot_read_would_be_found(tmp_path):
    (tmp_path / "environment.yml").write_text("dependencies:\n  - python >=3.11\n", "utf-8")
    _, said = image(tmp_path)
    assert "Python version unspecified" in said


def test_requirements_without_their_comment_would_be_found(tmp_path):
    """Two bytes are taken for one letter of UTF-16, and nothing local is seen in it."""
    (tmp_path / "runtime.txt").write_text("python-3.13\n", "utf-8")
    (tmp_path / "requirements.txt").write_text(".\n", "utf-8")
    steps, _ = image(tmp_path)
    [copied] = [n for n, step in enumerate(steps) if re.match(r"COPY .* src/ \$\{REPO_DIR\}/$", step)]
    assert steps.index(INSTALLS.replace("binder/", "")) < copied
