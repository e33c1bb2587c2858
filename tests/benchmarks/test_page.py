"""What a learner waits for: from a click to the new words and picture on the page, and what a kernel keeps in memory.

A click is timed inside the page, from the event to the change of the document, so that Playwright adds nothing.
"""

import shutil
from statistics import median

import psutil
import pytest

from tests.browser.lab_page import LabPage
from tests.browser.lab_server import running_browser, running_lab
from tests.browser.test_harness import TRIVIAL, write
from tests.repo import NOTEBOOKS

pytestmark = [pytest.mark.linux, pytest.mark.process]
CLICKS = 21
LARGEST = max(NOTEBOOKS, key=lambda path: path.stat().st_size)
WIDGET = """
from perm_lab import Lab
lab = Lab.start()
from perm_lab.scenarios import ExecutionRole
from perm_lab.ui import ScenarioWidget
ScenarioWidget(ExecutionRole())
"""
LOGS = "AWSLambdaBasicExecutionRole (AWS managed: write logs)"
LAMP_LINE = [".widget-html .widget-html-content"]
VERDICT_AND_PICTURE = [".pl-say", 'svg[role="img"]']

# Milliseconds from the click until the text of each part is another.
CLICK = """(input, parts) => new Promise((resolve, reject) => {
    const area = input.closest('.jp-Cell-outputArea');
    const read = () => parts.map(part => area.querySelector(part)?.textContent);
    const before = read(), times = parts.map(() => null);
    const observer = new MutationObserver(() => {
        const now = performance.now() - start;
        read().forEach((text, n) => { if (text !== before[n]) times[n] ??= now; });
        if (!times.includes(null)) { observer.disconnect(); resolve(times); }
    });
    observer.observe(area, { subtree: true, childList: true, characterData: true });
    setTimeout(() => reject(new Error(`no change of ${parts} after 20 s`)), 20_000);
    const start = performance.now();
    input.click();
})"""
# Between two clicks: whatever is under way is done, and the kernel remembers no picture.
REST = """async () => {
    const { kernel } = jupyterapp.shell.currentWidget.sessionContext.session;
    const code = 'from perm_lab.ui import svg; svg.cache_clear()';
    await kernel.requestExecute({ code, silent: true, stop_on_error: false }).done;
    await new Promise(resolve => setTimeout(resolve, 100));
}"""
KERNEL = "() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.id"


@pytest.fixture(scope="module")
def browser():
    with running_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def lab_server(tmp_path_factory):
    with running_lab(tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("jupyter")) as server:
        yield server


@pytest.fixture
def lab_page(browser, lab_server, tmp_path):
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    page = LabPage(context.new_page(), lab_server, tmp_path)
    yield page
    context.close()
    assert [] == page.complaints


def test_a_click(benchmark, notes, lab_page, lab_server):
    lab_page.open(write(lab_server.folder, "clicks.ipynb", TRIVIAL, WIDGET))
    lab_page.run_all()
    clicks = CLICKS if benchmark.enabled else 1
    lamp, role = benchmark.pedantic(click_by_turns, [lab_page, clicks])
    notes.value("trivial", median(lamp))
    notes.value("verdict", median(verdict for verdict, _ in role))
    notes.value("picture", median(max(times) for times in role))
    assert "the lamp is lit" == lab_page.output(0).inner_text().splitlines()[-1]
    assert "nor may it write the log" in lab_page.output(1).locator(".pl-say").first.inner_text()


def click_by_turns(lab_page, clicks):
    """Milliseconds of each click on the lamp, and of each on the widget: those to its verdict and to its picture."""
    switch, logs = lab_page.control("on"), lab_page.control(LOGS)
    lamp, role = [], []
    for _ in range(clicks):
        lab_page.page.evaluate(REST)
        lamp += switch.evaluate(CLICK, LAMP_LINE)
        lab_page.page.evaluate(REST)
        role.append(logs.evaluate(CLICK, VERDICT_AND_PICTURE))
    return lamp, role


def test_memory_of_a_kernel(benchmark, notes, lab_page, lab_server):
    shutil.copy(LARGEST, lab_server.folder)
    lab_page.open(LARGEST.name)
    kernel = process(lab_page.page.evaluate(KERNEL))
    notes.value("bare kernel", kernel.memory_info().rss / 1e6)
    benchmark.pedantic(lab_page.run_all)
    notes.value("kernel", kernel.memory_info().rss / 1e6)
    assert [] == lab_page.not_run()


def process(kernel_id):
    """The process of a kernel, which is one of those that this one started."""
    started = psutil.Process().children(recursive=True)
    return next(each for each in started if any(kernel_id in word for word in each.cmdline()))
