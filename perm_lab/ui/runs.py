"""A scenario's run as HTML: what came of it, the picture, each step with its verdict, why, and the same in code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from perm_lab.iam import Policy
from perm_lab.scenarios import Hop, Run, RunOutcome, Status
from perm_lab.scenarios.cloudformation import Template
from perm_lab.scenarios.equivalents import Equivalents
from perm_lab.scenarios.names import short
from perm_lab.ui.decisions import decision_body
from perm_lab.ui.pictures import diagram
from perm_lab.ui.style import Mark, breakable, code, folded, mark, prose, say, shows, table
from perm_lab.ui.views import policy_body

_SHOWN = {
    RunOutcome.WORKED: ("✓", "pl-ok"),
    RunOutcome.UNLOGGED: ("✓", "pl-ok"),
    RunOutcome.EXPOSED: ("!", "pl-no"),
    RunOutcome.FAILED: ("✗", "pl-no"),
}
_UNDECIDED = {Status.ALLOWED: "pl-ok", Status.DENIED: "pl-no", Status.NOT_REACHED: "pl-idle"}
_MOST_ROWS = 24
Block = Callable[[str, str], str]
"""Makes HTML of a program, given its name as well."""


@shows(Run)
def run_body(run: Run) -> str:
    """The whole run, the details folded."""
    same = run.equivalents
    details = [
        ("why", why_body(run)),
        ("policies in force", policies_body(run.policies)),
        *((f"the same in {name}", body(same, plain)) for name, body in IN_CODE.items()),
    ]
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
    return mark(hop.decision.verdict) if hop.decision else Mark(hop.sign, hop.word, _UNDECIDED[hop.status])


def why_body(run: Run) -> str:
    """The evidence of the step that was refused, or of the last one where none was."""
    reached = [hop for hop in run.hops if hop.decision]
    hop = run.decisive or (reached[-1] if reached else None)
    return decision_body(hop.decision) if hop and hop.decision else "<p>no step needed a permission</p>"


def policies_body(policies: Sequence[tuple[str, Policy]]) -> str:
    """The policies in force, under the names of those who hold them."""
    if not policies:
        return "<p>none of the policies to choose from is switched on</p>"
    holders = dict.fromkeys(holder for holder, _ in policies)
    parts = [(holder, [policy for who, policy in policies if who == holder]) for holder in holders]
    return "".join(f"<p><b>{escape(holder)}</b> holds</p>{''.join(map(policy_body, found))}" for holder, found in parts)


# the same state in code


def plain(text: str, name: str) -> str:
    """A program to read."""
    return f"<pre>{escape(text)}</pre>"


def field(text: str, name: str) -> str:
    """A program in a field of its own, where it can be selected in part or, with Ctrl+A, whole. Nothing is typed there,
    and JupyterLab's shortcuts are off."""
    rows = min(text.count("\n") + 1, _MOST_ROWS)
    shown = f'class="pl-code" readonly wrap="off" spellcheck="false" rows="{rows}"'
    return f'<textarea {shown} data-lm-suppress-shortcuts="true" aria-label="{escape(name)}">{escape(text)}</textarea>'


def boto3_body(same: Equivalents, block: Block) -> str:
    """The program that builds this state and sets off the event."""
    told = "Run as an administrator of an empty account, this builds the present state and sets off the event."
    return prose(told) + block(same.boto3_code, "the program for boto3")


def cli_body(same: Equivalents, block: Block) -> str:
    """The commands that build this state."""
    told = (
        "The same calls for a POSIX shell, that of AWS CloudShell for one: they build the present state. The event is "
        "left to the program for boto3."
    )
    return prose(told) + block(same.cli_code, "the commands for the AWS CLI")


def cloudformation_body(same: Equivalents, block: Block) -> str:
    """The templates of this state, one for each account."""
    told = (
        "A template holds what stands, not how it came about, and never the event. To make it: `aws cloudformation "
        "deploy --template-file template.json --stack-name lesson --capabilities CAPABILITY_NAMED_IAM`"
    )
    return prose(told) + "".join(template_body(each, block) for each in same.cloudformation)


@shows(Template)
def template_body(template: Template, block: Block = plain) -> str:
    name = f"the template for account {template.account}"
    notes = "".join(f"<li>{escape(each)}</li>" for each in template.left_out)
    return f"<h4>{name}</h4>{block(str(template), name)}{f'<ul>{notes}</ul>' if notes else ''}"


IN_CODE: dict[str, Callable[[Equivalents, Block], str]] = {
    "boto3": boto3_body,
    "AWS CLI": cli_body,
    "CloudFormation": cloudformation_body,
}
