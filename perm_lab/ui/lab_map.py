"""A whole lab as a picture: accounts as frames, what stands in them, and what leads to what."""

from __future__ import annotations

import textwrap
from html import escape

from graphviz import escape as literal

from perm_lab.cloud import Lab
from perm_lab.cloud.survey import Link, Survey, owner, words
from perm_lab.display import view
from perm_lab.scenarios.names import kind, short
from perm_lab.ui.drawing import FONT, graph, node_id, svg
from perm_lab.ui.style import fragment

MOST = 40
"""Things that a picture holds; a lab with more is told in words, and what the last run touched is drawn."""


def dot(found: Survey) -> str:
    """The picture's DOT source."""
    drawn = graph("LR", "0.18,0.06", nodesep="0.25", ranksep="0.5")
    for number, name in found.accounts:
        with drawn.subgraph(name=f"cluster_{number}") as frame:
            frame.attr(label=literal(f"{name} {number}"), style="dashed", **FONT)
            for thing in found.things:
                if owner(thing, found) == number:
                    frame.node(node_id(thing), _label(thing))
    for thing in found.things:
        if not owner(thing, found):
            drawn.node(node_id(thing), _label(thing), style="rounded,dashed")
    for link in found.links:
        drawn.edge(node_id(link.start), node_id(link.end), _wrapped(link.word), **_line(link))
    return str(drawn.source)


def _line(link: Link) -> dict[str, str]:
    if link.missing:
        return {"style": "dashed", "class": "pl-no"}
    return {"style": "bold", "penwidth": "2.4", "class": "pl-ok"} if link.lit else {"style": "solid"}


def _label(thing: str) -> str:
    return "\\n".join(literal(line) for line in (*textwrap.wrap(short(thing), 26), kind(thing)) if line)


def _wrapped(text: str) -> str:
    return "".join(f" {literal(line)} \\l" for line in textwrap.wrap(text, 26))


@view(Lab)
def lab_html(lab: Lab) -> str:
    """The picture of a lab, or its words where nothing draws or there is too much of it."""
    if Lab.current() is not lab:
        return fragment(f"<p>{escape(repr(lab))}</p>")
    found = lab.survey()
    text = words(found)
    listed = f"<details><summary>in words</summary><pre>{escape(text)}</pre></details>"
    drawn = found
    if len(found.things) > MOST:
        drawn = Survey(found.accounts, tuple(link for link in found.links if link.lit))
        listed = f"<p>{len(found.things)} things are too many for a picture: it shows the last run.</p>{listed}"
    picture = svg(dot(drawn), text) if drawn.things else ""
    return fragment((picture or f"<pre>{escape(text)}</pre>") + listed)
