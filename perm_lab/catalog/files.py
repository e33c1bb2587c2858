"""The data files of the catalogue, each read once, when it is first asked for."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"


@cache
def read(name: str) -> Any:
    """What stands in a data file, by its path below `data/`. Raises FileNotFoundError where there is no such file.

    >>> read("operations.json")["prefixes"]["stepfunctions"]
    'states'
    """
    return json.loads((DATA / name).read_text("utf-8"))
