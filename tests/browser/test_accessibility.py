"""What axe finds wrong with our own output: in JupyterLab, in both themes, and in the page that needs no kernel."""

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from nbconvert import HTMLExporter

from tests.repo import NOTEBOOKS
from tests.tiers import first_of

WIDGET = "application/vnd.jupyter.widget-view+json"
IN_JUPYTERLAB = [[".jp-OutputArea-output .pl-form"], [".jp-OutputArea-output .pl"]]
ON_A_PAGE = [[".pl"]]


def serious(page, within):
    """The serious and critical violations in those parts of a page, each with the element and what to do about it."""
    found = Axe().run(page, context={"include": within}, options={"resultTypes": ["violations"]}).response
    return [
        f"{each['id']}: {node['html'][:200]} … {node['failureSummary'][:300]}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


def without_a_kernel(path):
    """A saved notebook as the HTML that nbconvert makes of it where no widget can be drawn."""
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop(WIDGET, None)
    return HTMLExporter().from_notebook_node(notebook)[0]


@pytest.mark.parametrize(("path",), first_of((path,) for path in NOTEBOOKS), ids=lambda path: path.stem)
def test_a_notebook(lab_page, lab_server, browser, path):
    lab_page.open(path.name)
    lab_page.run_all()
    for theme in ("light", "dark"):
        lab_page.look(theme=theme)
        assert [] == serious(lab_page.page, IN_JUPYTERLAB)
    lab_page.command("docmanager:save")
    page = browser.new_context(offline=True).new_page()
    page.set_content(without_a_kernel(lab_server.folder / path.name), wait_until="domcontentloaded")
    assert page.locator(".pl").count() > 5
    assert [] == serious(page, ON_A_PAGE)
    page.context.close()


def test_what_nobody_could_read_is_found(browser):
    page = browser.new_page()
    page.set_content('<div class=pl><p style="color:#ddd;background:#fff">pale</p><img src="x.png"></div>')
    assert {"color-contrast", "image-alt"} == {each.partition(":")[0] for each in serious(page, ON_A_PAGE)}
    page.close()
