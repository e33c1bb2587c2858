"""The repository as the tests see it: its root, its files, its modules as syntax trees."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "perm_lab"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
_NOT_OURS = {".git", ".venv", "__pycache__", "build", "dist", ".benchmarks", ".hypothesis", ".pytest_cache"}
_NOT_OURS |= {".ruff_cache", ".ipynb_checkpoints", ".virtual_documents", "mutants", "node_modules"}


def files(top: Path = ROOT, suffix: str = "") -> Iterator[Path]:
    """The files below `top` that belong to the repository, whether or not they are committed yet."""
    for path in sorted(top.iterdir()):
        if path.is_dir():
            if path.name not in _NOT_OURS and not path.name.endswith(".egg-info"):
                yield from files(path, suffix)
        elif path.name.endswith(suffix):
            yield path


def texts() -> Iterator[tuple[str, str]]:
    """Each text file of the repository: its path from the root, and what it says."""
    for path in files():
        if path.suffix not in {".png", ".ico"}:
            yield str(path.relative_to(ROOT)), path.read_text("utf-8")


def modules() -> list[Path]:
    """The package's modules."""
    return list(files(PACKAGE, ".py"))


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a module."""
    return ast.parse(path.read_text("utf-8"), str(path))


def dotted(path: Path) -> str:
    """The name by which a module of this repository is imported.

    >>> dotted(PACKAGE / "iam" / "__init__.py")
    'perm_lab.iam'
    """
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    """Every module that `path` imports, wherever in the file, by statement or by name in a string.

    `from perm_lab import catalog` counts as `perm_lab.catalog`.
    """
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:
                module = ".".join([*dotted(path.parent / "__init__.py").split(".")[: 1 - node.level or None], module])
            yield from (f"{module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "import_module":
            yield from (arg.value for arg in node.args if isinstance(arg, ast.Constant))
