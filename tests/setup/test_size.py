"""The kit stays small: a room that grows past its share asks for a reason here, beside the figure."""

import pytest

from tests.repo import PACKAGE, ROOT, files


def lines(path):
    return len(path.read_text("utf-8").splitlines())


@pytest.mark.parametrize("top", ["perm_lab", "tests"])
def test_no_file_is_longer_than_400_lines(top):
    assert {} == {str(path.relative_to(ROOT)): n for path in files(ROOT / top, ".py") if (n := lines(path)) > 400}


SHARES = {
    "iam": 2_560,  # grammar, operators, evaluation with its evidence, findings, and what would change a verdict
    "catalog": 360,  # loaders, for actions, keys, what each operation needs, and event sources; the facts are data
    "cloud": 7_200,  # the gate and what each call asks for; Lambda and a handler's clock; event sources; undo
    "scenarios": 4_000,  # what every scenario has, once, with its program, commands and template; each lesson's world
    "challenges": 1_600,  # the judge, the reader of lessons, answers kept, and what an instructor is given
    "ui": 3_000,  # widgets, views, and pictures of runs and of whole labs
}


@pytest.mark.parametrize(("room", "most"), SHARES.items())
def test_a_room_keeps_to_its_share_docstrings_included(room, most):
    assert 0 < sum(map(lines, files(PACKAGE / room, ".py"))) <= most


def test_every_room_has_a_share():
    assert set(SHARES) == {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
