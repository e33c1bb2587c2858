"""The kit stays small: the figures are the design's promises."""

import pytest

from tests.repo import PACKAGE, ROOT, files


def lines(path):
    return len(path.read_text("utf-8").splitlines())


@pytest.mark.parametrize("top", ["perm_lab", "tests"])
def test_no_file_is_longer_than_400_lines(top):
    assert {} == {str(path.relative_to(ROOT)): n for path in files(ROOT / top, ".py") if (n := lines(path)) > 400}


@pytest.mark.parametrize(("top", "most"), [(PACKAGE / "iam", 1_500), (PACKAGE, 6_000)], ids=["iam", "perm_lab"])
def test_the_whole_is_small_docstrings_included(top, most):
    assert 0 < sum(map(lines, files(top, ".py"))) <= most
