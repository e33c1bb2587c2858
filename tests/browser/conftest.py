"""One JupyterLab, one browser and one page for all tests of this folder; each opens its own notebook in it."""

import shutil
from pathlib import Path

import pytest

from tests.browser.lab_page import LabPage, pictures_folder
from tests.browser.lab_server import running_browser, running_lab
from tests.repo import NOTEBOOKS

HERE = Path(__file__).parent
WINDOW = {"width": 1400, "height": 1000}


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.linux)
            item.add_marker(pytest.mark.process)


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


@pytest.fixture(scope="package")
def shared_page(browser, lab_server, tmp_path_factory):
    page = browser.new_context(viewport=WINDOW).new_page()
    yield LabPage(page, lab_server, pictures_folder(tmp_path_factory.getbasetemp() / "screenshots"))
    page.context.close()


@pytest.fixture
def lab_page(request, shared_page, lab_server):
    """The page, on notebooks that nobody has run. At the end its console must have found nothing wrong.

    Where a test has failed, the page is in an unknown state: the next test loads JupyterLab anew.
    """
    for path in NOTEBOOKS:
        shutil.copy(path, lab_server.folder)
    shared_page.complaints.clear()
    shared_page.page.set_viewport_size(WINDOW)
    failed = request.session.testsfailed
    yield shared_page
    complaints = list(shared_page.complaints)
    if request.session.testsfailed == failed:
        shared_page.close()
    else:
        lab_server.end_kernels()
    assert [] == complaints


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
