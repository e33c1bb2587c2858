"""The kit stays small: each room has exactly as many lines of code as stand here, beside what they are for."""

import pytest

from tests.repo import PACKAGE, ROOT, code_lines, files, rooms

MOST = 400  # lines of a file, all of them


@pytest.mark.parametrize("top", ["perm_lab", "tests", "scripts"])
def test_no_file_is_longer_than_400_lines(top):
    long = {path: len(path.read_text("utf-8").splitlines()) for path in files(ROOT / top, ".py")}
    assert {} == {str(path.relative_to(ROOT)): lines for path, lines in long.items() if lines > MOST}


# Without docstrings, comments and blank lines. `python -m tests.repo` tells the figures; less is written down as well.
ROOMS = {
    "perm_lab": 14,  # the names that are at hand without a room's
    "display": 24,
    "iam": 1_599,  # grammar, operators, evaluation with its evidence, findings, and what would change a verdict
    "catalog": 203,  # loaders, for actions, keys, what each operation needs, and event sources; the facts are data
    "cloud": 4_651,  # the gate and what each call asks for; Lambda, a handler's own time; event sources
    "scenarios": 1_328,  # what every scenario has, once, with its program, commands and template; each lesson's world
    "challenges": 895,  # the judge, the reader of lessons, answers kept, and what an instructor is given
    "ui": 1_388,  # widgets, views, and pictures of runs and of whole labs
}


def test_each_room_has_as_much_code_as_stands_here():
    assert rooms() == ROOMS


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("", 0),
        ('"""Prose."""\n\nx = 1\n', 1),
        ('def f():\n    """Prose,\n\n    on more lines.\n    """\n    return 1\n', 2),
        ("x = 1  # a comment beside code\n# a comment alone\n", 1),
        ('x = """a value\n\nof three lines"""\n', 3),
        ("x = [\n    1,\n\n    2,\n]\n", 4),
        ('class A:\n    x: int\n    """What x is."""\n', 2),
        ("if x:\n    y()\n\n\n\nelse:\n    z(); a()\n", 4),
    ],
)
def test_docstrings_comments_and_blank_lines_are_no_code(tmp_path, source, lines):
    path = tmp_path / "module.py"
    path.write_text(source, "utf-8")
    assert lines == code_lines(path)


def test_every_file_is_in_one_room():
    assert sum(code_lines(path) for path in files(PACKAGE, ".py")) == sum(rooms().values())
