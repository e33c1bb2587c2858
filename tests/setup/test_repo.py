"""The tests look at the repository's own files, and at nothing that a tool or a learner left beside them."""

import shutil
import subprocess

from tests.repo import ROOT, ours

KEPT = [".ci/run", ".gitignore", "README.md", "perm_lab/__init__.py", "perm_lab/iam/new.py"]
LEFT = [".mypy_cache/3.11/builtins.data.json", "perm_lab/__pycache__/__init__.cpython-311.pyc", ".venv/bin/python"]


def laid_out(folder):
    for name in KEPT + LEFT:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    shutil.copy(ROOT / ".gitignore", folder)
    return folder


def names(folder):
    return [path.relative_to(folder).as_posix() for path in ours(folder)]


def test_git_tells_the_files_be_they_committed_or_not(tmp_path):
    git = ["git", "-C", laid_out(tmp_path), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "add", "README.md", ".ci"], check=True)
    assert KEPT == names(tmp_path)


def test_a_committed_file_that_is_gone_is_not_one(tmp_path):
    git = ["git", "-C", laid_out(tmp_path)]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    (tmp_path / "README.md").unlink()
    assert [name for name in KEPT if name != "README.md"] == names(tmp_path)


def test_an_unpacked_archive_is_read_without_git(tmp_path):
    assert KEPT == names(laid_out(tmp_path))
