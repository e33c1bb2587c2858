"""Tasks on the page: an editor for the policy, a check by the engine, hints one after another, then the solution."""

from __future__ import annotations

from html import escape

import ipywidgets as widgets

from perm_lab.challenges import Judgement, Progress, Solution, Task, Tone
from perm_lab.iam import Request
from perm_lab.scenarios.names import short
from perm_lab.ui.decisions import decision_body
from perm_lab.ui.panel import Panel, button, html
from perm_lab.ui.pictures import diagram
from perm_lab.ui.status import RESULT, STALE, earlier, live, mark, marked, unkept
from perm_lab.ui.style import as_json, bare, code, folded, fragment, prose, say, shows, table

_CSS = {Tone.NOT_YET: "", Tone.KEEP_GOING: "pl-no", Tone.ALMOST: "pl-no", Tone.RIGHT: "pl-ok"}
_MANY = 8
_EARLIER = "○ of an earlier text: check again"


@shows(Judgement)
def outcome_body(outcome: Judgement) -> str:
    """The tone first, then what to say, then the evidence behind it, folded."""
    slip = f": {outcome.slip}" if outcome.slip else ""
    parts = [say(f"{outcome.tone.sign} {outcome.tone.value}{slip}", _CSS[outcome.tone]), prose(outcome.message)]
    if outcome.score:
        parts.append(f"<p class=pl-dim>{escape(outcome.score)}</p>")
    if outcome.excess:
        rows = [(escape(_who(each)), code(each.action), code(each.resource)) for each in outcome.excess[:_MANY]]
        rest = f" (the first {_MANY})" if len(outcome.excess) > _MANY else ""
        title = f"what it allows beyond the task: {len(outcome.excess)} of the requests tried{rest}"
        parts.append(folded(title, table(("who", "may do", "on"), rows)))
    if outcome.decision:
        parts.append(folded("the verdict, statement by statement", decision_body(outcome.decision)))
    if outcome.records:
        parts.append(folded("the last event, call by call", diagram(outcome.records).html()))
    return "".join(parts)


@shows(Task)
def task_body(task: Task) -> str:
    """The story, and the requests that an answer is measured by."""
    rows = [("✓ must pass", *_cells(each)) for each in task.must_allow]
    rows += [("✗ must not pass", *_cells(each)) for each in task.must_deny]
    rows += [("⊘ must be denied explicitly", *_cells(each)) for each in task.must_forbid]
    asked = table(("asked", "who", "does", "on"), rows)
    return f"<h4>{escape(task.title)}</h4>{prose(task.story)}{folded('what your policy is measured by', asked)}"


def _cells(request: Request) -> tuple[str, str, str]:
    return escape(_who(request)), code(request.action), code(request.resource)


def _who(request: Request) -> str:
    return short(request.principal.service or request.principal.arn)


@shows(Solution)
def solution_body(solution: Solution) -> str:
    """The document, and why."""
    return as_json(solution.document) + prose(solution.reasoning)


class PolicyEditor(Panel):
    """A task with an editor for its policy. What was checked last is kept, and is there again after a restart.

    What was said of a text is marked as soon as the text is another.
    """

    def __init__(self, task: Task, progress: Progress | None = None) -> None:
        self.task, self.hints_shown = task, 0
        self.outcome: Judgement | None = None
        self._checked = ""  # the text of which `outcome` tells
        self._progress = progress or Progress()
        text = self._progress.last(task.name).get("text")
        self.editor = widgets.Textarea(
            value=text if isinstance(text, str) else task.starter,
            description="Policy:",
            placeholder="a policy document in JSON",
            rows=max(12, task.starter.count("\n") + 2),
            layout=widgets.Layout(width="auto"),
        )
        self.editor.observe(self.guard(self._edited), "value")
        self.check_button = button("Check", self.guard(self._check), button_style="primary")
        self.hint_button = button("Hint", self.guard(self._hint))
        self.start_button = button("Start over", self.guard(self._start_over))
        self.result, self.help = html(), html()
        self.result.add_class(RESULT)
        buttons = widgets.HBox([self.check_button, self.hint_button, self.start_button])
        super().__init__((html(bare(task_body(task))), self.editor, buttons, self.result, self.help))

    def check(self, document: str | None = None) -> Judgement:
        """Check `document`, or what the editor holds: the plain-code way to press the button."""
        if document is not None:
            self.editor.value = document
        return self._check()

    @property
    def stale(self) -> bool:
        """Whether what is said of the text is about an earlier text."""
        return marked(self.result)

    def _edited(self) -> None:
        mark(self.result, STALE if self.outcome and self.editor.value != self._checked else "")

    def _check(self) -> Judgement:
        self._checked = self.editor.value
        self.outcome = outcome = self.task.check(self._checked)
        if outcome.tone is not Tone.NOT_YET:
            tone = outcome.tone.value
            self._progress.attempt(self.task.name, {"text": self._checked, "tone": tone}, tone, outcome.slip)
        self.result.value = bare(earlier(_EARLIER), live(outcome_body(outcome)), unkept(self._progress))
        mark(self.result, "")
        return outcome

    def _hint(self) -> None:
        """Show one hint more; after the last one, the solution. The button stays enabled: it has the focus."""
        self.hints_shown = min(self.hints_shown + 1, len(self.task.hints) + 1)
        hints = "".join(f"<li>{prose(text)}</li>" for text in self.task.hints[: self.hints_shown])
        told = self.hints_shown > len(self.task.hints)
        solution = folded("one solution", solution_body(self.task.solution()), opened=True) if told else ""
        self.help.value = bare(f"<h4>Hints</h4><ol>{hints}</ol>", solution)
        last = self.hints_shown == len(self.task.hints)
        self.hint_button.description = "Solution shown" if solution else "Show a solution" if last else "Next hint"

    def _start_over(self) -> None:
        self.editor.value, self.result.value, self.outcome = self.task.starter, "", None
        mark(self.result, "")

    def text(self) -> str:
        return f"{self.task}\n\n{self.task.starter}".rstrip()

    def static(self) -> str:
        starter = f"<pre>{escape(self.task.starter)}</pre>" if self.task.starter else ""
        return fragment(task_body(self.task), starter)
