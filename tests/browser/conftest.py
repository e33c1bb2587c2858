"""One JupyterLab and one browser for all tests of this folder, a fresh page for each."""

import shutil

import pytest

from tests.browser.lab_page import LabPage, pictures_folder
from tests.browser.lab_server import running_browser, running_lab
from tests.repo import NOTEBOOKS


# Playwright's event loop runs in this thread while its browser is open, and nbclient's may not run inside it: so the
# scope is the package, and the browser is gone when the tests of the next folder begin.
@pytest.fixture(scope="package")
def browser():
    with running_browser() as browser:
        yield browser


@pytest.fixture(scope="package")
def lab_server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("notebooks")
    for path in NOTEBOOKS:
        shutil.copy(path, folder)
    with running_lab(folder, tmp_path_factory.mktemp("jupyter")) as server:
        yield server


@pytest.fixture
def lab_page(browser, lab_server, tmp_path_factory):
    """A page of its own. At the end of the test its console must have found nothing wrong."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    page = LabPage(context.new_page(), lab_server, pictures_folder(tmp_path_factory.getbasetemp() / "screenshots"))
    yield page
    context.close()
    lab_server.end_kernels()
    assert [] == page.complaints
