"""How the kit's HTML looks: one small stylesheet that travels with every fragment, so that a page reads with no kernel.

Colours follow JupyterLab's theme where there is one, VS Code's where that is, and else the reader's system. A fragment
paints its own background, so that its contrast never depends on the page around it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from typing import Any, TypeVar

from perm_lab.display import view
from perm_lab.iam import Verdict

_Body = TypeVar("_Body", bound=Callable[..., str])

LIGHT = {"bg": "#ffffff", "fg": "#1f2328", "dim": "#57606a", "line": "#d0d7de", "soft": "#f4f6f8", "ok": "#0f6325",
         "no": "#a40e26", "accent": "#0b5cad"}  # fmt: skip
DARK = {"bg": "#111111", "fg": "#e6e6e6", "dim": "#a8b1bb", "line": "#3d444d", "soft": "#1f2226", "ok": "#5fd573",
        "no": "#ff938a", "accent": "#79b8ff"}  # fmt: skip


def _variables(colours: dict[str, str]) -> str:
    return ";".join(f"--pl-{name}:{value}" for name, value in colours.items())


def _sheet(name: str) -> str:
    """A stylesheet of this folder in as few characters as it takes."""
    text = re.sub(r"/\*.*?\*/", "", files("perm_lab.ui").joinpath(name).read_text("utf-8"), flags=re.DOTALL)
    return re.sub(r"\s*([{};,]|(?<=\w):)\s+", r"\1", " ".join(text.split())).replace(" {", "{").replace(";}", "}")


CSS = (
    f".pl{{{_variables(LIGHT)}}}"
    f"@media(prefers-color-scheme:dark){{body:not([data-jp-theme-light]):not(.vscode-light) .pl{{{_variables(DARK)}}}}}"
    f'body[data-jp-theme-light="false"] .pl,body.vscode-dark .pl{{{_variables(DARK)}}}'
    f"{_sheet('style.css')}@media print{{body .pl.pl{{{_variables(LIGHT)}}}}}"
)

CONTROLS = _sheet("controls.css")
_EMPHASIS = re.compile(r"\*(\S(?:[^*]*\S)?)\*")


@dataclass(frozen=True, slots=True)
class Mark:
    """How a status is shown: its sign and word first, then a CSS class for the colour."""

    sign: str
    word: str
    css: str

    def __str__(self) -> str:
        return f"{self.sign} {self.word}"

    @property
    def html(self) -> str:
        return f'<b class="{self.css}">{self.sign}&nbsp;{escape(self.word)}</b>'


_CSS = {Verdict.ALLOW: "pl-ok", Verdict.IMPLICIT_DENY: "pl-no", Verdict.EXPLICIT_DENY: "pl-no"}


def mark(verdict: Verdict) -> Mark:
    """The sign, the word and the class that show `verdict`."""
    return Mark(verdict.sign, verdict.word, _CSS[verdict])


def fragment(*parts: str) -> str:
    """The HTML `parts` with the stylesheet that they need, ready for any page."""
    return f"<style>{CSS}</style>{bare(*parts)}"


def shows(cls: type) -> Callable[[_Body], _Body]:
    """The decorated function makes the body of a value of `cls`; with the stylesheet it is how the value shows itself.

    The body alone goes into a larger fragment.
    """

    def register(body: _Body) -> _Body:
        view(cls)(lambda value: fragment(body(value)))
        return body

    return register


def bare(*parts: str) -> str:
    """The HTML `parts` for a page that has the stylesheet already, as the inside of a panel."""
    return f'<div class="pl">{"".join(parts)}</div>'


def code(text: str) -> str:
    """`text` as HTML code, which may be broken after a slash, and an ARN after a colon.

    >>> code("album/a<b")
    '<code>album/<wbr>a&lt;b</code>'
    """
    breaks = "/:" if text.startswith("arn:") else "/"
    broken = re.sub(f"(?<=.)([{breaks}])(?=.)", r"\1<wbr>", escape(text))
    return f"<code>{broken}</code>"


def breakable(text: str) -> str:
    """`text` as HTML that may be broken between the words of a name, for a narrow column.

    >>> breakable("lambda:InvokeFunction")
    'lambda:<wbr>Invoke<wbr>Function'
    """
    return re.sub(r"(?<=[:/.])(?=.)|(?<=[a-z])(?=[A-Z])", "<wbr>", escape(text))


def say(text: str, css: str = "") -> str:
    """The line that is read first."""
    return f'<p class="pl-say {css}">{escape(text)}</p>'


def judged(good: bool, text: str) -> str:
    """The line that is read first, in the colour of what went well or of what did not."""
    return say(text, "pl-ok" if good else "pl-no")


def as_json(value: Any) -> str:
    """A policy document or an event as it is written in AWS."""
    return f"<pre>{escape(json.dumps(value, indent=2, default=str))}</pre>"


def prose(text: str) -> str:
    """Plain text as paragraphs, with `…` in backticks as code and *…* between stars as emphasis.

    >>> prose("use `s3:GetObject`, *not* `s3:*`")
    '<p>use <code>s3:GetObject</code>, <em>not</em> <code>s3:*</code></p>'
    """
    paragraphs = (part for part in text.strip().split("\n\n") if part.strip())
    return "".join(f"<p>{_inline(part)}</p>" for part in paragraphs)


def _inline(text: str) -> str:
    pieces = text.split("`")
    return "".join(
        code(piece) if n % 2 else _EMPHASIS.sub(r"<em>\1</em>", escape(piece)) for n, piece in enumerate(pieces)
    )


def table(
    head: tuple[str, ...], rows: Sequence[tuple[str, ...]], decisive: tuple[int, ...] = (), caption: str = ""
) -> str:
    """A table of ready HTML cells; the rows numbered in `decisive` are marked."""
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    top = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    body = "".join(
        f"<tr{' class=pl-decides' if n in decisive else ''}>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>"
        for n, row in enumerate(rows)
    )
    whole = f"{title}<thead><tr>{top}</tr></thead><tbody>{body}</tbody>"
    # where it is wider than the page it scrolls, by the keyboard too
    area = f'class="pl-wide" role="group" tabindex="0" aria-label="{escape(caption or "a table")}"'
    return f'<div {area}><table class="pl-t">{whole}</table></div>'


def folded(summary: str, body: str, *, opened: bool = False) -> str:
    """`body` behind a line that opens and closes it. `summary` is plain text."""
    return f"<details{' open' if opened else ''}><summary>{escape(summary)}</summary>{body}</details>"
