"""A notebook in JupyterLab as a learner meets it: run it, work its controls, read what it says."""

import os
import re
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from typing import Literal

from playwright.sync_api import ConsoleMessage, Locator, Page

from tests.browser.lab_server import LabServer

SECONDS = 1_000  # Playwright counts in milliseconds
FRAME = 300  # pixels of a window's height that JupyterLab may need for itself
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
ERROR_OUTPUT = '[data-mime-type="application/vnd.jupyter.error"], [data-mime-type="application/vnd.jupyter.stderr"]'

PATIENTLY = """([what, patience, name, args]) => Promise.race([
    eval(what)(name, args),
    new Promise((_, reject) => setTimeout(() => reject(new Error(`no end after ${patience} ms: ${what}`)), patience)),
])"""
COMMAND = "(name, args) => jupyterapp.commands.execute(name, args).then(() => null)"
# In the page's JavaScript: what a double click in the file browser does, and what closing without saving does.
OPEN = "path => jupyterapp.commands.execute('docmanager:open', { path, factory: 'Notebook' }).then(() => null)"
CLOSE = """() => Array.from(jupyterapp.shell.widgets('main')).forEach(widget => {
    if (widget.context) widget.context.model.dirty = false;
    widget.dispose();
})"""
# A page shows the notebook before its kernel is connected; what is run in between waits for ever.
READY = """async () => {
    const panel = jupyterapp.shell.currentWidget;
    await panel.context.ready;
    await panel.sessionContext.ready;
}"""
# `Run All Cells` is through with its promise at the first cell that raises, be it announced; the kernel is not. A
# request of our own is answered after all those before it, with what they printed.
LAST_IN_LINE = """async () => {
    const { kernel } = jupyterapp.shell.currentWidget.sessionContext.session;
    await kernel.requestExecute({ code: '', silent: true, stop_on_error: false }).done;
    await new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)));
}"""
NEXT_FRAME = "() => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(() => resolve(null))))"
SELECT = """cell => {
    const notebook = jupyterapp.shell.currentWidget.content;
    notebook.activeCellIndex = cell;
    notebook.activeCell.node.focus();
}"""
RESTART = "() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
FOCUS = "() => document.activeElement.outerHTML.slice(0, 200)"
AREAS = ".widget-html, .widget-tab-contents, .lm-TabBar"
TOO_WIDE = "areas => areas.filter(a => a.scrollWidth > a.clientWidth + 1).map(a => a.innerText.slice(0, 60))"
BEHIND = """element => Boolean(
    document.activeElement.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_PRECEDING
)"""
IDLE = "() => jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'"


@dataclass
class LabPage:
    """One browser page on one JupyterLab. `complaints` is what the page's console found wrong so far.

    `loaded` says that JupyterLab stands in the page without a notebook: the next one opens in it, in a quarter of the
    time that loading JupyterLab takes.
    """

    page: Page
    server: LabServer
    pictures: Path
    complaints: list[str] = field(default_factory=list)
    loaded: bool = False

    def __post_init__(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    # the notebook

    def open(self, notebook: str) -> None:
        """Show a notebook of the served folder, its kernel ready and none of its cells run."""
        if self.loaded:
            self._await(OPEN, notebook)
        else:
            self.page.goto(self.server.url(notebook))
        self.loaded = False
        self.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60 * SECONDS)
        self._await(READY)
        self.wait_until_idle()
        if self.page.locator(".jp-Dialog").count():
            raise AssertionError(f"JupyterLab asks: {self.page.locator('.jp-Dialog').inner_text()}")

    def close(self) -> None:
        """Close the notebook without saving it and end its kernel; JupyterLab stays.

        The page may complain of what it was about to ask the kernel: `complaints` from here on are nobody's fault.
        """
        self.page.evaluate(CLOSE)
        self.server.end_kernels()
        self._await(NEXT_FRAME)
        self.loaded = True

    def command(self, name: str, **arguments: object) -> None:
        """Carry out a command of JupyterLab's palette to its end."""
        self._await(COMMAND, name, arguments)

    def run_all(self) -> None:
        """Run every cell, as `Run ▸ Run All Cells` does, and wait for the kernel to rest."""
        self.command("notebook:run-all-cells")
        self._await(LAST_IN_LINE)
        self.wait_until_idle()

    def _await(self, what: str, *arguments: object, seconds: int = 120) -> None:
        """Call a function of the page and wait for its promise: Playwright itself would wait for ever."""
        self.page.evaluate(PATIENTLY, [what, seconds * SECONDS, *arguments])

    def wait_until_idle(self, seconds: int = 120) -> None:
        """Wait until the kernel has nothing left to do."""
        self.page.wait_for_function(IDLE, timeout=seconds * SECONDS)

    def cells(self) -> Locator:
        """The notebook's cells, in order, Markdown ones included."""
        return self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook .jp-Cell")

    def output(self, cell: int) -> Locator:
        """What a cell shows below its code."""
        return self.cells().nth(cell).locator(".jp-Cell-outputArea")

    def not_run(self) -> list[int]:
        """The code cells that have no number beside them."""
        prompts = self.cells().evaluate_all(
            "cells => cells.map(c => c.matches('.jp-CodeCell') ? c.querySelector('.jp-InputPrompt').innerText : '')"
        )
        return [n for n, prompt in enumerate(prompts) if prompt and not re.search(r"\d", prompt)]

    def failed(self) -> list[int]:
        """The cells whose output holds an error or something on the error stream."""
        flags = self.cells().evaluate_all("(cells, what) => cells.map(c => !!c.querySelector(what))", ERROR_OUTPUT)
        return [n for n, flag in enumerate(flags) if flag]

    # its controls, found by the words that stand beside them

    def control(self, words: str) -> Locator:
        """The checkbox, choice, field or list whose label is `words`."""
        return self.page.get_by_label(words, exact=True)

    def button(self, words: str) -> Locator:
        """The button that says `words`."""
        return self.page.get_by_role("button", name=words, exact=True)

    def select(self, cell: int) -> None:
        """Make a cell the active one in command mode, as Escape and the arrow keys do: from here Tab goes on."""
        self.page.evaluate(SELECT, cell)

    def restart_and_run_all(self) -> None:
        """Begin anew in a fresh kernel, as `Run ▸ Restart Kernel and Run All Cells` does after its question."""
        self._await(RESTART)
        self.run_all()

    def tab_to(self, control: Locator, most: int = 60) -> None:
        """Press Tab, or Shift+Tab where `control` lies behind, until it has the focus.

        Raises AssertionError when it cannot be reached.
        """
        key = "Shift+Tab" if control.evaluate(BEHIND) else "Tab"
        for _ in range(most):
            if control.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press(key)
        raise AssertionError(f"{control} was not reached by {most} presses of {key}")

    def focus(self) -> str:
        """What has the focus, as the beginning of its HTML."""
        return self.page.evaluate(FOCUS)

    def press(self, *keys: str) -> None:
        """Press keys one after the other: `Space`, `Enter`, `ArrowDown`, …"""
        for key in keys:
            self.page.keyboard.press(key)

    # its looks

    def look(self, *, width: int = 1400, theme: Literal["light", "dark"] = "light") -> None:
        """Set the window's width in pixels, and the theme."""
        self.page.set_viewport_size({"width": width, "height": 1000})
        self.command("apputils:change-theme", theme=THEMES[theme])
        self.page.wait_for_selector(f'body[data-jp-theme-name="{THEMES[theme]}"]', state="attached")
        self.page.wait_for_selector("#jupyterlab-splash", state="detached")  # it covers the page for a while

    def cut_off(self, of: Locator) -> list[str]:
        """The words of those areas of HTML and rows of tabs that are wider than the room they have."""
        return of.locator(AREAS).evaluate_all(TOO_WIDE)

    def screenshot(self, name: str, of: Locator | None = None) -> Path:
        """A picture of the window or of one part, as `name`.png in the folder for pictures.

        What is taller than the window would be cut off at its edge: the window is made to hold all of the part.
        """
        path, window = self.pictures / f"{name}.png", self.page.viewport_size
        height = ceil(of.bounding_box()["height"]) if of else 0
        if height > window["height"] - FRAME:
            self.page.set_viewport_size({**window, "height": height + FRAME})
        (of or self.page).screenshot(path=path)
        self.page.set_viewport_size(window)
        return path


def pictures_folder(default: Path) -> Path:
    """Where screenshots go: the folder named in PERM_LAB_SCREENSHOTS, or else `default`."""
    folder = Path(os.environ.get("PERM_LAB_SCREENSHOTS") or default)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
