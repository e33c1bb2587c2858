"""Decisions in words: AWS's own sentence, and an explanation for people. Pure functions of a decision.

The sentence follows "Troubleshoot access denied error messages" (IAM user guide).
"""

from __future__ import annotations

from perm_lab.display import view
from perm_lab.iam.change import what_would_change
from perm_lab.iam.decision import Decision
from perm_lab.iam.evidence import ElementEvidence, StatementEvidence
from perm_lab.iam.vocabulary import MatchCode, PolicyType, Verdict

_ARTICLE = {PolicyType.TRUST: "the", PolicyType.IDENTITY: "an"}


def aws_message(decision: Decision) -> str:
    """The sentence that AWS answers a denied request with, empty for an allowed one.

    The part `on resource` is left out for an action that takes none. A managed policy that denies is named by its ARN.

    >>> from perm_lab.iam import PolicySet, Principal, Request, evaluate
    >>> maya = Principal.user("arn:aws:iam::111111111111:user/maya")
    >>> print(aws_message(evaluate(Request(maya, "lambda:ListFunctions"), PolicySet())))
    User: arn:aws:iam::111111111111:user/maya is not authorized to perform: lambda:ListFunctions because no
    identity-based policy allows the lambda:ListFunctions action
    """
    if decision.allowed:
        return ""
    request = decision.request
    who = request.principal.arn or request.principal.service or "anonymous"
    what = f"User: {who} is not authorized to perform: {request.action}"
    if request.resource != "*":
        what += f" on resource: {request.resource}"
    type = decision.policy_type
    if decision.verdict is Verdict.IMPLICIT_DENY:
        return f"{what} because no {type.value} allows the {request.action} action"
    arn = next((policy.arn for policy, _ in decision.deciding), "")
    return f"{what} with an explicit deny in {_ARTICLE.get(type, 'a')} {type.value}" + (f": {arn}" if arn else "")


_WHY_NOT = {
    MatchCode.NOT_NAMED: "{element} is {written}, asked is {asked}",
    MatchCode.EXCLUDED: "{element} leaves out {asked}",
    MatchCode.KEY_MISSING: "{written}, but the request carries {asked}",
    MatchCode.VALUE_DIFFERS: "{written}, but the request has {asked}",
    MatchCode.VARIABLE_MISSING: "{written} has a variable without a value in this request",
}


@view(Decision, "text/plain")
def explain(decision: Decision) -> str:
    """The verdict in plain words, each policy with each statement and why it does or does not apply, and what would
    change the verdict."""
    request = decision.request
    who = request.principal.arn or request.principal.service or "anonymous"
    on = f" on {request.resource}" if request.resource != "*" else ""
    head = f"{decision.verdict.sign} {decision.verdict.word}: {who} → {request.action}{on}"
    lines = [head, f"  because {because(decision)}"]
    evidence = decision.evidence
    if not evidence:
        lines.append("  no policy has anything to say about this caller or this resource")
    for policy in evidence:
        name = _label(policy.policy.name, "(no name)")
        lines.append(f"  {policy.type.value} {name}: {policy.verdict.word} on its own")
        if not policy.statements:
            lines.append("    has no statement")
        for statement in policy.statements:
            lines.append(f"    {statement_line(statement)}")
            lines += [f"      note: {element.note}" for element in statement.elements if element.note]
    if changes := what_would_change(decision):
        lines.append(f"  what would {'deny' if decision.allowed else 'allow'} it:")
        lines += [f"    {change}" for change in changes]
    return "\n".join(lines)


def because(decision: Decision) -> str:
    """Why the decision is as it is, as half a sentence.

    >>> from perm_lab.iam import PolicySet, Principal, Request, evaluate
    >>> maya = Principal.user("arn:aws:iam::111111111111:user/maya")
    >>> because(evaluate(Request(maya, "lambda:ListFunctions"), PolicySet()))
    'no identity-based policy allows it, and what nobody allows is denied'
    """
    named = ", ".join(f"{_label(policy.name, '')} statement {index + 1}" for policy, index in decision.deciding)
    if decision.allowed:
        return f"{decision.reason.value} ({named})" if named else decision.reason.value
    if decision.verdict is Verdict.EXPLICIT_DENY:
        return f"a statement denies it, and a deny always wins ({named}, {decision.policy_type.value})"
    return f"no {decision.policy_type.value} allows it, and what nobody allows is denied"


def statement_line(statement: StatementEvidence) -> str:
    """One statement in one line: what it does here, or which of its elements keep it out."""
    name = f"statement {statement.index + 1}" + (f" ({statement.sid})" if statement.sid else "")
    if statement.applies:
        return f"{name} applies: {statement.effect}"
    why = "; ".join(element_words(element) for element in statement.elements if not element.matched)
    return f"{name} does not apply: {why}"


def element_words(element: ElementEvidence) -> str:
    """Why one element does not match, in words."""
    return _WHY_NOT[element.code].format(element=element.element, written=element.written, asked=element.asked)


def _label(name: str, default: str) -> str:
    return f"`{name}`" if name else default
