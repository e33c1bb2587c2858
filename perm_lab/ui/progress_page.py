"""The page of a learner's progress: what is done, what was thought otherwise at first, and the file to take along."""

from __future__ import annotations

import base64
from html import escape

import ipywidgets as widgets

from perm_lab.challenges import Progress, Report
from perm_lab.challenges.progress import FILE
from perm_lab.challenges.report import Chapter, Item
from perm_lab.ui.panel import Panel, button, html
from perm_lab.ui.status import live
from perm_lab.ui.style import bare, folded, fragment, judged, prose, say, shows, table

_TOLD = (
    "Your answers are kept in one small file beside the notebooks. Where a session forgets everything when it ends, as "
    "on Binder, take the file along and restore it next time."
)


@shows(Report)
def report_body(report: Report) -> str:
    """The summary, a row for each notebook, and the beliefs that were seen."""
    head = ("notebook", "done", "look again at")
    rows = [(_link(each), f"{each.done}&nbsp;of&nbsp;{len(each.items)}", _again(each)) for each in report.chapters]
    beliefs = [(escape(belief), ", ".join(numbers)) for belief, numbers in report.beliefs.items()]
    title = f"beliefs that got in the way: {len(beliefs)}"
    seen = folded(title, table(("belief", "in notebook"), beliefs)) if beliefs else ""
    return say(f"… {report.summary}") + prose(report.problem) + table(head, rows) + seen


def _link(chapter: Chapter) -> str:
    name = escape(f"{chapter.lesson.number} {chapter.lesson.title}")
    return f'<a href="{chapter.lesson.stem}.ipynb" target="_blank">{name}</a>'


def _again(chapter: Chapter) -> str:
    nothing = "nothing" if any(each.right is not None for each in chapter.items) else "○ not begun"
    items = "".join(_item(each) for each in chapter.items if each.revisit)
    return items or f"<span class=pl-dim>{nothing}</span>"


def _item(item: Item) -> str:
    sign = '<b class="pl-ok">✓ right now</b>' if item.right else '<b class="pl-no">✗ not yet</b>'
    beliefs = f"<br><span class=pl-dim>{escape('; '.join(item.beliefs))}</span>" if item.beliefs else ""
    return f"<div>{sign}: {prose(item.words)}{beliefs}</div>"


class ProgressPage(Panel):
    """What a progress file holds of the course, with a link to download it and a button to restore another one.

    `report` is there for Python.
    """

    def __init__(self, progress: Progress | None = None) -> None:
        self._progress = progress or Progress()
        self.page, self.file, self.told = html(), html(), html()
        self.refresh_button = button("Refresh", self.guard(self._show))
        wide = widgets.Layout(width="auto")
        self.upload = widgets.FileUpload(accept=".json", description="Restore a file", layout=wide)
        self.upload.observe(self.guard(self._restore), "value")
        buttons = widgets.HBox([self.refresh_button, self.upload])
        super().__init__((html(bare("<h4>Your progress</h4>")), self.page, html(bare(prose(_TOLD))), self.file,
                          buttons, self.told))  # fmt: skip
        self._show()

    def _show(self) -> None:
        self.report = Report(self._progress)
        self.page.value = bare(report_body(self.report))
        content = base64.b64encode(self._progress.text.encode()).decode()
        link = f'<a download="{FILE}" href="data:application/json;base64,{content}">Download {FILE}</a>'
        self.file.value = bare(f"<p>{link}</p>")

    def _restore(self) -> None:
        """Take the answers of the file that was chosen; say what came of it."""
        if not self.upload.value:
            return
        chosen = self.upload.value[0]
        try:
            count = self._progress.restore(bytes(chosen["content"]).decode("utf-8", "replace"))
            said = judged(True, f"✓ answers restored: {count}")
            rest = f"{self._progress.problem}. Run the cells of an open notebook again to see them there."
        except ValueError as error:
            said = judged(False, f"✗ {chosen['name']} {error}")
            rest = f"Nothing was changed. A file of this kit is called {FILE}."
        self.told.value = bare(live(said + prose(rest.removeprefix(". "))))
        self._show()

    def text(self) -> str:
        return str(self.report)

    def static(self) -> str:
        return fragment("<h4>Your progress</h4>", report_body(self.report))


def progress(path: str = FILE) -> ProgressPage:
    """A page of what is done, what was thought otherwise at first and what to look at again, of the file at `path`."""
    return ProgressPage(Progress(path))
