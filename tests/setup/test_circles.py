"""No file of the package leads back to itself by what it imports, types and functions' own imports included."""

import ast
from collections import deque

import pytest

from tests.repo import PACKAGE, dotted, files, imports, tree


def edges(package, modules):
    """What each module imports of the others, by their dotted names, wherever it does so.

    A name is looked for in the file that has it: `from package import name` leads to the module of that name if there
    is one, and else to the package's `__init__`, from where it goes on to all that the `__init__` imports, by statement
    or by a module's name in a string, as a lazy `__init__` does. That Python runs every `__init__` above a module
    counts for nothing: all modules would have a circle with theirs.
    """
    names = {dotted(path, package.parent): path for path in modules}
    found = {}
    for name, path in names.items():
        asked = set(imports(path, package.parent))
        if path.name == "__init__.py":
            asked |= {node.value for node in ast.walk(tree(path)) if isinstance(node, ast.Constant)}
        asked = {each if each in names else str(each).rpartition(".")[0] for each in asked}
        found[name] = (asked & set(names)) - {name}
    return found


def way(graph, start, end):
    """The shortest way from one module to another, both named, over at least one import; None if there is none."""
    ways = deque([[start]])
    seen = set()
    while ways:
        gone = ways.popleft()
        for each in sorted(graph[gone[-1]] - seen):
            if each == end:
                return [*gone, each]
            seen.add(each)
            ways.append([*gone, each])
    return None


def circles(graph):
    """The groups of modules each of which leads to each other: their number, and a shortest circle among them."""
    left, found = set(graph), []
    while left:
        start = min(left)
        group = {each for each in left if each == start or (way(graph, start, each) and way(graph, each, start))}
        if len(group) > 1:
            shortest = min((way(graph, each, each) for each in sorted(group)), key=len)
            found.append(f"{len(group)} files, for instance {' → '.join(shortest)}")
        left -= group
    return found


def test_no_file_leads_back_to_itself():
    found = circles(edges(PACKAGE, list(files(PACKAGE, ".py"))))
    assert [] == found, "\n".join(found)


PLAIN = {"a": "from kit.b import x", "b": "import kit.c", "c": "import os"}
UP = "from __future__ import annotations\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from kit.a import A"
ONE = ["3 files, for instance kit.a → kit.b → kit.c → kit.a"]
THROUGH = ["2 files, for instance kit → kit.a → kit"]


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        (PLAIN, []),
        (PLAIN | {"c": UP}, ONE),
        (PLAIN | {"c": "def late():\n    from kit import a"}, ONE),
        (PLAIN | {"c": "from .a import A"}, ONE),
        (PLAIN | {"c": "from . import a"}, ONE),
        (PLAIN | {"c": "import_module('kit.a')"}, ONE),
        (PLAIN | {"__init__": "from kit.a import x"}, []),
        (PLAIN | {"__init__": "from kit.a import x", "a": "from kit import x"}, THROUGH),
        (PLAIN | {"__init__": "HOMES = {'x': 'kit.a'}", "a": "from kit import x"}, THROUGH),
        ({"a": "import kit.b", "b": "import kit.a", "c": "import kit.d", "d": "import kit.c, kit.a"}, [
            "2 files, for instance kit.a → kit.b → kit.a", "2 files, for instance kit.c → kit.d → kit.c"]),
    ],
    ids="none types functions relative sibling string door through lazy two".split(),
)  # fmt: skip
def test_a_circle_is_found_and_named(tmp_path, sources, expected):
    kit = tmp_path / "kit"
    kit.mkdir()
    for name, source in ({"__init__": ""} | sources).items():
        (kit / f"{name}.py").write_text(source, "utf-8")
    assert expected == circles(edges(kit, list(kit.iterdir())))
