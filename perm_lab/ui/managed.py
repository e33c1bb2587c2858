"""AWS managed policies on the page: a browser, a chooser, and which of them are enough for which function."""

from __future__ import annotations

from html import escape
from typing import Any

from perm_lab.scenarios import managed_policies as managed
from perm_lab.scenarios.managed_policies import Fit, Matrix
from perm_lab.ui.panel import Panel, dropdown, html
from perm_lab.ui.style import as_json, bare, breakable, code, folded, fragment, judged, shows, table


@shows(Fit)
def fit_body(fit: Fit) -> str:
    """The verdict, then each action that is needed, then what else the policy allows."""
    signs = {True: '<b class="pl-no">✗ lacks</b>', False: '<b class="pl-ok">✓ has</b>'}
    rows = [(signs[each in fit.missing], code(each), code(on)) for each, on in fit.need.actions.items()]
    beyond = table(("it also allows", "on"), [(code(action), code(resource)) for action, resource in fit.beyond])
    count = f"{len(fit.beyond)} request{'s' * (len(fit.beyond) != 1)}"
    title = f"beyond the need: {count} that this function never makes"
    line = judged(fit.enough, f"{'✓' if fit.enough else '✗'} {fit.sentence}")
    return line + table(("", "needed", "on"), rows) + (folded(title, beyond) if fit.beyond else "")


@shows(Matrix)
def matrix_body(matrix: Matrix) -> str:
    head = ("policy", *(need.key for need in managed.needs()))
    rows = [(breakable(name), *(_cell(fit) for fit in cells)) for name, cells in matrix.rows]
    return table(head, rows, caption="✓ enough; otherwise how many of the needed actions it has")


def _cell(fit: Fit) -> str:
    if fit.enough:
        return '<b class="pl-ok">✓</b>'
    return f'<span class="pl-dim">{len(fit.granted)}/{len(fit.need.actions)}</span>'


def document_body(name: str) -> str:
    """A managed policy as it stands in AWS: version, dates, what it grants in words, and its document."""
    policy = managed.policies()[name]
    told = f"version {policy.version}, made {policy.created}, last changed {policy.updated}"
    words = "".join(f"<li>{breakable(line)}</li>" for line in managed.in_words(managed.parsed(name)))
    return (
        f"<h4>{escape(name)} <span class=pl-dim>({escape(told)})</span></h4><p>{code(policy.arn)}</p><ul>{words}</ul>"
        f"{folded('the document', as_json(policy.document))}"
    )


class PolicyBrowser(Panel):
    """Every AWS managed policy that has to do with Lambda: choose one and a function, and see how they fit.

    `fit` is there for Python: what the engine says of the present choice.
    """

    def __init__(self, policy: str = "AWSLambdaBasicExecutionRole", need: str = "s3") -> None:
        looks: dict[str, Any] = {"widest": "44em", "style": {"description_width": "6em"}}
        self.policy = dropdown("Policy:", managed.policies(), value=policy, **looks)
        functions = [(f"a function that {each.label}", each.key) for each in managed.needs()]
        self.need = dropdown("Function:", functions, value=need, **looks)
        self.result, self.document = html(), html()
        for control in (self.policy, self.need):
            control.observe(self.guard(self._show), "value")
        super().__init__((self.policy, self.need, self.result, self.document))
        self._show()

    @property
    def fit(self) -> Fit:
        return managed.fit(self.policy.value, self.need.value)

    def _show(self) -> None:
        self.result.value = bare(fit_body(self.fit))
        self.document.value = bare(document_body(self.policy.value))

    def text(self) -> str:
        return str(self.fit)

    def static(self) -> str:
        names = ", ".join(managed.policies())
        every = folded(f"the {len(managed.policies())} policies to choose from", f"<p>{escape(names)}</p>")
        return fragment(fit_body(self.fit), document_body(self.policy.value), every)
