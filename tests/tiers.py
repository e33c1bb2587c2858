"""What `make test` tries of a table of rows, and what it leaves to `make proof`."""

from collections.abc import Iterable
from typing import Any

import pytest


def first_of(rows: Iterable[tuple[Any, ...]]) -> list[Any]:
    """The rows for `parametrize`: the first is an example that every run tries, the others are exhaustive."""
    first, *others = rows
    return [first, *(pytest.param(*row, marks=pytest.mark.exhaustive) for row in others)]
