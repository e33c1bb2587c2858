"""What a notebook asks: the widgets that it makes from its lesson's data."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import nbformat

from perm_lab.challenges import lesson

_MADE = re.compile(r'\b(Prediction|PolicyEditor|Quiz|Arrange)\((ask\["([\w-]+)"\]|\*ask\.quiz\("(\w+)"\))\)')


_PANEL = re.compile(r"\b(?:ScenarioWidget\((\w+)\(\)\)|(BoardWidget|PolicyBrowser|BothSides|progress)\(\))")


def panels(path: Path) -> list[tuple[int, str]]:
    """The widgets of a notebook that are made of no data: the cell, and the scenario in it or else what makes it."""
    cells = enumerate(nbformat.read(path, as_version=4).cells)
    code = [(n, cell.source) for n, cell in cells if cell.cell_type == "code"]
    return [(n, scenario or name) for n, source in code for scenario, name in _PANEL.findall(source)]


@dataclass(frozen=True)
class Asked:
    """A widget: the cell it is in, its class, the source of what it is given, and that itself."""

    cell: int
    kind: str
    source: str
    data: Any


@cache
def asked(path: Path) -> tuple[Asked, ...]:
    """The widgets of a notebook, in their order."""
    return tuple(_asked(path))


def _asked(path: Path) -> Iterator[Asked]:
    ask = lesson(path.stem[:2])
    for index, cell in enumerate(nbformat.read(path, as_version=4).cells):
        for kind, source, name, quiz in _MADE.findall(cell.source if cell.cell_type == "code" else ""):
            yield Asked(index, kind, source, ask[name] if name else ask.quiz(quiz))
