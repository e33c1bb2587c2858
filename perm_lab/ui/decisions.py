"""A decision as HTML: the verdict in a line, AWS's sentence, then what each statement had to say, and why."""

from __future__ import annotations

from html import escape

from perm_lab.iam import (
    Decision,
    ElementEvidence,
    PolicyEvidence,
    StatementEvidence,
    Verdict,
    aws_message,
    because,
    what_would_change,
)
from perm_lab.scenarios.names import short
from perm_lab.ui.style import as_json, code, folded, mark, prose, say, shows, table

_ABOUT_ACTION = ("Action", "NotAction")


@shows(Decision)
def decision_body(decision: Decision) -> str:
    """The decision without the stylesheet, to be put into a larger fragment."""
    shown = mark(decision.verdict)
    request = decision.request
    who, on = short(request.principal.service or request.principal.arn), short(request.resource)
    parts = [say(f"{shown}: {who} → {request.action} → {on}", shown.css)]
    if not decision.allowed:
        parts.append(f"<p><span class=pl-dim>AWS says:</span> {escape(aws_message(decision))}</p>")
    parts.append(prose(f"This is so because {because(decision)}."))
    return "".join([*parts, evidence_tables(decision), changes(decision)])


def changes(decision: Decision) -> str:
    """What would turn the verdict round, folded: a learner may want to find it alone."""
    items = "".join(
        f"<li>{prose(change.where)}{as_json(change.statement)}</li>" for change in what_would_change(decision)
    )
    return folded(f"what would {'deny' if decision.allowed else 'allow'} it", f"<ol>{items}</ol>") if items else ""


def evidence_tables(decision: Decision) -> str:
    """Each policy's statements: which apply, and what failed in the others. Policies without a say are folded."""
    heard = [each for each in decision.evidence if _has_say(each)]
    silent = [each for each in decision.evidence if not _has_say(each)]
    parts = [_policy_table(each, decision) for each in heard]
    if not decision.evidence:
        parts.append("<p>No policy has anything to say about this caller or this resource.</p>")
    elif not heard and not decision.allowed:
        parts.append(f"<p>No statement speaks of {code(decision.request.action)}.</p>")
    if silent:
        names = ", ".join(_name(each) for each in silent)
        tables = "".join(_policy_table(each, decision) for each in silent)
        parts.append(folded(f"had no say, being about other actions or callers: {names}", tables))
    return "".join(parts)


def _has_say(evidence: PolicyEvidence) -> bool:
    return any(statement.applies or _names_action(statement) for statement in evidence.statements)


def _names_action(statement: StatementEvidence) -> bool:
    return all(each.matched for each in statement.elements if each.element in _ABOUT_ACTION)


def _name(evidence: PolicyEvidence) -> str:
    return evidence.policy.name or evidence.type.value


def _policy_table(evidence: PolicyEvidence, decision: Decision) -> str:
    deciding = [index for policy, index in decision.deciding if policy is evidence.policy]
    rows = [_row(statement, statement.index in deciding) for statement in evidence.statements]
    decisive = tuple(n for n, statement in enumerate(evidence.statements) if statement.index in deciding)
    level = f", level {evidence.level + 1} from the root" if evidence.level is not None else ""
    told = f"{escape(evidence.type.value + level)}: {_ALONE[evidence.verdict]}"
    heading = f"<h4>{escape(_name(evidence))} <span class=pl-dim>({told})</span></h4>"
    return heading + table(("statement", "effect", "applies?", "because"), rows, decisive)


_ALONE = {
    Verdict.ALLOW: "it allows",
    Verdict.IMPLICIT_DENY: "it says nothing to this",
    Verdict.EXPLICIT_DENY: "it denies",
}


def _row(statement: StatementEvidence, decides: bool) -> tuple[str, ...]:
    label = f"{statement.index + 1}{f' {code(statement.sid)}' if statement.sid else ''}"
    if decides:
        label += "<br><b>◀&nbsp;decides</b>"
    if statement.applies:
        why = "; ".join(f"{_head(each)} {code(each.written)}" for each in statement.elements)
        return label, escape(statement.effect), "<b>✓&nbsp;yes</b>", why + _notes(statement)
    failed = [each for each in statement.elements if not each.matched]
    failed = [each for each in failed if each.element in _ABOUT_ACTION] or failed
    return label, escape(statement.effect), "✗&nbsp;no", "<br>".join(map(_failure, failed)) + _notes(statement)


def _notes(statement: StatementEvidence) -> str:
    """Where an operator of the statement is not meant for its key."""
    return "".join(
        f"<br><span class=pl-dim>Note: {escape(each.note.replace('`', ''))}</span>"
        for each in statement.elements
        if each.note
    )


def _head(element: ElementEvidence) -> str:
    return f"<b>{escape(element.element)}</b>"


def _failure(element: ElementEvidence) -> str:
    return f"{_head(element)} {element.code.value}: written {code(element.written)}, asked {code(element.asked)}"
