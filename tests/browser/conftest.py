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
    with running_lab(tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("jupyter")) as server:
        yield server


@pytest.fixture
def lab_page(browser, lab_server, tmp_path_factory):
    """A page of its own, on notebooks that nobody has run. At the end its console must have found nothing wrong."""
    for path in NOTEBOOKS:
        shutil.copy(path, lab_server.folder)
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    page = LabPage(context.new_page(), lab_server, pictures_folder(tmp_path_factory.getbasetemp() / "screenshots"))
    yield page
    context.close()
    lab_server.end_kernels()
    assert [] == page.complaints


@pytest.fixture
def fresh(lab_page, lab_server, tmp_path_factory):
    """Opens a notebook in a folder of its own, where nobody has answered anything, in a new kernel, and runs it."""

    def run(path):
        folder = tmp_path_factory.mktemp("desk").name
        (lab_server.folder / folder).mkdir()
        shutil.copy(path, lab_server.folder / folder)
        lab_page.open(f"{folder}/{path.name}")
        lab_page.run_all()
        return lab_page

    return run
