"""Every notebook in a real JupyterLab: all cells run, only those that announce an error show one."""

import nbformat
import pytest

from tests.repo import NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_cell_runs_and_only_announced_errors_show(lab_page, path):
    cells = nbformat.read(path, as_version=4).cells
    announced = [n for n, cell in enumerate(cells) if "raises-exception" in cell.metadata.get("tags", [])]
    lab_page.open(path.name)
    lab_page.run_all()
    assert [] == lab_page.not_run()
    assert announced == lab_page.failed()
    assert len(cells) == lab_page.cells().count()
