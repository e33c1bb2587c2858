"""A scenario's run as HTML: what came of it, the picture, each step with its verdict, and why."""

from __future__ import annotations

from html import escape

from perm_lab.display import view
from perm_lab.scenarios import Hop, Outcome, Run, Status
from perm_lab.scenarios.names import short
from perm_lab.ui.decisions import decision_body
from perm_lab.ui.pictures import diagram
from perm_lab.ui.style import NOT_REACHED, Mark, breakable, code, folded, fragment, mark, say, table
from perm_lab.ui.views import policy_body

_SHOWN = {
    Outcome.WORKED: ("✓", "pl-ok"),
    Outcome.UNLOGGED: ("✓", "pl-ok"),
    Outcome.EXPOSED: ("!", "pl-no"),
    Outcome.FAILED: ("✗", "pl-no"),
}


@view(Run)
def _run_html(run: Run) -> str:
    return fragment(run_body(run))


def run_body(run: Run) -> str:
    """The whole run, the details folded."""
    details = [("why", why_body(run)), ("policies in force", policies_body(run)), ("the same in boto3", code_body(run))]
    picture = diagram(run).html()
    return "".join([verdict_line(run), picture, steps_table(run), *(folded(*each) for each in details)])


def verdict_line(run: Run) -> str:
    sign, css = _SHOWN[run.outcome]
    return say(f"{sign} {run.sentence}", css)


def steps_table(run: Run) -> str:
    """The steps in order, the one that stopped the run marked."""
    rows = [_step(n, hop) for n, hop in enumerate(run.hops, 1)]
    decisive = tuple(n for n, hop in enumerate(run.hops) if hop.status is Status.DENIED)
    return table(("#", "step", "verdict"), rows, decisive)


def _step(number: int, hop: Hop) -> tuple[str, ...]:
    note = f"<br><span class=pl-dim>{escape(hop.note)}</span>" if hop.note else ""
    step = f"{breakable(short(hop.who))} → <code>{breakable(hop.action)}</code> → {code(short(hop.what))}"
    return str(number), f"{step}{note}", f"{_mark(hop).html}<br>{breakable(hop.via)}"


def _mark(hop: Hop) -> Mark:
    if hop.status is Status.NOT_REACHED:
        return NOT_REACHED
    return mark(hop.decision.verdict) if hop.decision else Mark("✓", "needs no permission", "pl-ok")


def why_body(run: Run) -> str:
    """The evidence of the step that was refused, or of the last one where none was."""
    reached = [hop for hop in run.hops if hop.decision]
    hop = run.decisive or (reached[-1] if reached else None)
    return decision_body(hop.decision) if hop and hop.decision else "<p>no step needed a permission</p>"


def policies_body(run: Run) -> str:
    """The policies in force, under the names of those who hold them."""
    holders = dict.fromkeys(holder for holder, _ in run.policies)
    parts = [(holder, [policy for who, policy in run.policies if who == holder]) for holder in holders]
    return "".join(f"<p><b>{escape(holder)}</b> holds</p>{''.join(map(policy_body, found))}" for holder, found in parts)


def code_body(run: Run) -> str:
    """The program that builds this state."""
    told = "<p>Run as an administrator of an empty account, this builds the present state and invokes the function.</p>"
    return f"{told}<pre>{escape(run.boto3_code)}</pre>"
