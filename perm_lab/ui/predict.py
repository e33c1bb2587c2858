"""Predict, then observe: a choice that must be committed before the result shows, and quizzes made of such choices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import ipywidgets as widgets

from perm_lab import display
from perm_lab.challenges import Progress, Question
from perm_lab.ui.choice import Choice
from perm_lab.ui.panel import Panel, button, html
from perm_lab.ui.status import unkept
from perm_lab.ui.style import bare, fragment, judged, prose, say, shows


@shows(Question)
def question_body(question: Question, head: str = "Predict.") -> str:
    options = "".join(f"<li>{escape(option)}</li>" for option in question.options)
    return f"<div><b>{head}</b> {prose(question.text)}<ul>{options}</ul></div>"


class Prediction(Panel):
    """A question whose answer shows only after a choice was committed.

    Give it a `Question`, or the parts of one. `reveal` makes what is shown after the reply (any value that displays
    itself); `on_commit` is called with this widget. With a `name` the choice is kept in the progress file and is there
    again after a restart.
    """

    def __init__(
        self,
        question: Question | str,
        options: Sequence[str] = (),
        answer: str = "",
        replies: Mapping[str, str] | None = None,
        *,
        name: str = "",
        reveal: Callable[[], object] | None = None,
        on_commit: Callable[[Prediction], None] | None = None,
        progress: Progress | None = None,
    ) -> None:
        if isinstance(question, str):
            question = Question(question, tuple(options), answer, replies or {}, name)
        self.question, self.committed = question, False
        self._reveal, self._on_commit, self._progress = reveal, on_commit, progress or Progress()
        self.options = Choice({option: option for option in question.options})
        self.commit_button = button("Commit", self.guard(self._commit), disabled=True, button_style="primary")
        self.again_button = button("Answer again", self.guard(self.reset), disabled=True)
        self.reply = html()
        self.options.observe(self.guard(self._show_state), "value")
        buttons = widgets.HBox([self.commit_button, self.again_button])
        super().__init__((html(bare(prose(question.text))), self.options, buttons, self.reply))
        self._restore()

    @property
    def choice(self) -> str | None:
        """The option chosen so far, committed or not."""
        chosen: str | None = self.options.value
        return chosen

    @property
    def correct(self) -> bool | None:
        """Whether the committed choice is right; None before it is committed."""
        return self.question.correct(self.choice or "") if self.committed else None

    def commit(self, choice: str | None = None) -> None:
        """Commit to `choice`, or to what is selected: the plain-code way to press the button.

        Raises ValueError when nothing is chosen or `choice` is not an option.
        """
        self.options.value = choice if choice is not None else self.choice
        if self.choice is None:
            raise ValueError("nothing is chosen yet; choose an option first")
        self._commit()

    def reset(self) -> None:
        """Take the choice back."""
        self.committed, self.options.value, self.reply.value = False, None, ""
        self._show_state()

    def _commit(self) -> None:
        self.committed = True
        self._show_state()
        if self.question.name:
            kept = {"choice": self.choice, "right": self.correct}
            belief = self.question.misconceptions.get(self.choice or "", "")
            self._progress.attempt(self.question.name, kept, str(self.choice), belief)
        self.reply.value = self._answer()
        if self._on_commit:
            self._on_commit(self)

    def _restore(self) -> None:
        choice = self._progress.last(self.question.name).get("choice") if self.question.name else None
        if choice in self.question.options:
            self.options.value, self.committed = choice, True
            self._show_state()
            self.reply.value = self._answer()

    def _show_state(self) -> None:
        """Bring the controls to the state. A button just pressed is not disabled: the keyboard would lose its place."""
        self.options.disabled = self.committed
        self.commit_button.disabled = self.choice is None
        self.commit_button.description = "Committed" if self.committed else "Commit"
        self.again_button.disabled = self.again_button.disabled and not self.committed

    def _answer(self) -> str:
        verdict = judged(bool(self.correct), "✓ Right" if self.correct else "✗ Not so")
        reply = prose(self.question.replies[self.choice or ""])
        revealed = display.html(self._reveal()) if self._reveal else ""
        return bare(verdict, reply, unkept(self._progress)) + revealed

    def text(self) -> str:
        return str(self.question)

    def static(self) -> str:
        return fragment(question_body(self.question))


class Quiz(Panel):
    """Numbered questions one under another, with a line that says how many are answered and how many rightly."""

    def __init__(self, *questions: Question, progress: Progress | None = None) -> None:
        self.predictions = tuple(Prediction(q, on_commit=self._count, progress=progress) for q in questions)
        for each in self.predictions:
            each.again_button.on_click(self._count)
        self.summary = html()
        numbered = [part for n, each in self._numbered() for part in (html(bare(f"<b>{n}</b>")), each)]
        super().__init__((*numbered, self.summary))
        self._count()

    def _numbered(self) -> list[tuple[str, Prediction]]:
        return [(f"Question {n}.", each) for n, each in enumerate(self.predictions, 1)]

    @property
    def answered(self) -> int:
        return sum(each.committed for each in self.predictions)

    @property
    def right(self) -> int:
        return sum(bool(each.correct) for each in self.predictions)

    def _count(self, *_: Any) -> None:
        self.summary.value = bare(say(self._summary(), "pl-ok" if self.right == len(self.predictions) else ""))

    def _summary(self) -> str:
        count = len(self.predictions)
        if not self.answered:
            return f"○ {count} questions, none answered yet"
        missed = [str(n) for n, each in enumerate(self.predictions, 1) if each.correct is False]
        again = f"; look again at {', '.join(missed)}" if missed else ""
        sign = "✓" if self.right == count else "…"
        return f"{sign} {self.answered} of {count} answered, {self.right} right{again}"

    def text(self) -> str:
        return "\n\n".join(f"{n} {each.text()}" for n, each in self._numbered())

    def static(self) -> str:
        return fragment(*(question_body(each.question, n) for n, each in self._numbered()))
