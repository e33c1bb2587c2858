"""The repository as the tests see it: its root, its files, its modules as syntax trees."""

import ast
import re
import subprocess
import tokenize
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "perm_lab"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
_NO_CODE = {tokenize.COMMENT, tokenize.DEDENT, tokenize.ENCODING, tokenize.ENDMARKER, tokenize.INDENT}
_NO_CODE |= {tokenize.NEWLINE, tokenize.NL}


@cache
def ours(root: Path = ROOT) -> tuple[Path, ...]:
    """Every file of the repository at `root`, committed or not, sorted; those that `.gitignore` names are not.

    What was unpacked from an archive has no git to ask: there, hidden folders and compiled files are left out.
    """
    if (root / ".git").exists():
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        asked = subprocess.run(listed, cwd=root, capture_output=True, text=True, encoding="utf-8", check=True)
        found = {root / name for name in asked.stdout.split("\0") if name}
    else:
        found = {path for path in root.rglob("*") if not any(map(_made, path.relative_to(root).parts[:-1]))}
    return tuple(sorted(path for path in found if path.is_file()))


def _made(folder: str) -> bool:
    """Whether tools make a folder of this name."""
    hidden = folder.startswith(".") and folder not in {".ci", ".github"}
    return hidden or folder in {"__pycache__", "build", "dist"} or folder.endswith(".egg-info")


def files(top: Path = ROOT, suffix: str = "") -> Iterator[Path]:
    """The repository's files below `top`."""
    return (path for path in ours() if path.is_relative_to(top) and path.name.endswith(suffix))


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


def dotted(path: Path, root: Path = ROOT) -> str:
    """The name by which a module of this repository is imported.

    >>> dotted(PACKAGE / "iam" / "__init__.py")
    'perm_lab.iam'
    """
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path, root: Path = ROOT) -> Iterator[str]:
    """Every module that `path` imports, wherever in the file, by statement or by name in a string.

    `from perm_lab import catalog` counts as `perm_lab.catalog`.
    """
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:
                here = dotted(path.parent / "__init__.py", root).split(".")
                module = ".".join([*here[: 1 - node.level or None], module]).removesuffix(".")
            yield from (f"{module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "import_module":
            yield from (arg.value for arg in node.args if isinstance(arg, ast.Constant))


def code_lines(path: Path) -> int:
    """How many lines of a module hold code: without docstrings, comments and blank lines.

    A line of a string that is a value is code; a string that is a whole statement is prose.
    """
    prose = {
        line
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for line in range(node.lineno, node.end_lineno + 1)
    }
    with path.open("rb") as file:
        code = {
            line
            for token in tokenize.tokenize(file.readline)
            if token.type not in _NO_CODE
            for line in range(token.start[0], token.end[0] + 1)
        }
    return len(code - prose)


def recipe(target: str) -> list[str]:
    """The commands of one target of the Makefile."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    return re.findall(rf"^{target}:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)[0].replace("\t", "").splitlines()


def rooms() -> dict[str, int]:
    """The lines of code of each room of the package, whose own `__init__` is a room of its own here."""
    found = Counter()
    for path in modules():
        name = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        found["perm_lab" if name == "__init__" else name] += code_lines(path)
    return dict(found)


if __name__ == "__main__":
    for name, lines in rooms().items():
        print(f"{name:<12}{lines:>7,}")
    print(f"{'together':<12}{sum(rooms().values()):>7,}")
