"""A look at each notebook in a real JupyterLab: all runs, only announced errors show, the first question answers."""

import nbformat
import pytest

from tests.browser.hands import Mouse
from tests.browser.test_widgets import predict, widgets
from tests.repo import NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_cell_runs_and_only_announced_errors_show(fresh, path):
    cells = nbformat.read(path, as_version=4).cells
    announced = [n for n, cell in enumerate(cells) if "raises-exception" in cell.metadata.get("tags", [])]
    page = fresh(path)
    assert [] == page.not_run()
    assert announced == page.failed()
    assert len(cells) == page.cells().count()
    cell, question = next((cell, data) for cell, kind, data in widgets(path) if kind == "Prediction")
    predict(Mouse(page, cell), question)
