"""A run as a picture: who did what to which resource, through which policy, and where it stopped."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Any

from graphviz import escape as literal

from perm_lab.cloud import Record
from perm_lab.display import Displayable
from perm_lab.scenarios import Hop, Run, Status, hop
from perm_lab.scenarios.names import kind, short, whole
from perm_lab.ui.drawing import graph, node_id, svg
from perm_lab.ui.style import shows

_LINE = {
    Status.ALLOWED: ("pl-ok", "solid"),
    Status.DENIED: ("pl-no", "bold"),
    Status.NOT_REACHED: ("pl-idle", "dashed"),
}
_WIDEST = 34


@dataclass(frozen=True, slots=True)
class Diagram(Displayable):
    """A picture of hops: as HTML an SVG, or a list of words where nothing draws; as text the hops in words."""

    hops: tuple[Hop, ...]

    def __str__(self) -> str:
        return "\n".join(map(str, self.hops)) or "nothing happened yet"

    @property
    def dot(self) -> str:
        """The picture's DOT source."""
        drawn = graph(self._direction(), "0.22,0.07", nodesep="0.35", ranksep="0.4")
        for name in dict.fromkeys(end for each in self.hops for end in _ends(each)):
            drawn.node(node_id(name), _words(name))
        for (start, what, status, *words), actions in self._edges().items():
            css, style = _LINE[status]
            label = _label(words[0], *actions, *words[1:])
            drawn.edge(node_id(start), node_id(what), label, style=style, **{"class": css})
        return str(drawn.source)

    def _edges(self) -> dict[tuple[Any, ...], list[str]]:
        """The lines to draw, each with its actions: hops that differ in their action only share one."""
        edges: dict[tuple[Any, ...], list[str]] = {}
        for each in self.hops:
            actor = f"by {short(each.who)}" if each.start and kind(each.who) == "service" else ""
            edge = (*_ends(each), each.status, f"{each.sign} {each.word}", actor, each.via)
            if each.action not in edges.setdefault(edge, []):
                edges[edge].append(each.action)
        return edges

    def _direction(self) -> str:
        """Top to bottom where hops follow one another, else left to right."""
        starts, ends = zip(*map(_ends, self.hops), strict=True) if self.hops else ((), ())
        return "TB" if set(starts) & set(ends) else "LR"

    def html(self) -> str:
        """The picture as SVG without the stylesheet, for a fragment that has it."""
        words = str(self)
        drawn = svg(self.dot, words)
        return drawn or f"<ol>{''.join(f'<li>{escape(line)}</li>' for line in words.splitlines())}</ol>"


def diagram(what: Run | Record | Iterable[Record]) -> Diagram:
    """The picture of a scenario's run, or of some calls of a trail."""
    if isinstance(what, Run):
        return Diagram(what.hops)
    return Diagram(tuple(hop(record) for record in ([what] if isinstance(what, Record) else what)))


shows(Diagram)(Diagram.html)


def _ends(each: Hop) -> tuple[str, str]:
    return whole(each.start or each.who), whole(each.what)


def _words(name: str) -> str:
    lines = [*textwrap.wrap(short(name).replace("/", "/ "), _WIDEST), kind(name)]
    return "\\n".join(literal(line.replace("/ ", "/")) for line in lines if line)


def _label(*words: str) -> str:
    lines = [line for word in words for line in textwrap.wrap(word, _WIDEST)]
    return "".join(f"  {literal(line)}    \\l" for line in lines)
