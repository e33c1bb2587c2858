"""What is public is explicit, sorted, there, and explained."""

import ast
from importlib import import_module
from inspect import getdoc, isclass, isfunction, isroutine

import pytest

from tests.repo import PACKAGE, dotted, modules, tree

PACKAGES = [path for path in modules() if path.name == "__init__.py"]
HOOKS = {"load_ipython_extension"}  # IPython's name for it, called by `%load_ext`
DEFINITIONS = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def names_here(path):
    """The public names that a package's `__init__` defines or takes from the package's modules."""
    for node in tree(path).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("perm_lab"):
            if node.module == dotted(path):
                continue  # the package's own modules, which are not names of its own
            yield from (alias.asname or alias.name for alias in node.names)
        elif isinstance(node, DEFINITIONS):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


@pytest.mark.parametrize("path", PACKAGES, ids=dotted)
def test_all_is_sorted_and_every_name_in_it_is_there(path):
    module = import_module(dotted(path))
    assert sorted(set(module.__all__)) == list(module.__all__)
    assert [] == [name for name in module.__all__ if not hasattr(module, name)]


@pytest.mark.parametrize("path", PACKAGES, ids=dotted)
def test_all_holds_every_public_name(path):
    here = {name for name in names_here(path) if not name.startswith("_")} - HOOKS
    if path.parent == PACKAGE:  # lazy: its names are in a table
        here |= set(import_module("perm_lab")._HOMES)
    assert here == set(import_module(dotted(path)).__all__)


def unexplained(path):
    """What a package offers without a docstring: names in `__all__`, and the methods of its classes.

    A property says by its name and type what it is.
    """
    package = import_module(dotted(path))
    for name, offered in ((name, getattr(package, name)) for name in package.__all__):
        if not (isclass(offered) or isfunction(offered)):
            continue
        if not offered.__doc__:
            yield name
        for method, defined in vars(offered).items() if isclass(offered) else ():
            if isroutine(defined) and not method.startswith("_") and not getdoc(getattr(offered, method)):
                yield f"{name}.{method}"


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_every_module_says_what_it_is(path):
    assert ast.get_docstring(tree(path))


@pytest.mark.parametrize("path", PACKAGES, ids=dotted)
def test_everything_public_has_a_docstring(path):
    assert [] == list(unexplained(path))
