"""Policies and trails as HTML. Importing this module makes the kit's values show themselves so."""

from __future__ import annotations

from html import escape

from perm_lab.cloud import Record, Trail
from perm_lab.iam import Policy
from perm_lab.scenarios import decided_by
from perm_lab.scenarios.names import short
from perm_lab.ui.decisions import decision_body
from perm_lab.ui.style import Mark, as_json, code, folded, mark, say, shows, table

_AT_ONCE = 40
_FREE = Mark("✓", "needs no permission", "pl-ok")


@shows(Policy)
def policy_body(policy: Policy) -> str:
    """The document, statement by statement, under the numbers that verdicts speak of."""
    document = policy.document
    statements = document.get("Statement", [])
    statements = statements if isinstance(statements, list) else [statements]
    rest = ", ".join(f"{key} {value}" for key, value in document.items() if key != "Statement")
    rows = [(str(n), as_json(each)) for n, each in enumerate(statements, 1)]
    heading = f"<h4>{escape(policy.name or 'policy')} <span class=pl-dim>({escape(rest or 'no version')})</span></h4>"
    return heading + table(("statement", "document"), rows)


@shows(Record)
def record_body(record: Record) -> str:
    cause = f" ({record.cause})" if record.cause else ""
    call = f"{short(record.caller)} called {record.action}{cause}"
    message = f": {record.error_message}" if record.allowed else ""  # a denial's message is part of the verdict
    failed = f"<p>The call failed with <b>{escape(record.error_code)}</b>{escape(message)}</p>"
    verdict = decision_body(record.decision) if record.decision else say(str(_FREE), _FREE.css)
    event = folded("the event as CloudTrail writes it", as_json(record.event))
    return f"<p class=pl-dim>{escape(call)}</p>{verdict}{failed if record.error_code else ''}{event}"


@shows(Trail)
def trail_body(trail: Trail) -> str:
    """The calls as a table, those that another call caused under it; of a long trail the earlier part is folded."""
    if not trail:
        return "<p class=pl-dim>no calls yet</p>"
    rows = [_trail_row(n, record) for n, record in enumerate(trail)]
    head = ("#", "who", "calls", "verdict")
    earlier, latest = rows[:-_AT_ONCE], rows[-_AT_ONCE:]
    before = folded(f"{len(earlier)} earlier calls", table(head, earlier)) if earlier else ""
    return before + table(head, latest)


def _trail_row(number: int, record: Record) -> tuple[str, ...]:
    nested = "&nbsp;&nbsp;" * (record.depth - 1) + "↳&nbsp;" if record.depth else ""
    cause = f"<br><span class=pl-dim>{escape(str(record.cause))}</span>" if record.cause else ""
    on = "" if record.resource == "*" else f"<br>on {code(short(record.resource))}"
    decision = record.decision
    needs = decision.request.action if decision else record.action
    asked = "" if needs == record.action else f"<br><span class=pl-dim>needs {escape(needs)}</span>"
    who = f"{nested}{escape(short(record.caller))}{cause}"
    return str(number), who, f"{code(record.action)}{asked}{on}", _why(record)


def _why(record: Record) -> str:
    decision = record.decision
    lines = [mark(decision.verdict).html if decision else _FREE.html]
    if decision:
        lines.append(escape(decided_by(decision)))
    if record.error_code:
        lines.append(folded(record.error_code, escape(record.error_message)))
    if record.note:
        lines.append(f"<span class=pl-dim>{escape(record.note)}</span>")
    return "<br>".join(lines)
